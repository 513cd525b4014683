/** The client's small parts, each by itself. */

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/base/invariant.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { opsWithChroot, resultsWithoutChroot, withChroot, withoutChroot } from '../../../src/client/chroot.ts';
import { Call } from '../../../src/client/call.ts';
import { DELETE } from '../../../src/client/call-kinds.ts';
import { Fifo } from '../../../src/client/fifo.ts';
import { HostList } from '../../../src/client/host-list.ts';
import { PendingCalls } from '../../../src/client/pending.ts';
import { requestFrame } from '../../../src/client/request-frame.ts';
import { checkMove, isEnded, type Phase } from '../../../src/client/session-phase.ts';
import { renewalBatches } from '../../../src/client/watch-renewal.ts';
import { WatchRegistry } from '../../../src/client/watch-registry.ts';
import { UsageError, WireError } from '../../../src/model/errors.ts';
import { EventType, WatcherType } from '../../../src/model/watch.ts';
import { nullableUstring } from '../../../src/wire/jute/codec.ts';

describe('the host list', () => {
  const servers = ['a', 'b', 'c'].map((host) => ({ host, port: 1 }));

  test('tries each in turn, waits about a second after a round, longer each time, and never above six', () => {
    const hosts = new HostList(servers, seededRandom(1), true);
    const attempts = Array.from({ length: 61 }, () => hosts.next());
    expect(attempts.map(({ address }) => address.host).join('')).toBe('abc'.repeat(20) + 'a');
    const waits = attempts.filter((_, i) => i > 0 && i % 3 === 0).map(({ delayMs }) => delayMs);
    expect(attempts.filter((_, i) => i % 3 !== 0).every(({ delayMs }) => delayMs === 0)).toBe(true);
    expect(waits[0]).toBeGreaterThanOrEqual(800);
    expect(waits[0]).toBeLessThanOrEqual(1_200);
    expect(Math.max(...waits)).toBeLessThanOrEqual(6_000);
    expect(waits.slice(-10).every((wait) => wait >= 4_000)).toBe(true);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  test('after a connection that held, the next server comes at once', () => {
    const hosts = new HostList(servers, seededRandom(1), true);
    for (let i = 0; i < 3; i++) hosts.next();
    hosts.held();
    expect(hosts.next()).toEqual({ address: servers[0], delayMs: 0 });
  });

  test('the order is chance unless it is kept; a chosen one is taken out of turn', () => {
    const firsts = new Set(Array.from({ length: 50 }, (_, seed) => new HostList(servers, seededRandom(seed), false).next().address.host));
    expect([...firsts].sort()).toEqual(['a', 'b', 'c']);
    const hosts = new HostList(servers, seededRandom(1), true);
    hosts.choose(servers[1]!);
    expect(hosts.next().address.host).toBe('c');
  });
});

describe('the chroot', () => {
  test.each([['', '/a', '/a'], ['', '/', '/'], ['/r', '/', '/r'], ['/r', '/a', '/r/a']])('%j + %s', (chroot, path, server) => {
    expect(withChroot(chroot, path)).toBe(server);
    expect(withoutChroot(chroot, server)).toBe(path);
  });

  test('what lies outside stays as it is', () => {
    expect(withoutChroot('/r', '/rx/a')).toBe('/rx/a');
    expect(withoutChroot('/r', '/zookeeper/config')).toBe('/zookeeper/config');
  });

  test('parts and results of a multi', () => {
    const ops = [{ type: 2, request: { path: '/a', version: 0 } }] as const;
    expect(opsWithChroot('/r', ops)).toEqual([{ type: 2, request: { path: '/r/a', version: 0 } }]);
    expect(opsWithChroot('', ops)).toBe(ops);
    expect(resultsWithoutChroot('/r', [{ type: 1, path: '/r/a' }, { type: 2 }])).toEqual([{ type: 1, path: '/a' }, { type: 2 }]);
  });
});

test('the phases: nothing leads out of the end, and no move is made up', () => {
  const phases: Phase[] = ['resting', 'opening', 'greeting', 'connected', 'connectedReadOnly', 'closing', 'expired', 'authFailed', 'closed'];
  expect(phases.filter(isEnded)).toEqual(['expired', 'authFailed', 'closed']);
  expect(() => checkMove('connected', 'expired')).toThrow(InvariantError);
  expect(() => checkMove('closed', 'resting')).toThrow('cannot go from closed to resting');
  expect(() => checkMove('greeting', 'connected')).not.toThrow();
});

test('a long queue is first in, first out, and forgets what went', () => {
  const fifo = new Fifo<number>();
  let next = 0;
  let out = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 1_000; i++) fifo.push(next++);
    for (let i = 0; i < 900; i++) expect(fifo.shift()).toBe(out++);
  }
  expect(fifo.length).toBe(5_000);
  fifo.keep((n) => n % 2 === 0);
  expect(fifo.length).toBe(2_500);
  expect(fifo.drain()[0]).toBe(45_000);
  expect([fifo.shift(), fifo.peek(), fifo.length]).toEqual([undefined, undefined, 0]);
});

describe('pending calls', () => {
  const call = (log: string[] = [], name = ''): Call =>
    new Call(
      { kind: DELETE, path: '/a', serverPath: '/a', chroot: '', frame: requestFrame(2, null, null, 1_000), watch: null },
      { resolve: () => log.push(`${name} done`), reject: (error) => log.push(`${name} ${error.code}`) },
    );

  test('the xid counts from 1, stands in the frame, and begins again after 2^31 - 1', () => {
    const pending = new PendingCalls({ inFlightMax: 9, queuedMax: 9 }, 0x7fff_fffe);
    for (let i = 0; i < 2; i++) pending.add(call());
    const frames = [pending.takeNext()!, pending.takeNext()!].map(({ frame }) => Buffer.from(frame).readInt32BE(4));
    expect(frames).toEqual([0x7fff_ffff, 1]);
    expect(pending.takeNext()).toBeNull();
  });

  test('replies in turn; any other drops the connection', () => {
    const pending = new PendingCalls({ inFlightMax: 9, queuedMax: 9 });
    pending.add(call());
    pending.add(call());
    const first = pending.takeNext()!;
    pending.takeNext();
    expect(() => pending.answered(2)).toThrow(new WireError('a reply with xid 2 where 1 is due'));
    expect(pending.answered(1)).toBe(first.call);
    pending.answered(2);
    expect(() => pending.answered(3)).toThrow('a reply with xid 3 where none is due');
  });

  test('both queues are bounded; cancelled calls make room at once and are swept', () => {
    const pending = new PendingCalls({ inFlightMax: 2, queuedMax: 1_000 });
    const calls = Array.from({ length: 1_000 }, () => call());
    for (const each of calls) pending.add(each);
    expect(() => pending.add(call())).toThrow(UsageError);
    for (const each of calls.slice(0, 999)) {
      each.reject(new UsageError('x', 'x'));
      pending.cancelled();
    }
    expect(pending.queued).toBe(1);
    pending.add(call());
    expect(pending.takeNext()?.call).toBe(calls[999]);
    expect(pending.takeNext()).not.toBeNull();
    pending.add(call());
    expect(pending.takeNext()).toBeNull();
    expect([pending.inFlight, pending.queued]).toEqual([2, 1]);
    expect(pending.takeSent()).toHaveLength(2);
    expect(pending.takeQueued()).toHaveLength(1);
    expect([pending.inFlight, pending.queued]).toEqual([0, 0]);
  });

  test('no call is given out twice, or settled twice', () => {
    const log: string[] = [];
    const pending = new PendingCalls({ inFlightMax: 9, queuedMax: 9 });
    const one = call(log, 'one');
    pending.takeNow(one);
    expect(() => pending.takeNow(one)).toThrow(InvariantError);
    one.resolve(1);
    one.reject(new UsageError('Late', ''));
    one.resolve(2);
    expect(log).toEqual(['one done']);
  });
});

test('a request is refused when the frame would be longer than the server takes, and the next one is none the worse', () => {
  const room = 100 - 8 - 4;
  expect(requestFrame(2, nullableUstring, 'x'.repeat(room), 100)).toHaveLength(104);
  expect(() => requestFrame(2, nullableUstring, 'x'.repeat(room + 1), 100)).toThrow('101 bytes; the server takes at most 100');
  expect(Buffer.from(requestFrame(11, null, null, 100)).toString('hex')).toBe('00000008000000000000000b');
});

describe('the watch registry (facts 3.2)', () => {
  const KINDS = ['data', 'exist', 'child', 'persistent', 'recursive'] as const;
  /** A registry with one watcher of each kind on a path, and what each was called. */
  const filled = (path: string) => {
    const watches = new WatchRegistry();
    const names = new Map(KINDS.map((kind) => [() => undefined, kind] as const));
    for (const [watcher, kind] of names) watches.add(kind, path, watcher);
    return { watches, fire: (type: number, at: string) => watches.fire(type, at).map((watcher) => names.get(watcher as () => undefined)).sort() };
  };

  test.each([
    [EventType.NodeCreated, ['data', 'exist', 'persistent', 'recursive'], ['persistent', 'recursive'], ['recursive']],
    [EventType.NodeDataChanged, ['data', 'exist', 'persistent', 'recursive'], ['persistent', 'recursive'], ['recursive']],
    [EventType.NodeDeleted, ['child', 'data', 'exist', 'persistent', 'recursive'], ['persistent', 'recursive'], ['recursive']],
    [EventType.NodeChildrenChanged, ['child', 'persistent'], ['persistent'], []],
    [99, [], [], []],
  ])('event %i: whom it concerns, whom the second time, and whom below', (type, first, second, below) => {
    const { fire } = filled('/a');
    expect(fire(type, '/ab')).toEqual([]);
    expect(fire(type, '/a/b')).toEqual(below);
    expect(fire(type, '/a')).toEqual(first);
    expect(fire(type, '/a')).toEqual(second);
  });

  test('the root watches everything recursively', () => {
    const { fire } = filled('/');
    expect(fire(EventType.NodeCreated, '/x/y')).toEqual(['recursive']);
  });

  test('one function counts once for a table and a path, and hears an event once', () => {
    const watches = new WatchRegistry();
    const watcher = (): void => undefined;
    for (const kind of ['data', 'data', 'child', 'recursive'] as const) watches.add(kind, '/a', watcher);
    expect(watches.size).toBe(3);
    expect(watches.fire(EventType.NodeDeleted, '/a')).toEqual([watcher]);
    expect(watches.size).toBe(1);
    expect(watches.takeAll()).toEqual([watcher]);
    expect(watches.size).toBe(0);
  });

  test('removal by type and watcher', () => {
    const watches = new WatchRegistry();
    const [one, two] = [() => undefined, () => undefined];
    watches.add('data', '/a', one);
    watches.add('exist', '/a', two);
    watches.add('child', '/a', one);
    expect(watches.has('/a', one, WatcherType.Data)).toBe(true);
    expect(watches.has('/a', two, WatcherType.Children)).toBe(false);
    expect(watches.has('/b', null, WatcherType.Any)).toBe(false);
    expect(watches.hasOthers('/a', one, WatcherType.Data)).toBe(true);
    expect(watches.remove('/a', null, WatcherType.Data).map(({ kind }) => kind)).toEqual(['data', 'exist']);
    expect(watches.hasOthers('/a', one, WatcherType.Any)).toBe(false);
    expect(watches.remove('/a', one, WatcherType.Any)).toEqual([{ kind: 'child', watcher: one }]);
    expect(watches.size).toBe(0);
  });

  test('registered again in requests below the limit, each path once, with setWatches2 only where it is needed', () => {
    const watches = new WatchRegistry();
    const watcher = (): void => undefined;
    for (let i = 0; i < 500; i++) watches.add('data', `/d${i}`, watcher);
    for (let i = 0; i < 500; i++) watches.add('child', `/c${i}`, watcher);
    watches.add('exist', '/e', watcher);
    watches.add('recursive', '/r', watcher);
    const batches = renewalBatches(watches, 7n, 4_000);
    const bytes = batches.map(({ request: { relativeZxid: _, ...lists } }) => Object.values(lists).flat().join('').length);
    expect(Math.max(...bytes)).toBeLessThan(4_000);
    const all = batches.flatMap(({ request: { relativeZxid: _, ...lists } }) => Object.values(lists).flat());
    expect(all).toHaveLength(1_002);
    expect(new Set(all).size).toBe(1_002);
    expect(batches.filter((batch) => batch.persistent)).toHaveLength(1);
    expect(batches.at(-1)?.request.persistentRecursiveWatches).toEqual(['/r']);
    expect(batches.every(({ request }) => request.relativeZxid === 7n)).toBe(true);
    expect(renewalBatches(new WatchRegistry(), 7n)).toEqual([]);
  });
});
