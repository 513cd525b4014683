/** Jobs and history in memory, for the view's harness and its tests: a running job, ended ones, a preview, an undo. */

import type { HistoryEntry, HistoryOperation } from '../../src/contract/history.ts';
import type { AnyTransferWork, TransferAction, TransferItem, TransferJob, TransferNode } from '../../src/contract/transfer.ts';

const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>;
const taking = { ephemerals: false, acl: true };

/** A job in the middle of its work. */
export function fakeJob(jobId: string, work: AnyTransferWork, change: Partial<TransferJob> = {}): TransferJob {
  return {
    jobId, work, dryRun: false, fromName: 'orders-prod', toName: null, state: 'running', phase: 'running', startedAtMs: Date.now() - 40_000, endedAtMs: null,
    nodes: 41_210, nodesTotal: 100_000, bytes: 18_400_000, counts: { create: 0, change: 0, remove: 0, same: 0, leave: 0, fail: 0 }, leftOut: {},
    nodesPerSecond: 8_420, nodesPerSecondMax: null, remainingMs: 7_000, elapsedMs: 4_900, requests: 123_640, latencyMs: 4.2, sessionsLost: 0,
    at: 'services/catalog/instances/host-0412', changed: 0, zxidBefore: null, zxidAfter: null, failure: null, resumable: false, operationId: null,
    ...change,
  };
}

const ended = { state: 'done', phase: 'finished', endedAtMs: Date.now() - 3_600_000, startedAtMs: Date.now() - 3_612_000, nodesPerSecond: 0, remainingMs: null, at: null } as const;

/** The list as a person might find it. */
export function fakeJobs(): TransferJob[] {
  const exportWork: AnyTransferWork = {
    kind: 'export', connectionId: 'c1', path: '/services', ...taking, file: '/home/ann/zooscope-exports/orders-services-2026-11-21.jsonl.gz', compression: 'gzip', overwriteFile: false,
  };
  const copyWork: AnyTransferWork = {
    kind: 'write', from: { kind: 'live', connectionId: 'c1', path: '/config' }, connectionId: 'c2', path: '/config', ...taking, policy: 'unchanged', removeExtra: false, only: null,
  };
  const compareWork: AnyTransferWork = {
    kind: 'compare', a: { kind: 'live', connectionId: 'c1', path: '/config' }, b: { kind: 'live', connectionId: 'c2', path: '/config' }, ...taking,
  };
  const importWork: AnyTransferWork = {
    kind: 'write', from: { kind: 'file', file: '/home/ann/zooscope-exports/orders-services-2026-11-18.jsonl.gz', below: '' }, connectionId: 'c2', path: '/services',
    ...taking, policy: 'overwrite', removeExtra: true, only: null,
  };
  return [
    fakeJob('j1', exportWork),
    fakeJob('j0', importWork, {
      state: 'interrupted', resumable: true, startedAtMs: Date.now() - 50_000_000, fromName: null, toName: 'orders-staging', nodes: 30_112, nodesPerSecond: 0,
      remainingMs: null, at: null, latencyMs: null, counts: { create: 29_600, change: 500, remove: 0, same: 12, leave: 0, fail: 0 }, operationId: 'o1',
    }),
    fakeJob('j2', copyWork, {
      ...ended, toName: 'orders-staging', nodes: 1_204, nodesTotal: 1_204, counts: { create: 812, change: 44, remove: 0, same: 331, leave: 14, fail: 3 },
      leftOut: { ephemeral: 9 }, changed: 2, zxidBefore: 0x5_0000_1234n, zxidAfter: 0x5_0000_1250n, operationId: 'o1', sessionsLost: 1,
    }),
    fakeJob('j3', compareWork, {
      ...ended, toName: 'orders-staging', nodes: 640, nodesTotal: null, counts: { create: 2, change: 3, remove: 1, same: 634, leave: 0, fail: 0 },
      zxidBefore: 0x5_0000_1250n, zxidAfter: 0x5_0000_1250n,
    }),
  ];
}

const item = (path: string, action: TransferAction, change: Partial<TransferItem> = {}): TransferItem => ({
  path, action, differences: action === 'change' ? ['data'] : [], reason: null, message: null, kind: 'persistent', dataLength: 320, ...change,
});

/** What a job tells of its nodes. */
export function fakeItems(job: TransferJob): TransferItem[] {
  if (job.work.kind === 'compare' || job.dryRun) {
    return [
      item('database', 'change', { differences: ['data', 'acl'] }),
      item('database/replicas', 'create'),
      item('features/checkout/new-cart', 'create', { dataLength: 0 }),
      item('features/checkout/old-cart', 'remove'),
      item('features/search', 'change'),
      item('limits', 'change', { differences: ['acl'] }),
    ];
  }
  const many = Array.from({ length: 14 }, (_, i) => item(`services/payments/instance-${i}`, 'leave', { reason: 'changed', dataLength: 1_200 }));
  return [
    ...many,
    item('secrets/vault', 'fail', { reason: 'NoAuth', message: 'not authenticated: /config/secrets/vault' }),
    item('services/big', 'fail', { reason: 'tooBig', dataLength: 1_400_000 }),
    item('tokens', 'fail', { reason: 'aclMasked' }),
  ];
}

/** Two sides that differ. */
export function fakeDifference(): { a: TransferNode; b: TransferNode } {
  const node = (data: string, hash: string): TransferNode => ({
    data: text(data), acl: [{ perms: 31, id: { scheme: 'digest', id: `ops:${hash}` } }, { perms: 1, id: { scheme: 'world', id: 'anyone' } }],
    aclMasked: false, kind: 'persistent', ttlMs: null, stat: null,
  });
  return {
    a: node('{\n  "url": "jdbc:mysql://db1/orders",\n  "poolSize": 20,\n  "readOnly": false\n}\n', 'Zm9v='),
    b: node('{\n  "url": "jdbc:mysql://db2/orders",\n  "poolSize": 40,\n  "readOnly": false\n}\n', 'YmFy='),
  };
}

export function fakeOperations(): HistoryOperation[] {
  const base = { ensemble: 'orders-prod', profileId: 'p1' } as const;
  return [
    { ...base, operationId: 'o1', atMs: Date.now() - 3_600_000, kind: 'transfer', path: '/config', nodes: 44, bytes: 18_300, state: 'done' },
    { ...base, operationId: 'o2', atMs: Date.now() - 7_200_000, kind: 'delete', path: '/services/catalog/old', nodes: 1_000, bytes: 410_000, state: 'undone' },
    { ...base, operationId: 'o3', atMs: Date.now() - 9_000_000, kind: 'setData', path: '/config/database', nodes: 1, bytes: 92, state: 'done' },
    { ...base, operationId: 'o4', atMs: Date.now() - 90_000_000, kind: 'setAcl', path: '/config/limits', nodes: 1, bytes: 0, state: 'kept' },
  ];
}

export function fakeEntries(operation: HistoryOperation): HistoryEntry[] {
  const action = operation.kind === 'delete' ? 'delete' : operation.kind === 'setAcl' ? 'setAcl' : 'setData';
  return Array.from({ length: operation.nodes }, (_, index) => ({
    index, path: index === 0 ? operation.path : `${operation.path}/node-${index}`, action, dataLength: 92, kind: 'persistent', undone: operation.state === 'undone',
  }));
}
