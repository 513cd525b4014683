/** The journal on logs in memory: what survives a crash at any write, what is forgotten first, and its undo by versions. */

import { expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import type { HistoryOperation } from '../../../../src/contract/history.ts';
import { nodeTransferTools } from '../../../../src/platform/transfer/tools.ts';
import { entryLine, parseEntry, type KeptImage } from '../../../../src/services/history/entry.ts';
import { Journal } from '../../../../src/services/history/journal.ts';
import { fakeClock } from '../fake-clock.ts';
import { memoryLogs, type MemoryLogs } from '../memory-logs.ts';

const { base64 } = nodeTransferTools;
const facts = { ensemble: 'orders', profileId: 'p1', kind: 'delete', path: '/a' } as const;

function imageOf(path: string, data: Uint8Array | null = new Uint8Array([0, 255, 10])): KeptImage {
  return {
    path, action: 'delete', data, acl: [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }], aclMasked: false, kind: 'ttl', ttlMs: 9_007_199_254_740_993n,
    stat: {
      czxid: -1n, mzxid: 0x7fff_ffff_ffff_ffffn, ctime: 1n, mtime: 2n, version: 3, cversion: 4, aversion: 5, ephemeralOwner: -0x8000_0000_0000_0000n,
      dataLength: 3, numChildren: 0, pzxid: 6n,
    },
    after: null,
  };
}

interface Told {
  readonly changed: HistoryOperation[];
  readonly forgotten: (readonly string[] | null)[];
}

function journalOn(folder: MemoryLogs, bytesMax?: number): { readonly journal: Journal; readonly told: Told } {
  const told: Told = { changed: [], forgotten: [] };
  const journal = new Journal({
    folder, base64, clock: fakeClock(), random: seededRandom(folder.appends + 1), logger: silentLogger,
    onChanged: (operation) => told.changed.push(operation),
    onForgotten: (ids) => told.forgotten.push(ids),
    ...(bytesMax === undefined ? {} : { bytesMax }),
  });
  return { journal, told };
}

async function entriesOf(journal: Journal, operationId: string): Promise<KeptImage[]> {
  const out: KeptImage[] = [];
  for await (const entry of journal.entries(operationId)) out.push(entry);
  return out;
}

test('a line brings every byte and every bit of an id back', () => {
  for (const data of [null, new Uint8Array(0), new Uint8Array([0, 1, 254, 255])]) {
    const image = imageOf('/a "b"\u2028/c', data);
    expect(parseEntry(entryLine(image, base64), base64)).toEqual(image);
  }
  for (const text of ['', '{', '[]', '{"path":"/a"}', entryLine(imageOf('/a'), base64).replace('"AP8K"', '"?"')]) {
    expect(() => parseEntry(text, base64)).toThrow(/cannot be read/);
  }
});

test('operations are listed newest first, with what they kept; one that kept nothing leaves nothing', async () => {
  const folder = memoryLogs();
  const { journal, told } = journalOn(folder);
  const first = await journal.begin(facts);
  await first.keep([imageOf('/a'), imageOf('/a/b')]);
  await first.keep([imageOf('/a/c')]);
  await first.end();
  await first.end();
  await (await journal.begin(facts)).end();
  const second = await journal.begin({ ...facts, path: '/z' });
  await second.keep([imageOf('/z')], 'abc');
  await second.end();
  expect((await journal.operations()).map(({ path, nodes, bytes, state }) => [path, nodes, bytes, state])).toEqual([['/z', 1, 3, 'done'], ['/a', 3, 9, 'done']]);
  expect(told.changed.map(({ nodes }) => nodes)).toEqual([3, 1]);
  expect((await entriesOf(journal, second.operationId))[0]?.after).toBe('abc');
  // The next run of the app has the same.
  const again = journalOn(folder).journal;
  expect(await again.operations()).toEqual(await journal.operations());
  expect(await again.bytesOnDisk()).toBe(await journal.bytesOnDisk());
  expect((await entriesOf(again, first.operationId)).map(({ path }) => path)).toEqual(['/a', '/a/b', '/a/c']);
});

test('what keep resolved is there after a crash at any later write, and says that its end is not known', async () => {
  for (let crash = 0; crash < 12; crash++) {
    const folder = memoryLogs();
    const { journal } = journalOn(folder);
    const kept: string[] = [];
    folder.failFrom = crash;
    const operation = await journal.begin(facts);
    for (const path of ['/a/1', '/a/2', '/a/3']) {
      const done = await operation.keep([imageOf(path)]).then(() => true, () => false);
      if (done) kept.push(path);
    }
    if (crash > 4) await operation.end();
    folder.failFrom = Number.POSITIVE_INFINITY;
    const after = journalOn(folder).journal;
    const found = (await after.operations()).find(({ operationId }) => operationId === operation.operationId);
    const paths = found === undefined ? [] : (await entriesOf(after, operation.operationId)).map(({ path }) => path);
    expect(paths).toEqual(kept);
    if (found !== undefined) expect(found.nodes).toBe(kept.length);
    if (found !== undefined && crash <= 4) expect(found.state).toBe('kept');
  }
});

test('the oldest operations go first when there is no room; the one under way never', async () => {
  const folder = memoryLogs();
  const { journal, told } = journalOn(folder, 2_000);
  const big = new Uint8Array(400);
  const running = await journal.begin({ ...facts, path: '/running' });
  await running.keep([imageOf('/running', big)]);
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) {
    const operation = await journal.begin({ ...facts, path: `/n-${i}` });
    await operation.keep([imageOf(`/n-${i}`, big)]);
    await operation.end();
    ids.push(operation.operationId);
  }
  const left = (await journal.operations()).map(({ path }) => path);
  expect(left).toContain('/running');
  expect(left).toContain('/n-5');
  expect(left).not.toContain('/n-0');
  expect(told.forgotten.flat()).toContain(ids[0]);
  expect(await journal.bytesOnDisk()).toBeLessThanOrEqual(2_000);
  expect([...folder.files.keys()].filter((name) => name !== 'index.log').length).toBe(left.length);
  await expect(journal.get(ids[0] as string)).rejects.toThrow(/does not have this operation/);
});

test('undone entries are remembered; forgetting is for good', async () => {
  const folder = memoryLogs();
  const { journal } = journalOn(folder);
  const operation = await journal.begin(facts);
  await operation.keep([imageOf('/a'), imageOf('/a/b')]);
  await operation.end();
  await journal.markUndone(operation.operationId, [1], false);
  const again = journalOn(folder).journal;
  expect(await again.get(operation.operationId)).toMatchObject({ operation: { state: 'partly' }, undone: new Set([1]) });
  await again.markUndone(operation.operationId, [0], true);
  expect((await again.get(operation.operationId)).operation.state).toBe('undone');
  await again.forget(null);
  expect(await again.operations()).toEqual([]);
  expect([...folder.files.keys()]).toEqual(['index.log']);
  expect(await journalOn(folder).journal.operations()).toEqual([]);
});

test('the index does not grow without end', async () => {
  const folder = memoryLogs();
  const { journal } = journalOn(folder);
  for (let i = 0; i < 1_200; i++) {
    const operation = await journal.begin(facts);
    await operation.keep([imageOf('/a')]);
    await operation.end();
    await journal.forget([operation.operationId]);
  }
  expect(folder.files.get('index.log')?.length).toBeLessThan(1_500);
});

test('the newest operation stays, though it alone is larger than all may be', async () => {
  const folder = memoryLogs();
  const { journal } = journalOn(folder, 2_000);
  const ids: string[] = [];
  for (const bytes of [300, 5_000, 6_000]) {
    const operation = await journal.begin(facts);
    await operation.keep([imageOf('/a', new Uint8Array(bytes))]);
    await operation.end();
    ids.push(operation.operationId);
  }
  expect((await journal.operations()).map(({ operationId }) => operationId)).toEqual([ids[2]]);
  expect((await entriesOf(journal, ids[2] as string))[0]?.data).toHaveLength(6_000);
});

test('an operation that cannot be read any more does not keep others from being written down', async () => {
  const folder = memoryLogs();
  const operation = await journalOn(folder).journal.begin(facts);
  await operation.keep([imageOf('/a'), imageOf('/a/b'), imageOf('/a/c')]);
  // As after a power cut: the middle of what was written last is not on the disk. Its end was never written.
  const lines = folder.files.get(`${operation.operationId}.log`) as string[];
  lines[1] = '\0'.repeat(200);
  const { journal } = journalOn(folder);
  const next = await journal.begin(facts);
  await next.keep([imageOf('/z')]);
  await next.end();
  expect((await journal.operations()).map(({ nodes, state }) => [nodes, state])).toEqual([[1, 'done'], [2, 'kept']]);
  expect((await entriesOf(journal, operation.operationId)).map(({ path }) => path)).toEqual(['/a', '/a/c']);
});
