/** Undo on an ensemble in memory: what jobs overwrote and removed comes back, and nothing of others goes. */

import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { decodeUtf8, encodeUtf8 } from '../../../../src/base/text.ts';
import type { Acl } from '../../../../src/model/acl.ts';
import { CreateMode } from '../../../../src/model/create-mode.ts';
import { nodeClock } from '../../../../src/platform/node-clock.ts';
import { nodeTransferTools as tools } from '../../../../src/platform/transfer/tools.ts';
import { Journal } from '../../../../src/services/history/journal.ts';
import { createUndoJob } from '../../../../src/services/history/undo-job.ts';
import type { BeforeImage, JobItem, Work } from '../../../../src/services/transfer/api.ts';
import { aclPrint, dataPrint } from '../../../../src/services/transfer/prints.ts';
import { fakeClock } from '../fake-clock.ts';
import { memoryLogs } from '../memory-logs.ts';
import { FakeKeeper, itemsAt, liveAt, runJob, seededRandom } from '../transfer/engine-support.ts';

const READ: readonly Acl[] = [{ perms: 1 | 16, id: { scheme: 'world', id: 'anyone' } }];
const FULL: readonly Acl[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }, { perms: 1, id: { scheme: 'ip', id: '10.0.0.1' } }];

function setUp() {
  const keeper = new FakeKeeper(seededRandom(3));
  const folder = memoryLogs();
  const journal = new Journal({
    folder, base64: tools.base64, clock: fakeClock(), random: seededRandom(4), logger: silentLogger, onChanged: () => undefined, onForgotten: () => undefined,
  });
  const begin = (kind: 'delete' | 'transfer' | 'undo') => journal.begin({ ensemble: 'e', profileId: 'p', kind, path: '/a' });
  /** Runs a job with the journal. @returns its operation */
  const run = async (work: Work, kind: 'delete' | 'transfer' = 'transfer'): Promise<string> => {
    const operation = await begin(kind);
    await runJob(work, {}, { before: operation });
    await operation.end();
    return operation.operationId;
  };
  /** What was kept, and never done. */
  const keep = async (images: readonly BeforeImage[]): Promise<string> => {
    const operation = await begin('transfer');
    await operation.keep(images);
    await operation.end();
    return operation.operationId;
  };
  const undo = async (operationId: string, conflicts: 'leave' | 'overwrite' = 'leave') => {
    const items: JobItem[] = [];
    const own = await begin('undo');
    const parts = { journal, operationId, path: '/a', indexes: null, conflicts, own, source: keeper.source() };
    const end = await createUndoJob(parts, { clock: nodeClock, tools, onItems: (told) => items.push(...told), onProgress: () => undefined }).run();
    const { operation } = await journal.get(operationId);
    return { end, items, state: operation.state, ownId: own.operationId };
  };
  return { keeper, folder, journal, run, keep, undo };
}
const text = (keeper: FakeKeeper, path: string): string => decodeUtf8(keeper.node(path).data ?? new Uint8Array(0));
const image = (keeper: FakeKeeper, path: string, more: Partial<BeforeImage>): BeforeImage => {
  const { data, acl } = keeper.node(path);
  return { path, action: 'setData', data, acl, aclMasked: false, kind: 'persistent', ttlMs: null, stat: keeper.statOf(path), ...more };
};

test('a deletion comes back whole; what was made anew meanwhile stays, or is kept before it goes', async () => {
  const { keeper, run, undo } = setUp();
  keeper.put('/a', null);
  keeper.put('/a/b', '', FULL);
  keeper.put('/a/b/c', new Uint8Array([0, 255]), READ);
  keeper.put('/a/ttl', 'x', FULL, CreateMode.PERSISTENT);
  const before = keeper.dump('/a');
  const operationId = await run({ kind: 'delete', at: liveAt(keeper.source(), '/a') }, 'delete');
  expect(keeper.nodes.has('/a')).toBe(false);
  keeper.put('/a', 'theirs');
  const first = await undo(operationId);
  expect(itemsAt(first.items, '')).toEqual(['leave exists']);
  expect(first).toMatchObject({ state: 'partly', end: { state: 'done' } });
  expect(text(keeper, '/a')).toBe('theirs');
  const second = await undo(operationId, 'overwrite');
  expect(second.state).toBe('undone');
  expect(keeper.dump('/a')).toEqual(before);
  // And the undo is undone.
  await undo(second.ownId);
  expect(text(keeper, '/a')).toBe('theirs');
});

test('what a job overwrote comes back, but not over what somebody wrote behind it', async () => {
  const { keeper, run, undo } = setUp();
  for (const path of ['/a', '/a/1', '/a/2', '/b', '/b/1', '/b/2']) keeper.put(path, `old ${path}`, FULL);
  for (const path of ['/b', '/b/1', '/b/2']) keeper.setAcl(path, READ);
  const before = keeper.dump('/a');
  const work = { kind: 'write', from: liveAt(keeper.source(), '/b'), to: liveAt(keeper.source(), '/a'), policy: 'overwrite', removeExtra: false, only: null } as const;
  const operationId = await run(work);
  expect(keeper.dump('/a')).toEqual(keeper.dump('/b'));
  keeper.set('/a/2', encodeUtf8('theirs'));
  const { items, state } = await undo(operationId);
  expect(itemsAt(items, '2').sort()).toEqual(['change', 'leave changed']);
  expect(state).toBe('partly');
  expect(text(keeper, '/a/2')).toBe('theirs');
  before.delete('2');
  const now = keeper.dump('/a');
  now.delete('2');
  expect(now).toEqual(before);
});

// The app was closed, or refused by the server, behind the journal's entry: one version up is not the app's.
test('what somebody wrote instead of the app stays', async () => {
  const { keeper, keep, undo } = setUp();
  keeper.put('/a', 'old', FULL);
  const operationId = await keep([
    image(keeper, '/a', { after: dataPrint(tools, encodeUtf8('ours')) }),
    image(keeper, '/a', { action: 'setAcl', after: aclPrint(tools, FULL) }),
  ]);
  keeper.set('/a', encodeUtf8('theirs'));
  keeper.setAcl('/a', READ);
  const { items } = await undo(operationId);
  expect(items.map(({ action, reason }) => `${action} ${reason ?? ''}`)).toEqual(['leave changed', 'leave changed']);
  expect(text(keeper, '/a')).toBe('theirs');
  expect(keeper.node('/a').acl).toEqual(READ);
});

test('of a node that was kept twice, because somebody wrote in between, their state comes back', async () => {
  const { keeper, run, undo } = setUp();
  keeper.put('/a', 'old');
  keeper.put('/b', 'ours');
  let looks = 0;
  keeper.after = (operation, path) => {
    if (operation === 'exists' && path === '/a' && looks++ === 0) keeper.set('/a', encodeUtf8('theirs'));
  };
  const work = { kind: 'write', from: liveAt(keeper.source(), '/b'), to: liveAt(keeper.source(), '/a'), policy: 'overwrite', removeExtra: false, only: null } as const;
  const operationId = await run(work);
  expect(text(keeper, '/a')).toBe('ours');
  expect((await undo(operationId)).items).toMatchObject([{ action: 'change' }]);
  expect(text(keeper, '/a')).toBe('theirs');
});

test.each([
  ['a move', { kind: 'move' }],
  ['an import that takes away what is too much', { kind: 'write', removeExtra: true, only: null }],
] as const)('%s without ACLs keeps them for its undo all the same', async (_name, what) => {
  const { keeper, journal, undo } = setUp();
  for (const path of ['/a', '/a/b', '/z']) keeper.put(path, path, FULL);
  const [from, to] = what.kind === 'move' ? ['/a', '/new'] : ['/z', '/a'];
  const before = keeper.dump('/a/b');
  const operation = await journal.begin({ ensemble: 'e', profileId: 'p', kind: 'transfer', path: '/a' });
  await runJob({ ...what, from: liveAt(keeper.source(), from), to: liveAt(keeper.source(), to), policy: 'overwrite' }, { acl: false }, { before: operation });
  await operation.end();
  expect(keeper.nodes.has('/a/b')).toBe(false);
  await undo(operation.operationId);
  expect(keeper.dump('/a/b')).toEqual(before);
});

test('a damaged entry is said, and the others come back', async () => {
  const { keeper, folder, run, undo } = setUp();
  for (const path of ['/a', '/a/1', '/a/2', '/a/3']) keeper.put(path, path);
  const operationId = await run({ kind: 'delete', at: liveAt(keeper.source(), '/a') }, 'delete');
  const lines = folder.files.get(`${operationId}.log`) as string[];
  lines[2] = `${(lines[2] as string).slice(0, 20)}\0\0`;
  const { items, state } = await undo(operationId);
  expect(itemsAt(items, '')).toEqual(['fail HistoryDamaged', 'create']);
  expect(state).toBe('partly');
  expect([...keeper.dump('/a').keys()]).toEqual(['', '1', '3']);
});
