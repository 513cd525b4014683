/** What the panels and the connection test show with the fake backend. */

import type { ClusterStatus, ServerStatus } from '../../src/contract/cluster.ts';
import type { ProfileDraft, TestStep } from '../../src/contract/connections.ts';
import type { FeedEntry, RequestEntry } from '../../src/contract/watches.ts';

function server(name: string, fields: Partial<ServerStatus>): ServerStatus {
  return {
    server: name, reach: 'up', role: 'follower', version: '3.8.4', zxid: 0x7_0000_04d2n, epoch: 7, counter: 1_234, lag: 0,
    latencyMs: { min: 0, avg: 0.4, max: 37 }, roundTripMs: 1.3, connections: 12, outstanding: 0, nodeCount: 100_482, received: 88_120,
    sent: 88_341, watchCount: 31, ephemerals: 17, dataBytes: 4_812_004, syncedFollowers: null, refused: [], current: false,
    atMs: Date.now(), failure: null, ...fields,
  };
}

export function fakeCluster(connectionId: string): ClusterStatus {
  return {
    connectionId,
    atMs: Date.now(),
    servers: [
      server('zk1.orders.internal:2181', { role: 'leader', syncedFollowers: 2, connections: 31 }),
      server('zk2.orders.internal:2181', { current: true, lag: 2, counter: 1_232 }),
      server('zk3.orders.internal:2181', {
        reach: 'down', role: null, version: null, zxid: null, epoch: null, counter: null, lag: null, latencyMs: null, roundTripMs: null,
        connections: null, outstanding: null, nodeCount: null, received: null, sent: null, watchCount: null, ephemerals: null, dataBytes: null,
        failure: { kind: 'weather', code: 'SocketFailed', message: 'connection refused', layer: 'socket', hint: 'hint.checkPort', path: null, retrySafe: true },
      }),
    ],
  };
}

export function fakeFeed(connectionId: string): FeedEntry[] {
  const at = Date.now() - 120_000;
  const entry = (seq: number, fields: Partial<FeedEntry>): FeedEntry => ({
    connectionId, seq, atMs: at + seq * 9_000, kind: 'watch', type: 'NodeDataChanged', path: null, zxid: null, server: 'zk2.orders.internal:2181',
    detail: null, watchId: null, ...fields,
  });
  return [
    entry(1, { kind: 'session', type: 'connected' }),
    entry(2, { path: '/config/app', zxid: 0x7_0000_0401n, watchId: 'w1', before: new TextEncoder().encode('{"replicas":2}'), after: new TextEncoder().encode('{"replicas":3}') }),
    entry(3, { type: 'NodeChildrenChanged', path: '/locks/checkout', zxid: 0x7_0000_0402n }),
    entry(4, { kind: 'gap', type: 'gap', detail: 'the connection was lost for 4 s' }),
    entry(5, { kind: 'session', type: 'connected' }),
    entry(6, { type: 'NodeDeleted', path: '/kafka/brokers/ids/3', zxid: 0x7_0000_04d0n }),
  ];
}

export function fakeRequests(connectionId: string): RequestEntry[] {
  return Array.from({ length: 60 }, (_, i) => ({
    connectionId, seq: i + 1, atMs: Date.now() - 60_000 + i * 900, operation: ['getChildren2', 'exists', 'getData', 'getACL'][i % 4] as string,
    path: ['/', '/config', '/config/app', '/kafka'][i % 4] as string, bytesOut: 40 + i, bytesIn: 120 + i * 13, latencyMs: 0.4 + (i % 7) * 0.3,
    result: i % 17 === 16 ? 'NoAuth' : 'Ok', zxid: 0x7_0000_04d2n, server: 'zk2.orders.internal:2181',
  }));
}

/** The steps of a connection test: one server of three is down; a host named `wrong` is not known at all. */
export function fakeSteps(draft: ProfileDraft): TestStep[] {
  const servers = (draft.connectString.split('/')[0] ?? '').split(',').map((name) => name.trim());
  const step = (name: TestStep['step'], fields: Partial<TestStep>): TestStep => ({
    step: name, server: null, outcome: 'ok', detail: '', failure: null, tookMs: 1.4, ...fields,
  });
  const unknown = servers.some((name) => name.startsWith('wrong'));
  if (unknown) {
    return [
      ...servers.map((name) =>
        step('name', {
          server: name, outcome: 'failed', tookMs: 31,
          failure: {
            kind: 'weather', code: 'NameNotFound', message: `getaddrinfo ENOTFOUND ${name.split(':')[0] ?? ''}`, layer: 'name', hint: 'hint.checkName', path: null, retrySafe: true,
          },
        }),
      ),
      step('session', { outcome: 'skipped', tookMs: null }),
    ];
  }
  return [
    ...servers.map((name, i) => step('name', { server: name, detail: `10.0.0.${i + 1}` })),
    ...servers.map((name, i) =>
      i === 2
        ? step('socket', {
            server: name, outcome: 'failed', tookMs: 4_000,
            failure: { kind: 'weather', code: 'SocketTimeout', message: 'no answer in 4 s', layer: 'socket', hint: 'hint.checkPort', path: null, retrySafe: true },
          })
        : step('socket', { server: name, detail: 'connected' }),
    ),
    step('session', { server: servers[0] ?? null, detail: 'session 0x10000a3b5c70005, timeout 30 s', tookMs: 4.2 }),
    step('auth', { outcome: draft.auth.length === 0 ? 'skipped' : 'ok', tookMs: draft.auth.length === 0 ? null : 0.9 }),
    step('root', { detail: '14 children', tookMs: 0.8 }),
  ];
}
