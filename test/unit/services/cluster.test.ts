import { describe, expect, test } from 'vitest';
import type { ServerStatus } from '../../../src/contract/cluster.ts';
import { parseMntr, parseSrvr } from '../../../src/services/cluster/parse-srvr.ts';
import { ConnectionLostError } from '../../../src/model/errors.ts';
import { settle } from './fake-clock.ts';
import { createHarness, type Harness } from './harness.ts';

const report = (mode: string, zxid: string, latency = '0/1.5/12'): string => `Zookeeper version: 3.8.0-${'ab'.repeat(20)}, built on 2022-02-25 08:49 UTC
Latency min/avg/max: ${latency}
Received: 120
Sent: 119
Connections: 3
Outstanding: 0
Zxid: ${zxid}
Mode: ${mode}
Node count: 42
`;
const refusal = 'mntr is not executed because it is not in the whitelist.\n';

describe('parseSrvr', () => {
  test('a server of today', () => {
    expect(parseSrvr(report('leader', '0x500000abc'))).toEqual({
      version: '3.8.0', role: 'leader', zxid: 0x5_0000_0abcn, latencyMs: { min: 0, avg: 1.5, max: 12 },
      received: 120, sent: 119, connections: 3, outstanding: 0, nodeCount: 42,
    });
  });

  test.each([
    ['0/2/31', { min: 0, avg: 2, max: 31 }],
    ['0/0.3333/9', { min: 0, avg: 0.3333, max: 9 }],
    ['0/0,25/9', { min: 0, avg: 0.25, max: 9 }],
    ['-/-/-', null],
  ])('latency %s', (latency, expected) => {
    expect(parseSrvr(report('follower', '0x1', latency))?.latencyMs).toEqual(expected);
  });

  test('3.4 with a dash, a read-only server, a role that is not known', () => {
    const old = 'Zookeeper version: 3.4.14-4c25d480e66aadd371de8bd2fd8da255ac140bcf, built on 03/06/2019 16:18 GMT\nMode: follower\n';
    expect(parseSrvr(old)).toMatchObject({ version: '3.4.14', role: 'follower', zxid: null, latencyMs: null, nodeCount: null });
    const alone = `Zookeeper version: 3.9.2-x, built on now\nREAD-ONLY mode; serving only read-only clients\nMode: read-only\n`;
    expect(parseSrvr(alone)?.role).toBe('read-only');
    expect(parseSrvr(report('dictator', '0x1'))?.role).toBeNull();
  });

  test('what is no report is none', () => {
    expect(parseSrvr('This ZooKeeper instance is not currently serving requests\n')).toBeNull();
    expect(parseSrvr('srvr is not executed because it is not in the whitelist.\n')).toBeNull();
    expect(parseSrvr('')).toBeNull();
  });
});

test('parseMntr', () => {
  const values = parseMntr('zk_version\t3.8.0-x\nzk_watch_count\t7\nzk_avg_latency\t0.5\nnonsense\n');
  expect([...values]).toEqual([['version', '3.8.0-x'], ['watch_count', '7'], ['avg_latency', '0.5']]);
});

function answering(h: Harness, roles: readonly (readonly [string, string, string])[]): void {
  for (const [server, role, zxid] of roles) {
    h.words.set(`${server} srvr`, report(role, zxid));
    h.words.set(`${server} mntr`, `zk_watch_count\t7\nzk_ephemerals_count\t2\nzk_approximate_data_size\t1000\n${role === 'leader' ? 'zk_synced_followers\t2\n' : ''}`);
  }
}

const three = 'zk1:2181,zk2:2181,zk3:2181';
const column = <K extends keyof ServerStatus>(servers: readonly ServerStatus[], key: K) => servers.map((server) => server[key]);

describe('cluster.status', () => {
  test('role, zxid, lag and figures of each server', async () => {
    const h = createHarness();
    answering(h, [['zk1:2181', 'follower', '0x30000000a'], ['zk2:2181', 'leader', '0x30000000f'], ['zk3:2181', 'follower', '0x2000000ff']]);
    const connectionId = await h.open({ connectString: three });
    const { servers } = await h.call('cluster.status', { connectionId });
    expect(column(servers, 'server')).toEqual(['zk1:2181', 'zk2:2181', 'zk3:2181']);
    expect(column(servers, 'role')).toEqual(['follower', 'leader', 'follower']);
    expect(column(servers, 'lag')).toEqual([5, 0, null]);
    expect(column(servers, 'epoch')).toEqual([3, 3, 2]);
    expect(column(servers, 'counter')).toEqual([10, 15, 255]);
    expect(column(servers, 'current')).toEqual([true, false, false]);
    expect(column(servers, 'syncedFollowers')).toEqual([null, 2, null]);
    expect(servers[0]).toMatchObject({ reach: 'up', version: '3.8.0', watchCount: 7, ephemerals: 2, dataBytes: 1_000, nodeCount: 42, failure: null });
    expect(h.told('cluster.changed').length).toBe(1);
  });

  test('down, silent and not serving are told apart, and spoil nothing', async () => {
    const h = createHarness();
    answering(h, [['zk1:2181', 'follower', '0x1']]);
    h.words.set('zk2:2181 srvr', 'This ZooKeeper instance is not currently serving requests\n');
    h.words.set('zk4:2181 srvr', async () => {
      throw new ConnectionLostError('zk4:2181: no answer within 3000 ms', true);
    });
    const connectionId = await h.open({ connectString: `${three},zk4:2181` });
    const { servers } = await h.call('cluster.status', { connectionId });
    expect(column(servers, 'reach')).toEqual(['up', 'silent', 'down', 'silent']);
    expect(servers[1]?.failure).toMatchObject({ code: 'NotServing', hint: 'hint.notServing' });
    expect(servers[3]?.failure?.code).not.toBe('NotServing');
    expect(servers[2]?.failure).toMatchObject({ code: 'ConnectionLoss', layer: 'socket' });
  });

  test('every word that is sent stands in the command log, answered or not', async () => {
    const h = createHarness();
    answering(h, [['zk1:2181', 'leader', '0x1']]);
    h.words.set('zk2:2181 srvr', async () => {
      throw new ConnectionLostError('zk2:2181: no answer within 3000 ms', true);
    });
    const connectionId = await h.open({ connectString: 'zk1:2181,zk2:2181' });
    const before = (await h.call('requests.history', { connectionId, afterSeq: 0 })).at(-1)?.seq ?? 0;
    await h.call('cluster.status', { connectionId });
    const log = await h.call('requests.history', { connectionId, afterSeq: before });
    expect(log.map(({ operation, server, result }) => [operation, server, result]).sort()).toEqual([
      ['mntr', 'zk1:2181', 'Ok'], ['srvr', 'zk1:2181', 'Ok'], ['srvr', 'zk2:2181', 'ConnectionLoss'],
    ]);
    expect(log.find(({ operation }) => operation === 'srvr')).toMatchObject({ path: null, bytesOut: 4, zxid: null });
  });

  test('a server whose election cuts off the answer is asked once more in the same round; one that stays mute is not', async () => {
    const h = createHarness();
    answering(h, [['zk1:2181', 'leader', '0x1']]);
    const said = ['', 'This ZooKeeper instance is not currently serving requests\n'];
    h.words.set('zk2:2181 srvr', async () => said.shift() ?? '');
    h.words.set('zk3:2181 srvr', '');
    const connectionId = await h.open({ connectString: three });
    const asked = h.call('cluster.status', { connectionId });
    await h.clock.advance(1_000);
    const { servers } = await asked;
    expect(servers.map(({ failure }) => failure?.code)).toEqual([undefined, 'NotServing', 'ServerSilent']);
    expect(column(servers, 'reach')).toEqual(['up', 'silent', 'silent']);
    expect(h.asked.filter((word) => word.endsWith('srvr')).sort()).toEqual(['zk1:2181 srvr', 'zk2:2181 srvr', 'zk2:2181 srvr', 'zk3:2181 srvr', 'zk3:2181 srvr']);
  });

  test('a refused mntr is remembered, until somebody asks by hand', async () => {
    const h = createHarness();
    answering(h, [['zk1:2181', 'standalone', '0x1']]);
    h.words.set('zk1:2181 mntr', refusal);
    const connectionId = await h.open({ connectString: 'zk1:2181' });
    await h.call('cluster.watch', { connectionId, on: true });
    await h.clock.advance(10_000);
    const rounds = h.told('cluster.changed');
    expect(rounds.length).toBe(6);
    expect(rounds.at(-1)?.servers[0]).toMatchObject({ reach: 'up', role: 'standalone', refused: ['mntr'], watchCount: null, nodeCount: 42 });
    const mntrs = (): number => h.asked.filter((word) => word.endsWith('mntr')).length;
    expect(mntrs()).toBe(1);
    answering(h, [['zk1:2181', 'standalone', '0x1']]);
    expect((await h.call('cluster.status', { connectionId })).servers[0]).toMatchObject({ refused: [], watchCount: 7 });
    expect(mntrs()).toBe(2);
  });
});

describe('cluster.watch', () => {
  test('one round at a time, the next after a pause, none when nobody watches', async () => {
    const h = createHarness();
    const waiting: (() => void)[] = [];
    h.words.set('zk1:2181 srvr', () => new Promise((resolve) => waiting.push(() => resolve(report('standalone', '0x1')))));
    h.words.set('zk1:2181 mntr', refusal);
    const connectionId = await h.open({ connectString: 'zk1:2181' });
    await h.call('cluster.watch', { connectionId, on: true });
    const byHand = h.call('cluster.status', { connectionId });
    await h.clock.advance(60_000);
    expect(waiting.length).toBe(1);
    waiting.pop()?.();
    expect((await byHand).servers[0]?.role).toBe('standalone');
    await h.clock.advance(1_990);
    expect(waiting.length).toBe(0);
    await h.clock.advance(10);
    expect(waiting.length).toBe(1);
    await h.call('cluster.watch', { connectionId, on: false });
    waiting.pop()?.();
    await h.clock.advance(60_000);
    expect(waiting.length).toBe(0);
  });

  test('ends with its view, not with another\'s', async () => {
    const h = createHarness();
    answering(h, [['zk1:2181', 'standalone', '0x1']]);
    const connectionId = await h.open({ connectString: 'zk1:2181' });
    const { createDispatcher } = await import('../../../src/hosts/dispatcher.ts');
    const other = createDispatcher(h.services);
    await h.call('cluster.watch', { connectionId, on: true });
    await other.call('1', 'cluster.watch', { connectionId, on: true });
    const rounds = async (): Promise<number> => {
      const before = h.told('cluster.changed').length;
      await h.clock.advance(4_000);
      return h.told('cluster.changed').length - before;
    };
    await settle();
    expect(await rounds()).toBe(2);
    other.close();
    expect(await rounds()).toBe(2);
    await h.call('cluster.watch', { connectionId, on: false });
    expect(await rounds()).toBe(0);
  });

  test('follows the interval of the settings; 0 is by hand only; the end of the connection ends it', async () => {
    const h = createHarness();
    answering(h, [['zk1:2181', 'standalone', '0x1']]);
    const connectionId = await h.open({ connectString: 'zk1:2181' });
    await h.call('cluster.watch', { connectionId, on: true });
    await settle();
    await h.call('settings.set', { clusterPollMs: 0 });
    await settle();
    const before = h.told('cluster.changed').length;
    await h.clock.advance(60_000);
    expect(h.told('cluster.changed').length).toBe(before);
    await h.call('settings.set', { clusterPollMs: 500 });
    await h.clock.advance(1_000);
    expect(h.told('cluster.changed').length).toBe(before + 2);
    await h.call('connections.close', { connectionId });
    await h.clock.advance(60_000);
    expect(h.told('cluster.changed').length).toBe(before + 2);
    expect(h.clock.timers).toBe(0);
  });

  test('an unknown connection is a failure', async () => {
    const h = createHarness();
    expect((await h.fail('cluster.watch', { connectionId: 'x', on: true })).code).toBe('UnknownConnection');
  });
});
