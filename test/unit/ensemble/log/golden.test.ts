/** What an Apache 3.8.0 server left on its disk (test/vectors/disk), read by our code and compared with what kazoo saw. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readLog } from '../../../../src/ensemble/log/log-format.ts';
import { recover } from '../../../../src/ensemble/log/recovery.ts';
import { snapshotChunks } from '../../../../src/ensemble/log/snapshot-writer.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import { encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import { formatId } from '../../../../src/model/zxid.ts';
import { walkTree } from '../tree/walk.ts';
import { memoryDisk } from './memory-disk.ts';
import { codecs } from './writing.ts';

const golden = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../vectors/disk/${name}`, import.meta.url)));

interface GoldenNode {
  readonly path: string;
  readonly data: string | null;
  readonly acl: readonly { readonly perms: number; readonly scheme: string; readonly id: string }[] | null;
  readonly stat: Readonly<Record<string, string | number>>;
}

const tree = JSON.parse(new TextDecoder().decode(golden('tree.json'))) as {
  readonly lastZxid: string;
  readonly files: readonly { readonly file: string; readonly entries?: number; readonly bytes?: number }[];
  readonly openSessions: readonly string[];
  readonly ephemerals: readonly { readonly session: string; readonly paths: readonly string[] }[];
  readonly containers: readonly string[];
  readonly ttls: readonly string[];
  /** Of the four-letter word `hash`. */
  readonly digests: readonly string[];
  readonly nodes: readonly GoldenNode[];
};

const newTarget = (): Database => new Database({ extendedTypes: true, digestEnabled: true });

function expectGolden(database: Database): void {
  const walked = new Map(walkTree(database.tree).map((node) => [node.path, node]));
  expect([...walked.keys()].sort()).toEqual(tree.nodes.map((node) => node.path).sort());
  for (const { path, data, acl, stat } of tree.nodes) {
    const ours = walked.get(path);
    expect(ours?.data, path).toBe(data);
    expect(ours?.stat, path).toEqual(Object.fromEntries(Object.entries(stat).map(([k, v]) => [k, String(v)])));
    if (acl === null) continue;
    const node = database.tree.node(path);
    expect(node?.acl.map(({ perms, id }) => ({ perms, ...id })), path).toEqual(acl);
  }
  for (const { session, paths } of tree.ephemerals) {
    expect([...database.tree.ephemeralsOf(BigInt(session))].sort()).toEqual([...paths].sort());
  }
  expect(database.tree.sessionsWithEphemerals().length).toBe(tree.ephemerals.length);
  expect([...database.tree.containers()].sort()).toEqual([...tree.containers].sort());
  expect([...database.tree.ttlNodes()].sort()).toEqual([...tree.ttls].sort());
  expect([...database.sessions.entries()].map(([id]) => formatId(id)).sort()).toEqual([...tree.openSessions].sort());
  expect(formatId(database.tree.lastZxid)).toBe(tree.lastZxid);
  expect(database.digestMismatches).toBe(0);
}

describe("Apache's data directory", () => {
  test('the log, replayed from the empty snapshot, gives the tree, and every digest on the way', async () => {
    const disk = memoryDisk({ 'snapshot.0': golden('empty-snapshot.0'), 'log.1': golden('log.1') });
    const recovered = await recover(disk, { newTarget, codecs });
    expect(recovered.txnsReplayed).toBe(tree.files.find(({ file }) => file === 'log.1')?.entries);
    const history = recovered.target.digestHistory.map(({ zxid, digest }) => `${zxid.toString(16)}: ${digest}`);
    expect(history).toEqual(tree.digests);
    expectGolden(recovered.target);
  });

  test('the snapshot gives the tree', async () => {
    const recovered = await recover(memoryDisk({ 'snapshot.91': golden('snapshot.91') }), { newTarget, codecs });
    expect(recovered.txnsReplayed).toBe(0);
    expectGolden(recovered.target);
  });

  test('the log file is read to its last byte before the padding', () => {
    const bytes = golden('log.1');
    const entries = [...readLog('log.1', bytes)];
    expect(entries.at(-1)?.end).toBe(tree.files.find(({ file }) => file === 'log.1')?.bytes);
    for (const { txn } of entries) expect(txn.digest === null, `zxid ${txn.header.zxid}`).toBe(txn.body.type === -1);
  });

  test('every logged transaction is written byte for byte as Apache wrote it', () => {
    for (const { txn, bytes, offset } of readLog('log.1', golden('log.1'))) {
      expect(Buffer.from(encodeTransaction(txn)).toString('hex'), `at ${offset}`).toBe(Buffer.from(bytes).toString('hex'));
    }
  });

  test('the snapshot of an empty tree is written byte for byte as Apache writes it', () => {
    const ours = Buffer.concat([...snapshotChunks(newTarget().snapshot())]);
    expect(ours.toString('hex')).toBe(Buffer.from(golden('empty-snapshot.0')).toString('hex'));
  });

  test('a snapshot read and written again is the same', async () => {
    const { target } = await recover(memoryDisk({ 'snapshot.91': golden('snapshot.91') }), { newTarget, codecs });
    const ours = Buffer.concat([...snapshotChunks(target.snapshot())]);
    expect(ours.toString('hex')).toBe(Buffer.from(golden('snapshot.91')).toString('hex'));
  });

  test.each(['gz', 'snappy'])('the snapshot in %s gives the tree', async (kind) => {
    const name = `snapshot.91.${kind}`;
    const recovered = await recover(memoryDisk({ [name]: golden(name) }), { newTarget, codecs });
    expect(recovered.snapshot).toBe(name);
    expectGolden(recovered.target);
  });

  test.each(['gz', 'snappy'])('a damaged %s is refused by name, never half read', async (kind) => {
    const name = `snapshot.91.${kind}`;
    const whole = golden(name);
    const flipped = whole.slice();
    flipped[whole.length >> 1] = (whole[whole.length >> 1] as number) ^ 0x40;
    for (const bytes of [whole.subarray(0, whole.length - 9), whole.subarray(0, 100), whole.subarray(0, 3), flipped]) {
      const attempt = recover(memoryDisk({ [name]: bytes, 'log.92': golden('log.1') }), { newTarget, codecs });
      await expect(attempt).rejects.toMatchObject({ code: 'SnapshotCorrupt', file: name });
    }
  });

  test('a snapshot compressed in another way is refused by name', async () => {
    const attempt = recover(memoryDisk({ 'snapshot.91.zst': golden('snapshot.91') }), { newTarget, codecs });
    await expect(attempt).rejects.toMatchObject({ code: 'SnapshotUnsupported', file: 'snapshot.91.zst' });
  });
});
