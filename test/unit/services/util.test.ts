import { describe, expect, test } from 'vitest';
import { CancelledError } from '../../../src/model/errors.ts';
import { toBase64 } from '../../../src/services/util/base64.ts';
import { createCancel, pause, withTimeout } from '../../../src/services/util/cancel.ts';
import { mapPooled } from '../../../src/services/util/pool.ts';
import { RecentMap } from '../../../src/services/util/recent-map.ts';
import { Ring } from '../../../src/services/util/ring.ts';
import { createThrottle } from '../../../src/services/util/throttle.ts';
import { fakeClock, settle } from './fake-clock.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('Ring', () => {
  test('keeps the newest and numbers without gaps', () => {
    const ring = new Ring<{ seq: number }>(10);
    for (const _ of numbers(57)) ring.push((seq) => ({ seq }));
    expect(ring.lastSeq).toBe(57);
    expect(ring.after(0).map(({ seq }) => seq)).toEqual([48, 49, 50, 51, 52, 53, 54, 55, 56, 57]);
    expect(ring.after(55).map(({ seq }) => seq)).toEqual([56, 57]);
    expect(ring.after(57)).toEqual([]);
    expect(ring.after(1_000)).toEqual([]);
  });

  test('an entry can be replaced while it is there', () => {
    const ring = new Ring<{ seq: number; word: string }>(3);
    for (const _ of numbers(8)) ring.push((seq) => ({ seq, word: 'old' }));
    ring.replace({ seq: 8, word: 'new' });
    ring.replace({ seq: 1, word: 'lost' });
    expect(ring.after(0).map(({ word }) => word)).toEqual(['old', 'old', 'new']);
  });
});

describe('throttle', () => {
  test('runs at once, then at most once in the interval, and never loses the last request', async () => {
    const clock = fakeClock();
    const runs: number[] = [];
    const throttle = createThrottle(clock, 100, () => runs.push(clock.monotonicMs()));
    for (const _ of numbers(30)) {
      throttle.request();
      await clock.advance(10);
    }
    await clock.advance(500);
    expect(runs).toEqual([0, 100, 200, 300]);
  });

  test('a stopped one does nothing, a flushed one runs what is outstanding', async () => {
    const clock = fakeClock();
    let runs = 0;
    const throttle = createThrottle(clock, 100, () => runs++);
    throttle.request();
    throttle.request();
    throttle.flush();
    throttle.flush();
    expect(runs).toBe(2);
    throttle.request();
    throttle.stop();
    throttle.request();
    await clock.advance(1_000);
    expect(runs).toBe(2);
    expect(clock.timers).toBe(0);
  });
});

describe('mapPooled', () => {
  test('keeps the order and the bound', async () => {
    let busy = 0;
    let busyMax = 0;
    const results = await mapPooled(numbers(50), 7, undefined, async (item) => {
      busyMax = Math.max(busyMax, ++busy);
      await settle();
      busy--;
      return item * 2;
    });
    expect(results).toEqual(numbers(50).map((item) => item * 2));
    expect(busyMax).toBe(7);
  });

  test('starts nothing more after a failure, or after it was cancelled', async () => {
    const started: number[] = [];
    const failing = mapPooled(numbers(50), 2, undefined, async (item) => {
      started.push(item);
      await settle();
      if (item === 3) throw new RangeError('three');
    });
    await expect(failing).rejects.toThrow('three');
    await settle();
    expect(started.length).toBeLessThanOrEqual(5);

    const source = createCancel();
    const cancelled = mapPooled(numbers(50), 2, source.signal, async (item) => {
      if (item === 3) source.cancel();
      await settle();
    });
    await expect(cancelled).rejects.toThrow(CancelledError);
  });
});

describe('cancel', () => {
  test('a child follows its parent until it is released', () => {
    const parent = createCancel();
    const child = createCancel(parent.signal);
    const released = createCancel(parent.signal);
    released.release();
    parent.cancel('why');
    expect(child.signal.aborted).toBe(true);
    expect(child.signal.reason).toBe('why');
    expect(released.signal.aborted).toBe(false);
  });

  test('withTimeout gives the result, the late value, or the cancellation, and leaves no timer', async () => {
    const clock = fakeClock();
    expect(await withTimeout(clock, 50, undefined, async () => 'done', 'late')).toBe('done');

    let wasCancelled = false;
    const slow = withTimeout(clock, 50, undefined, (signal) => {
      signal.addEventListener('abort', () => (wasCancelled = true));
      return new Promise<string>(() => undefined);
    }, 'late');
    await clock.advance(50);
    expect(await slow).toBe('late');
    expect(wasCancelled).toBe(true);

    const source = createCancel();
    const cancelled = withTimeout(clock, 50, source.signal, () => new Promise<string>(() => undefined), 'late');
    source.cancel();
    await expect(cancelled).rejects.toThrow(CancelledError);
    expect(clock.timers).toBe(0);
  });

  test('a pause ends with its time or with the signal', async () => {
    const clock = fakeClock();
    const source = createCancel();
    const one = pause(clock, 100);
    const other = pause(clock, 100, source.signal);
    source.cancel();
    await expect(other).rejects.toThrow(CancelledError);
    await clock.advance(100);
    await one;
    expect(clock.timers).toBe(0);
  });
});

test('RecentMap forgets what was not used for longest', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
});

test('base64 is that of Buffer, at every length', () => {
  for (const length of numbers(40)) {
    const bytes = Uint8Array.from(numbers(length), (index) => (index * 37 + length) & 0xff);
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  }
});
