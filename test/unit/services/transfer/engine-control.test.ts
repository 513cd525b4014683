/** A person's hand on a running job, and what ends it early: pause, cancel, rate, files and credentials that fail. */

import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import { AuthFailedError, UsageError } from '../../../../src/model/errors.ts';
import type { JobProgress } from '../../../../src/services/transfer/api.ts';
import { Control } from '../../../../src/services/transfer/control.ts';
import { Meter } from '../../../../src/services/transfer/meter.ts';
import { fakeClock, settle } from '../fake-clock.ts';
import {
  copyable, FakeKeeper, keeperWith, liveAt, MemoryFile, MemoryLog, runJob, seededRandom, startJob,
} from './engine-support.ts';

const ALICE = { scheme: 'digest', id: 'alice:hash' };
const alice = (keeper: FakeKeeper) => keeper.source({ ids: [ALICE] });

/** Many nodes that anybody may do anything with. */
function openTree(count: number): FakeKeeper {
  const keeper = new FakeKeeper(seededRandom(3));
  keeper.put('/src');
  for (let i = 0; i < count; i++) keeper.put(`/src/${i}`, `value ${i}`);
  return keeper;
}

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

describe('Control', () => {
  test('grants what the rate allows, evenly', async () => {
    const clock = fakeClock();
    const control = new Control(clock, 100, () => undefined);
    let granted = 0;
    const take = async (): Promise<void> => {
      while (granted < 1_000) granted += await control.grant(50);
    };
    const taking = take();
    await clock.advance(1_000);
    expect(granted).toBeGreaterThanOrEqual(75);
    expect(granted).toBeLessThanOrEqual(126);
    control.setNodesPerSecondMax(null);
    await taking;
    expect(granted).toBeGreaterThanOrEqual(1_000);
  });

  test('a change of the rate reaches those who wait', async () => {
    const clock = fakeClock();
    const control = new Control(clock, 0.001, () => undefined);
    const granted = control.grant(1);
    await clock.advance(1_000);
    control.setNodesPerSecondMax(1_000);
    await clock.advance(100);
    expect(await granted).toBe(1);
  });

  test('nobody is granted anything while it is paused, nor behind a cancellation', async () => {
    const control = new Control(fakeClock(), null, () => undefined);
    control.pause();
    let granted = false;
    const waiting = control.grant(1).then(() => (granted = true));
    await settle();
    expect(granted).toBe(false);
    control.resume();
    await waiting;
    control.pause();
    const refused = control.grant(1);
    control.cancel();
    await expect(refused).rejects.toThrow('cancelled');
    await expect(control.grant(1)).rejects.toThrow('cancelled');
    expect(control.paused).toBe(false);
  });
});

test('Meter: the rate is that of the last seconds, and says how long it takes still', async () => {
  const clock = fakeClock();
  const meter = new Meter(clock);
  meter.begin(1_000);
  for (let second = 0; second < 8; second++) {
    for (let i = 0; i < (second < 4 ? 10 : 100); i++) meter.count(String(i), 5);
    await clock.advance(1_000);
    expect(meter.nodes).toBeGreaterThan(0);
  }
  expect(meter.nodesPerSecond).toBeGreaterThan(60);
  expect(meter.remainingMs).toBeGreaterThan(0);
  expect(meter.remainingMs).toBeLessThan(20_000);
  expect(meter.bytes).toBe(meter.nodes * 5);
});

describe('a running job', () => {
  test('pause takes no further node, and what is under way is finished', async () => {
    const keeper = openTree(3_000);
    const states: string[] = [];
    const { job } = startJob({ kind: 'delete', at: liveAt(keeper.source(), '/src') }, {}, { onProgress: ({ state }) => states.push(state) });
    const running = job.run();
    await untilTrue(() => keeper.nodes.size < 2_500);
    job.pause();
    await untilTrue(() => job.progress.inFlight === 0);
    const left = keeper.nodes.size;
    for (let i = 0; i < 20; i++) await settle();
    expect(keeper.nodes.size).toBe(left);
    expect(left).toBeGreaterThan(100);
    expect(job.progress.state).toBe('paused');
    job.resume();
    expect((await running).state).toBe('done');
    expect(keeper.nodes.has('/src')).toBe(false);
    expect(states).toContain('paused');
    expect(states[states.length - 1]).toBe('done');
  });

  test('cancel leaves a known state, and the log goes on from there', async () => {
    const keeper = openTree(3_000);
    const log = new MemoryLog();
    const work = { kind: 'delete', at: liveAt(keeper.source(), '/src') } as const;
    const { job } = startJob(work, {}, { log });
    const running = job.run();
    await untilTrue(() => keeper.nodes.size < 2_000);
    job.cancel();
    const end = await running;
    expect(end).toMatchObject({ state: 'cancelled', resumable: true, failure: null });
    const left = keeper.nodes.size;
    expect(left).toBeGreaterThan(10);
    expect(end.progress.counts.remove).toBe(3_004 - left);
    const again = await runJob(work, {}, { log: new MemoryLog(log.lines) });
    expect(again.end.state).toBe('done');
    expect(keeper.nodes.has('/src')).toBe(false);
  });

  test('progress tells how far it is, and the last one how it ended', async () => {
    const keeper = openTree(500);
    const told: JobProgress[] = [];
    const { end } = await runJob({ kind: 'export', from: liveAt(keeper.source(), '/src'), to: new MemoryFile() }, {}, { onProgress: (progress) => told.push(progress) });
    expect(told[told.length - 1]).toEqual({ ...end.progress, elapsedMs: told[told.length - 1]?.elapsedMs, nodesPerSecond: told[told.length - 1]?.nodesPerSecond });
    expect(end.progress).toMatchObject({ state: 'done', phase: 'finished', nodes: 501, nodesTotal: 501, remainingMs: 0, inFlight: 0 });
    expect(end.progress.requests).toBeGreaterThan(500);
  });

  test('source and target may share one session', async () => {
    const keeper = keeperWith(31, 900);
    const shared = alice(keeper);
    const { end } = await runJob({ kind: 'write', from: liveAt(shared, '/src'), to: liveAt(shared, '/dst'), policy: 'stop', removeExtra: false, only: null });
    expect(end.state).toBe('done');
    expect(keeper.dump('/dst')).toEqual(copyable(keeper, '/src'));
    expect(keeper.sessions.size).toBe(0);
  });

  test('servers without multiRead are read node by node', async () => {
    const keeper = keeperWith(32, 500);
    const source = keeper.source({ ids: [ALICE], multiRead: () => Promise.resolve(false) });
    const { end } = await runJob({ kind: 'write', from: liveAt(source, '/src'), to: liveAt(source, '/dst'), policy: 'stop', removeExtra: false, only: null });
    expect(end.state).toBe('done');
    expect(keeper.dump('/dst')).toEqual(copyable(keeper, '/src'));
    expect(keeper.requests.get('multiRead')).toBeUndefined();
  });
});

describe('what ends a job early', () => {
  test('the disk is full: stopped, and gone on with when there is room', async () => {
    const keeper = keeperWith(33, 2_000);
    const work = (to: MemoryFile) => ({ kind: 'export', from: liveAt(alice(keeper), '/src'), to }) as const;
    const whole = new MemoryFile();
    await runJob(work(whole));
    class SmallDisk extends MemoryFile {
      override write(lines: Uint8Array): Promise<void> {
        if (this.bytes.length > 40_000) return Promise.reject(new UsageError('FileFailed', 'no space left on the device'));
        return super.write(lines);
      }
    }
    const small = new SmallDisk();
    const log = new MemoryLog();
    const { end } = await runJob(work(small), {}, { log });
    expect(end).toMatchObject({ state: 'stopped', resumable: true, failure: { code: 'FileFailed' } });
    expect(small.finished).toBe(false);
    const rest = new MemoryFile(small.bytes);
    const again = await runJob(work(rest), {}, { log: new MemoryLog(log.lines) });
    expect(again.end.state).toBe('done');
    const nodes = (file: MemoryFile): string[] => new TextDecoder().decode(file.bytes).split('\n').slice(1, -2);
    expect(nodes(rest)).toEqual(nodes(whole));
  });

  test('the log cannot be written: stopped before anything is done that it does not know of', async () => {
    const keeper = keeperWith(34, 1_000);
    class FullLog extends MemoryLog {
      override append(lines: readonly string[]): Promise<void> {
        if (this.appends >= 2) return Promise.reject(new UsageError('FileFailed', 'no space left on the device'));
        return super.append(lines);
      }
    }
    const { end } = await runJob({ kind: 'delete', at: liveAt(alice(keeper), '/src') }, {}, { log: new FullLog() });
    expect(end).toMatchObject({ state: 'stopped', failure: { code: 'FileFailed' } });
  });

  test('images cannot be kept: nothing is touched', async () => {
    const keeper = keeperWith(35, 200);
    const before = keeper.dump('/');
    const keep = (): Promise<void> => Promise.reject(new UsageError('FileFailed', 'no space left on the device'));
    const { end } = await runJob({ kind: 'delete', at: liveAt(alice(keeper), '/src') }, {}, { before: { keep } });
    expect(end).toMatchObject({ state: 'stopped', failure: { code: 'FileFailed' } });
    expect(keeper.dump('/')).toEqual(before);
  });

  test('every node that is changed or removed has its image kept first', async () => {
    const keeper = keeperWith(36, 300);
    for (const path of keeper.dump('/src').keys()) {
      const copy = path === '' ? '/dst' : `/dst/${path}`;
      if (keeper.nodes.get(`/src/${path}`)?.owner === 0n || path === '') keeper.put(copy, 'older');
      else keeper.put(copy, 'was ephemeral');
    }
    keeper.put('/dst/extra', 'extra');
    const kept = new Set<string>();
    const late: string[] = [];
    keeper.fault = (operation, path) => {
      if ((operation === 'setData' || operation === 'setACL' || operation === 'delete') && !kept.has(path)) late.push(`${operation} ${path}`);
      return null;
    };
    const before = { keep: (images: readonly { readonly path: string }[]) => settle().then(() => images.forEach(({ path }) => kept.add(path))) };
    const work = { kind: 'write', from: liveAt(alice(keeper), '/src'), to: liveAt(alice(keeper), '/dst'), policy: 'overwrite', removeExtra: true, only: null } as const;
    const { end } = await runJob(work, {}, { before });
    expect(end.progress.counts.change).toBeGreaterThan(100);
    expect(end.progress.counts.remove).toBeGreaterThan(0);
    expect(late).toEqual([]);
  });

  test('the credentials are refused half way: stopped, and gone on with by better ones', async () => {
    const keeper = keeperWith(37, 1_500);
    let refuses = false;
    const source = alice(keeper);
    const failing = { ...source, open: () => (refuses ? Promise.reject(new AuthFailedError('the credentials were refused')) : source.open()) };
    keeper.after = (operation) => {
      if (operation !== 'create' || refuses || (keeper.requests.get('create') ?? 0) < 700) return;
      refuses = true;
      for (const session of keeper.sessions) session.expire();
    };
    const work = { kind: 'write', from: liveAt(failing, '/src'), to: liveAt(failing, '/dst'), policy: 'stop', removeExtra: false, only: null } as const;
    const log = new MemoryLog();
    const { end } = await runJob(work, {}, { log });
    expect(end).toMatchObject({ state: 'stopped', resumable: true, failure: { code: 'AuthFailed' } });
    refuses = false;
    keeper.after = () => undefined;
    const again = await runJob(work, {}, { log: new MemoryLog(log.lines) });
    expect(again.end.state).toBe('done');
    expect(keeper.dump('/dst')).toEqual(copyable(keeper, '/src'));
  });

  test('an ensemble that stays away is given up after a while, with what it last said', async () => {
    const keeper = keeperWith(38, 100);
    const away = { ...alice(keeper), open: () => Promise.reject(new UsageError('BadConnectString', 'no such host')) };
    const { end } = await runJob({ kind: 'delete', at: liveAt(away, '/src') }, {}, { patienceMs: 50 });
    expect(end).toMatchObject({ state: 'stopped', failure: { code: 'BadConnectString' } });
    const silent = { ...alice(keeper), open: () => source().then((client) => (client.cut(), client)) };
    const source = async () => (await alice(keeper).open()) as unknown as { cut(): void; ready: () => Promise<void>; state: string } & Awaited<ReturnType<ReturnType<typeof alice>['open']>>;
    const never = { ...silent, open: async () => Object.assign(await source(), { state: 'connecting' as const, ready: () => new Promise<void>(() => undefined) }) };
    const late = await runJob({ kind: 'delete', at: liveAt(never, '/src') }, {}, { patienceMs: 50, log: new MemoryLog() });
    expect(late.end).toMatchObject({ state: 'stopped', resumable: true, failure: { code: 'Unreachable' } });
  });

  test('a deletion that was interrupted behind its last node has nothing left to do', async () => {
    const keeper = openTree(20);
    const work = { kind: 'delete', at: liveAt(keeper.source(), '/src') } as const;
    const log = new MemoryLog();
    await runJob(work, {}, { log });
    expect((await runJob(work, {}, { log: new MemoryLog(log.lines) })).end.state).toBe('done');
    expect((await runJob(work, {}, { log: new MemoryLog() })).end.failure?.code).toBe('NoNode');
  });

  test('a log of another work is refused', async () => {
    const keeper = openTree(5);
    const log = new MemoryLog();
    await runJob({ kind: 'delete', at: liveAt(keeper.source(), '/src/1') }, {}, { log });
    const { end } = await runJob({ kind: 'delete', at: liveAt(keeper.source(), '/src/2') }, {}, { log });
    expect(end).toMatchObject({ state: 'stopped', failure: { code: 'LogMismatch' } });
    expect(keeper.nodes.has('/src/2')).toBe(true);
  });
});

describe('choices', () => {
  test('what cannot be read is not taken for missing', async () => {
    const keeper = new FakeKeeper(seededRandom(1));
    for (const path of ['/a', '/b', '/b/closed', '/b/closed/x', '/b/gone']) keeper.put(path, 'v');
    keeper.put('/a/closed', 'v', [{ perms: 31, id: ALICE }]);
    keeper.put('/a/closed/x', 'v');
    const only = [{ path: 'closed/x', below: false }, { path: 'gone', below: true }];
    const work = { kind: 'write', from: liveAt(keeper.source(), '/a'), to: liveAt(keeper.source(), '/b'), policy: 'overwrite', removeExtra: true, only } as const;
    await runJob(work);
    expect([...keeper.dump('/b').keys()]).toEqual(['', 'closed', 'closed/x']);
  });

  test('what is not chosen is not even read', async () => {
    const keeper = openTree(10);
    for (let i = 0; i < 2_000; i++) keeper.put(`/src/5/${i}`, encodeUtf8('x'));
    keeper.put('/dst');
    const work = { kind: 'write', from: liveAt(keeper.source(), '/src'), to: liveAt(keeper.source(), '/dst'), policy: 'stop', removeExtra: false, only: [{ path: '7', below: true }] } as const;
    const { end } = await runJob(work);
    expect(end.progress.requests).toBeLessThan(20);
    expect([...keeper.dump('/dst').keys()]).toEqual(['', '7']);
  });
});
