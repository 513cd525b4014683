/** What is held up or turned away: sessions by tokens, requests by number and by time, large requests by bytes. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { readThrottleSettings } from '../../../../src/ensemble/config/throttle-settings.ts';
import { Op, type Request } from '../../../../src/ensemble/processors/request.ts';
import { ServerStats } from '../../../../src/ensemble/processors/stats.ts';
import { ConnectionThrottle } from '../../../../src/ensemble/processors/throttle/connection-throttle.ts';
import { LargeRequests } from '../../../../src/ensemble/processors/throttle/large-requests.ts';
import { outstandingLimit } from '../../../../src/ensemble/processors/throttle/outstanding-limit.ts';
import { RequestThrottle, type Waiter } from '../../../../src/ensemble/processors/throttle/request-throttle.ts';
import { TestClock } from '../server/harness.ts';

const settings = (keys: Record<string, string>) =>
  readThrottleSettings(new Map(Object.entries(keys).map(([key, value]) => [`zookeeper.${key}`, value])));

describe('the throttle of connections', () => {
  const throttle = (keys: Record<string, string>) =>
    new ConnectionThrottle(settings(keys).connections, seededRandom(7), 0);

  test('without tokens nobody is held up', () => {
    const open = throttle({});
    for (let i = 0; i < 1000; i++) expect(open.take(1, 0)).toBe(true);
  });

  test('tokens come back with time, never more than there may be', () => {
    const limited = throttle({ connection_throttle_tokens: '3', connection_throttle_fill_time: '10', connection_throttle_fill_count: '2' });
    const taken = (nowMs: number): number => Array.from({ length: 9 }, () => limited.take(1, nowMs)).filter(Boolean).length;
    expect(taken(0)).toBe(3);
    expect(taken(10)).toBe(0);
    expect(taken(11)).toBe(2);
    expect(taken(1000)).toBe(3);
  });

  test('the chance to be turned away grows while nothing is left, and shrinks again', () => {
    const blue = throttle({
      connection_throttle_tokens: '2', connection_throttle_fill_time: '1000', connection_throttle_freeze_time: '10',
      connection_throttle_drop_increase: '0.5', connection_throttle_drop_decrease: '.25', connection_throttle_decrease_ratio: '0.5',
    });
    for (let i = 0; i < 2; i++) blue.take(1, 0);
    for (const nowMs of [11, 22]) blue.take(1, nowMs);
    expect(blue.dropChance).toBe(1);
    expect(blue.take(1, 2500)).toBe(false);
    expect(blue.dropChance).toBe(0.75);
    blue.take(0, 9000);
    expect(blue.dropChance).toBe(0.5);
  });

  test('weights: tokens count whole global sessions, and a weight that makes no sense is replaced', () => {
    expect(settings({ connection_throttle_tokens: '5', connection_throttle_weight_enabled: 'true' }).connections).toMatchObject({
      tokens: 15, fillCount: 3, weights: { global: 3, local: 1, renew: 2 },
    });
    expect(settings({
      connection_throttle_weight_enabled: 'true', connection_throttle_global_session_weight: '2',
      connection_throttle_local_session_weight: '4', connection_throttle_renew_session_weight: '-1',
    }).connections.weights).toEqual({ global: 4, local: 4, renew: 2 });
  });

  test('what is no number is named', () => {
    expect(() => settings({ connection_throttle_tokens: '-1' })).toThrow('zookeeper.connection_throttle_tokens=-1');
    expect(() => settings({ connection_throttle_drop_increase: 'much' })).toThrow('zookeeper.connection_throttle_drop_increase=much: a number is needed');
  });
});

test('large requests', () => {
  const large = new LargeRequests(100, 1000);
  expect(large.take(900)).toBe(true);
  expect(large.take(100)).toBe(true);
  expect(large.mayCome(101)).toBe(false);
  expect(large.take(101)).toBe(false);
  large.done(900);
  large.done(100);
  expect(large.take(1000)).toBe(true);
  expect(new LargeRequests(-1, 1).take(1_000_000)).toBe(true);
});

describe('the throttle of requests', () => {
  function stage(keys: Record<string, string>) {
    const clock = new TestClock();
    const stats = new ServerStats();
    const waiters = new Map<number, Waiter & { ended: boolean }>();
    const world = { inProcess: 0, submitted: [] as Request[], dropped: [] as number[] };
    const waiterOf = (key: number): Waiter & { ended: boolean } => {
      const known = waiters.get(key) ?? { ended: false, timeoutMs: 1000, destroy() { this.ended = true; } };
      waiters.set(key, known);
      return known;
    };
    const throttle = new RequestThrottle(settings(keys).requests, {
      clock, stats,
      inProcess: () => world.inProcess,
      submit: (request) => { world.inProcess++; world.submitted.push(request); },
      waiter: (key) => (waiters.get(key)),
      dropped: (request) => world.dropped.push(request.cxid),
    });
    const ask = (connection: number | null, cxid: number, type: number = Op.setData): void => {
      if (connection !== null) waiterOf(connection);
      throttle.submit({ connection, sessionId: 1n, cxid, type, body: new Uint8Array(0), identities: [], receivedMs: clock.monotonicMs() });
    };
    const count = (name: string): number | undefined => new Map<string, number>(stats.counters()).get(name);
    const finish = (): void => { world.inProcess--; throttle.drain(); };
    return { clock, throttle, ask, count, finish, waiterOf, world, done: () => world.submitted.map(({ cxid }) => cxid) };
  }

  test('off, it is not felt', () => {
    const { ask, done } = stage({});
    for (let i = 0; i < 5; i++) ask(1, i);
    expect(done()).toEqual([0, 1, 2, 3, 4]);
  });

  test('lets in as many as may be, in order', () => {
    const { ask, done, finish, throttle, count } = stage({ request_throttle_max_requests: '2' });
    for (let i = 0; i < 5; i++) ask(i, i);
    expect(done()).toEqual([0, 1]);
    expect(throttle.size).toBe(3);
    for (let i = 0; i < 3; i++) finish();
    expect(done()).toEqual([0, 1, 2, 3, 4]);
    expect(throttle.size).toBe(0);
    expect(count('request_throttle_wait_count')).toBeGreaterThan(0);
  });

  test('drops what nobody waits for, and all that its connection asked; a session ends all the same', async () => {
    const { ask, done, world, clock, waiterOf, count } = stage({ request_throttle_max_requests: '1' });
    ask(9, 0);
    ask(1, 1);
    ask(2, 2);
    ask(1, 3);
    ask(1, 4, Op.closeSession);
    ask(null, 5, Op.closeSession);
    waiterOf(1).ended = true;
    await clock.advance(100);
    expect(world.dropped).toEqual([1, 3, 4]);
    expect(count('stale_requests_dropped')).toBe(1);
    world.inProcess = 0;
    await clock.advance(100);
    world.inProcess = 0;
    await clock.advance(100);
    expect(done()).toEqual([0, 2, 5]);
  });

  test('by latency: what waited longer than its session may be silent goes, with its connection', async () => {
    const { ask, world, clock, waiterOf } = stage({ request_throttle_max_requests: '1', request_stale_latency_check: 'true' });
    ask(9, 0);
    ask(1, 1);
    await clock.advance(900);
    expect(world.dropped).toEqual([]);
    await clock.advance(300);
    expect(world.dropped).toEqual([1]);
    expect(waiterOf(1).ended).toBe(true);
  });

  test('what waited too long is turned away in its turn, but for pings and what begins and ends sessions', async () => {
    const { ask, world, clock, finish, count } = stage({ request_throttle_max_requests: '1', throttled_op_wait_time: '50' });
    ask(9, 0);
    for (const [cxid, type] of [[1, Op.setData], [2, Op.ping], [3, Op.closeSession], [4, Op.getData]] as const) ask(1, cxid, type);
    await clock.advance(60);
    for (let i = 0; i < 4; i++) finish();
    expect(world.submitted.map(({ cxid, type, refusal }) => [cxid, type, refusal])).toEqual([
      [0, Op.setData, undefined], [1, Op.notification, -127], [2, Op.ping, undefined], [3, Op.closeSession, undefined], [4, Op.notification, -127],
    ]);
    expect(count('throttled_ops')).toBe(2);
  });
});

test('voters share what may be outstanding; a server alone, two voters and an observer do not', () => {
  const shares = [1, 2, 3, 4, 5, 7].map((voters) => outstandingLimit(1000, voters));
  expect(shares).toEqual([1000, 1000, 500, 333, 250, 166]);
  expect(outstandingLimit(1000, null)).toBe(1000);
  expect(outstandingLimit(1, 3)).toBe(0);
});
