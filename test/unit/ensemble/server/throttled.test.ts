/** A whole server that is held up by its disk: who waits, who is turned away, and in which order they are told. */

import { expect, test } from 'vitest';
import { ask } from '../../../interop/server-conversation.ts';
import { memoryDisk, type MemoryDisk } from '../log/memory-disk.ts';
import { Harness, settle } from './harness.ts';

/** A disk whose log can be kept from becoming durable. */
function slowDisk(): { disk: MemoryDisk; hold(): void; release(): void } {
  const inner = memoryDisk();
  let gate: Promise<void> | null = null;
  let open = (): void => undefined;
  const disk = Object.create(inner, {
    create: {
      value: async (...args: Parameters<MemoryDisk['create']>) => {
        const file = await inner.create(...args);
        return Object.create(file, {
          sync: {
            value: async () => {
              await gate;
              await file.sync();
            },
          },
        }) as typeof file;
      },
    },
  }) as MemoryDisk;
  return {
    disk,
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => {
      gate = null;
      open();
    },
  };
}

const figure = async (harness: Harness, name: string): Promise<string | undefined> =>
  new RegExp(`^zk_${name}\\t(\\S+)`, 'm').exec(await harness.word('mntr'))?.[1];

test('with one request at a time, others wait, and those that waited too long are told so in their turn', async () => {
  const { disk, hold, release } = slowDisk();
  const harness = await Harness.start({ disk, config: { request_throttle_max_requests: '1', throttled_op_wait_time: '50' } });
  const [writer, reader] = [await harness.join(), await harness.join()];
  hold();
  writer.ask(1, ask.create('/a', 'x'));
  writer.ask(4, ask.read('/a'));
  reader.ask(3, ask.read('/'));
  reader.ask(11, undefined, -2);
  await settle();
  expect(writer.replies()).toEqual([]);
  expect(reader.replies()).toEqual([]);
  await harness.clock.advance(60);
  release();
  await settle();
  expect(writer.replies().map(({ xid, err }) => [xid, err])).toEqual([[1, 0], [2, -127]]);
  expect(reader.replies().map(({ xid, err }) => [xid, err])).toEqual([[1, -127], [-2, 0]]);
  expect((await reader.do(3, ask.read('/a'))).err).toBe(0);
  expect(await figure(harness, 'throttled_ops')).toBe('2');
});

test('a client that is gone has its waiting requests dropped; its session lives on', async () => {
  const { disk, hold, release } = slowDisk();
  const harness = await Harness.start({ disk, config: { request_throttle_max_requests: '1' } });
  const [busy, gone] = [await harness.join(), await harness.join()];
  hold();
  busy.ask(1, ask.create('/a', 'x'));
  gone.ask(1, ask.create('/b', 'x'));
  gone.ask(1, ask.create('/c', 'x'));
  gone.destroy();
  await settle();
  await harness.clock.advance(150);
  release();
  await settle();
  expect((await busy.do(3, ask.read('/b'))).err).toBe(-101);
  expect((await busy.do(3, ask.read('/c'))).err).toBe(-101);
  expect(await figure(harness, 'stale_requests_dropped')).toBe('1');
  const again = await harness.join({ sessionId: gone.sessionId, password: gone.password });
  expect(again.sessionId).toBe(gone.sessionId);
});

test('large requests that are not done yet leave no room for others', async () => {
  const { disk, hold, release } = slowDisk();
  const harness = await Harness.start({ disk, config: { largeRequestThreshold: '100', largeRequestMaxBytes: '1000' } });
  const [first, second, small] = [await harness.join(), await harness.join(), await harness.join()];
  hold();
  first.ask(1, ask.create('/large', 'x'.repeat(700)));
  second.ask(1, ask.create('/other', 'x'.repeat(700)));
  small.ask(1, ask.create('/small', 'x'));
  await settle();
  expect(second.closed).toBe(true);
  release();
  await settle();
  expect(first.replies().map(({ err }) => err)).toEqual([0]);
  expect(small.replies().map(({ err }) => err)).toEqual([0]);
  expect((await first.do(1, ask.create('/now', 'x'.repeat(700)))).err).toBe(0);
  expect(await figure(harness, 'large_requests_rejected')).toBe('1');
});

test('sessions cost tokens, and who finds none is sent away', async () => {
  const harness = await Harness.start({ config: { connection_throttle_tokens: '2', connection_throttle_fill_time: '1000' } });
  const [kept] = [await harness.join(), await harness.join()];
  await expect(harness.join()).rejects.toThrow('no answer');
  await harness.clock.advance(1500);
  await harness.join({ sessionId: kept.sessionId, password: kept.password });
  expect(await figure(harness, 'connection_rejected')).toBe('1');
});
