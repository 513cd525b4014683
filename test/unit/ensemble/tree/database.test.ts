/** Snapshots written while the state changes, and what the replay makes of them. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { readSnapshot } from '../../../../src/ensemble/log/snapshot-reader.ts';
import { snapshotChunks } from '../../../../src/ensemble/log/snapshot-writer.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import type { SnapshotNode } from '../../../../src/ensemble/txn/snapshot-content.ts';
import type { Transaction, TxnBody } from '../../../../src/ensemble/txn/transaction.ts';
import { OPEN_ACL } from '../../../../src/model/acl.ts';
import { TxnMaker } from './txn-maker.ts';
import { walkTree } from './walk.ts';

const newDatabase = (): Database => new Database({ extendedTypes: true, digestEnabled: true });

/** Applies the maker's next transaction and gives it back with its digest. */
function step(database: Database, maker: TxnMaker): Transaction {
  const txn = maker.next();
  database.apply(txn);
  return { ...txn, digest: txn.body.type === -1 ? null : database.tree.digest };
}

async function load(bytes: Uint8Array, zxid: bigint): Promise<Database> {
  const database = newDatabase();
  await readSnapshot('snapshot', zxid, [bytes], database);
  return database;
}

function expectSame(actual: Database, expected: Database): void {
  expect(walkTree(actual.tree)).toEqual(walkTree(expected.tree));
  expect(actual.tree.digest).toBe(expected.tree.digest);
  expect(actual.tree.lastZxid).toBe(expected.tree.lastZxid);
  expect(actual.tree.nodeCount).toBe(expected.tree.nodeCount);
  expect(new Map(actual.sessions.entries())).toEqual(new Map(expected.sessions.entries()));
  for (const session of expected.tree.sessionsWithEphemerals()) {
    expect([...actual.tree.ephemeralsOf(session)].sort()).toEqual([...expected.tree.ephemeralsOf(session)].sort());
  }
  expect([...actual.tree.containers()].sort()).toEqual([...expected.tree.containers()].sort());
  expect([...actual.tree.ttlNodes()].sort()).toEqual([...expected.tree.ttlNodes()].sort());
  expect(actual.tree.aclCount).toBe(expected.tree.aclCount);
  expect(actual.digestMismatches).toBe(0);
}

describe('a snapshot', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('written while every node read is followed by changes, seed %i', async (seed) => {
    const random = seededRandom(seed);
    const database = newDatabase();
    const maker = new TxnMaker(random, database.tree, { nodesMax: 250 });
    for (let i = 0; i < 600; i++) step(database, maker);
    const source = database.snapshot();
    const later: Transaction[] = [];
    const mayChange = {
      ...source,
      *nodes(): IterableIterator<SnapshotNode> {
        for (const node of source.nodes()) {
          yield node;
          for (let n = random.uint32() % 4; n > 0; n--) later.push(step(database, maker));
        }
      },
    };
    const bytes = Buffer.concat([...snapshotChunks(mayChange)].map((chunk) => chunk.slice()));
    for (let i = 0; i < 50; i++) later.push(step(database, maker));

    const restored = await load(bytes, source.zxid);
    expect(later.length).toBeGreaterThan(200);
    expect(restored.awaitedDigest).not.toBeNull();
    for (const txn of later) restored.replay(txn);
    expect(restored.awaitedDigest).toBeNull();
    expectSame(restored, database);
  });

  test('of a state at rest is the state', async () => {
    const database = newDatabase();
    const maker = new TxnMaker(seededRandom(9), database.tree);
    for (let i = 0; i < 500; i++) step(database, maker);
    const bytes = Buffer.concat([...snapshotChunks(database.snapshot())]);
    const restored = await load(bytes, 500n);
    expectSame(restored, database);
    expect(Buffer.concat([...snapshotChunks(restored.snapshot())]).equals(bytes)).toBe(true);
  });

  test('does not open a node whose ACL was narrowed meanwhile, nor name a list that it has not', async () => {
    const database = newDatabase();
    const closed = [{ perms: 1, id: { scheme: 'digest', id: 'a:b' } }];
    const narrower = [{ perms: 2, id: { scheme: 'digest', id: 'a:b' } }];
    const header = { sessionId: 1n, cxid: 1, timeMs: 1n };
    const create = { type: 1, path: '/secret', data: null, acl: closed, ephemeral: false, parentCVersion: 1 } as const;
    database.apply({ header: { ...header, zxid: 1n, type: 1 }, body: create, digest: null });
    const chunks = snapshotChunks({ ...database.snapshot(), sessions: manySessions(10_000) });
    const first = chunks.next();
    database.apply({ header: { ...header, zxid: 2n, type: 7 }, body: { type: 7, path: '/secret', acl: narrower, version: 1 }, digest: null });
    const rest = [...chunks];
    expect(rest.length).toBeGreaterThan(1);
    const restored = await load(Buffer.concat([first.value as Uint8Array, ...rest]), 1n);
    expect(restored.tree.node('/secret')?.acl).toEqual(closed);
  });

  test('leaves out what was created meanwhile, the new owner of a removed node’s memory too', () => {
    const database = newDatabase();
    const header = { sessionId: 1n, cxid: 1, timeMs: 1n };
    let zxid = 0n;
    const apply = (body: TxnBody): void => {
      database.apply({ header: { ...header, zxid: ++zxid, type: body.type }, body, digest: null });
    };
    const create = (path: string, id: string): void =>
      apply({ type: 1, path, data: null, acl: [{ perms: 31, id: { scheme: 'digest', id } }], ephemeral: false, parentCVersion: Number(zxid) });
    for (const path of ['/a', '/b', '/c', '/c/d']) create(path, 'old:1');
    const source = database.snapshot();
    const names: string[] = [];
    for (const node of source.nodes()) {
      names.push(Buffer.from(node.path).toString());
      if (names.length !== 2) continue;
      apply({ type: 2, path: '/a' });
      apply({ type: 2, path: '/c/d' });
      create('/z', 'new:1');
      create('/c/e', 'new:2');
      create('/b/f', 'new:3');
    }
    source.release();
    expect(names.slice(4)).toEqual(['/b', '/c']);
  });

  test('a node whose list is missing is closed to all until the replay', async () => {
    const database = newDatabase();
    const source = database.snapshot();
    function* nodes(): IterableIterator<SnapshotNode> {
      for (const node of source.nodes()) yield { ...node, aclKey: node.path.length === 0 ? -1n : 99n };
    }
    const restored = await load(Buffer.concat([...snapshotChunks({ ...source, nodes })]), 0n);
    expect(restored.tree.node('/')?.acl).toEqual(OPEN_ACL);
    expect(restored.tree.node('/zookeeper')?.acl).toEqual([{ perms: 0, id: { scheme: 'world', id: 'anyone' } }]);
  });

  test('two at once, and given up halfway', async () => {
    const database = newDatabase();
    const maker = new TxnMaker(seededRandom(4), database.tree);
    for (let i = 0; i < 200; i++) step(database, maker);
    const one = database.snapshot();
    const two = database.snapshot();
    const nodes = two.nodes();
    nodes.next();
    two.release();
    two.release();
    const bytes = Buffer.concat([...snapshotChunks(one)]);
    expectSame(await load(bytes, 200n), database);
  });
});

describe('digests', () => {
  test('a wrong one is counted, and the first remembered', () => {
    const database = newDatabase();
    const maker = new TxnMaker(seededRandom(4), database.tree);
    for (let i = 0; i < 10; i++) step(database, maker);
    database.apply({ ...maker.next(), digest: 1n });
    database.apply({ ...maker.next(), digest: 2n });
    expect(database.digestMismatches).toBe(2);
    expect(database.firstMismatch).toBe(11n);
  });

  test('every 128th is kept, 1024 of them', () => {
    const database = newDatabase();
    const header = { sessionId: 1n, cxid: 1, timeMs: 1n, type: -1 };
    for (let zxid = 1n; zxid <= 128n * 1030n; zxid++) {
      database.replay({ header: { ...header, zxid }, body: { type: -1, err: -101 }, digest: null });
    }
    expect(database.digestHistory.length).toBe(1024);
    expect(database.digestHistory[0]?.zxid).toBe(128n * 7n);
    expect(database.digestHistory.at(-1)).toEqual({ zxid: 128n * 1030n, digestVersion: 2, digest: 0x51c6_d660n });
  });
});

function manySessions(count: number): { id: bigint; timeoutMs: number }[] {
  return Array.from({ length: count }, (_, i) => ({ id: BigInt(i + 1), timeoutMs: 1000 }));
}
