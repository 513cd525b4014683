/** The data tree against the simple one, on thousands of seeded random transactions, and its rules one by one. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { DataTree } from '../../../../src/ensemble/tree/data-tree.ts';
import type { Transaction, TxnBody } from '../../../../src/ensemble/txn/transaction.ts';
import { OPEN_ACL, READ_ACL } from '../../../../src/model/acl.ts';
import { SimpleTree } from './simple-tree.ts';
import { TxnMaker } from './txn-maker.ts';
import { walkTree } from './walk.ts';

const newTree = (): DataTree => new DataTree({ extendedTypes: true, digestEnabled: true, hashSeed: 5 });

let zxid = 0n;
function txn(body: TxnBody, options: { zxid?: bigint; sessionId?: bigint; timeMs?: bigint } = {}): Transaction {
  zxid = options.zxid ?? zxid + 1n;
  const { sessionId = 0x77n, timeMs = 1000n } = options;
  return { header: { sessionId, cxid: 1, zxid, timeMs, type: body.type }, body, digest: null };
}

interface CreateMore {
  readonly data?: Uint8Array | null;
  readonly ephemeral?: boolean;
  readonly parentCVersion?: number;
}

const create = (path: string, more: CreateMore = {}): TxnBody => ({
  type: 1, path, data: new Uint8Array([1, 2]), acl: OPEN_ACL, ephemeral: false, parentCVersion: -1, ...more,
});

describe('against the simple tree', () => {
  test.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
    const tree = newTree();
    const simple = new SimpleTree();
    const maker = new TxnMaker(seededRandom(seed), tree, { nodesMax: seed * 60, oldForms: true });
    const kinds = new Set<number>();
    for (let i = 0; i < 1500; i++) {
      const next = maker.next();
      kinds.add(next.body.type);
      const expected = simple.apply(next);
      const { result, changes } = tree.apply(next);
      expect(result, `transaction ${i}`).toEqual(expected.result);
      expect(changes.map((change) => ({ ...change, parentAcl: change.kind === 'data' ? null : change.parentAcl }))).toEqual(
        expected.changes.map((change) => ({ ...change, parentAcl: change.kind === 'data' ? null : change.parentAcl })),
      );
      if (i % 100 !== 99) continue;
      expect(walkTree(tree)).toEqual(simple.walk());
      expect(tree.digest).toBe(simple.digest());
      expect(tree.nodeCount).toBe(simple.nodes.size + 1);
      expect(tree.dataBytes).toBe(simple.dataBytes());
      expect(tree.allChildrenNumber('/')).toBe(simple.nodes.size - 1);
      for (const session of maker.sessions) expect(tree.ephemeralsOf(session)).toEqual(simple.ephemerals.get(session) ?? []);
      expect(tree.ephemeralCount).toBe([...simple.ephemerals.values()].flat().length);
      expect(new Set(tree.sessionsWithEphemerals())).toEqual(new Set(simple.ephemerals.keys()));
    }
    expect([...kinds].sort((a, b) => a - b)).toEqual([-11, -10, -1, 1, 2, 5, 7, 14, 15, 19, 20, 21]);
    expect(tree.lastZxid).toBe(1500n);
  });
});

describe('a new tree', () => {
  test('is as Apache begins', () => {
    const tree = newTree();
    expect(tree.digest).toBe(0x51c6_d660n);
    expect(tree.nodeCount).toBe(5);
    expect(tree.dataBytes).toBe(44);
    expect(tree.stat('/')).toMatchObject({ cversion: -1, numChildren: 1, czxid: 0n });
    expect(tree.stat('')).toEqual(tree.stat('/'));
    expect(tree.node('/zookeeper/config')).toMatchObject({ acl: READ_ACL, aversion: -1, data: new Uint8Array(0) });
    expect(tree.children('/zookeeper')).toEqual(['config', 'quota']);
  });

  test('digests can be off', () => {
    const tree = new DataTree({ extendedTypes: true, digestEnabled: false });
    tree.apply(txn(create('/a')));
    expect(tree.digest).toBe(0n);
  });

  test.each(['a', '/a/', '//a', '/a//b', '/', ''])('finds nothing at %j that is not there', (path) => {
    const tree = newTree();
    tree.apply(txn(create('/x')));
    expect(tree.has(path)).toBe(path === '/' || path === '');
    expect(tree.node('/x/')).toBeUndefined();
    expect(tree.node('x')).toBeUndefined();
    expect(tree.allChildrenNumber('/nothing')).toBe(0);
  });
});

describe('owners', () => {
  test('container and TTL owners are stored but not shown', () => {
    const tree = newTree();
    tree.apply(txn({ type: 19, path: '/c', data: null, acl: OPEN_ACL, parentCVersion: 1 }));
    tree.apply(txn({ type: 21, path: '/t', data: null, acl: OPEN_ACL, parentCVersion: 2, ttlMs: 5n }));
    expect(tree.node('/c')?.ephemeralOwner).toBe(-(2n ** 63n));
    expect(tree.node('/t')?.ephemeralOwner).toBe(BigInt.asIntN(64, 0xff00_0000_0000_0005n));
    expect(tree.stat('/c')?.ephemeralOwner).toBe(0n);
    expect(tree.stat('/t')?.ephemeralOwner).toBe(0n);
    expect([...tree.containers()]).toEqual(['/c']);
    expect([...tree.ttlNodes()]).toEqual(['/t']);
    tree.apply(txn({ type: 20, path: '/c' }));
    tree.apply(txn({ type: 2, path: '/t' }));
    expect([...tree.containers(), ...tree.ttlNodes()]).toEqual([]);
  });

  test('without extended types a TTL owner is a session like any other', () => {
    const tree = new DataTree({ extendedTypes: false, digestEnabled: true });
    tree.apply(txn({ type: 21, path: '/t', data: null, acl: OPEN_ACL, parentCVersion: 1, ttlMs: 5n }));
    expect(tree.stat('/t')?.ephemeralOwner).toBe(BigInt.asIntN(64, 0xff00_0000_0000_0005n));
    expect([...tree.ttlNodes()]).toEqual([]);
  });

  test('closing a session deletes what its transaction names, in that order, then the rest', () => {
    const tree = newTree();
    for (const path of ['/a', '/b', '/c']) tree.apply(txn(create(path, { ephemeral: true })));
    tree.apply(txn(create('/other', { ephemeral: true }), { sessionId: 0x78n }));
    const { changes } = tree.apply(txn({ type: -11, paths: ['/c', '/gone', '/a'] }));
    expect(changes.map(({ kind, path }) => `${kind} ${path}`)).toEqual(['deleted /c', 'deleted /a', 'deleted /b']);
    expect(tree.sessionsWithEphemerals()).toEqual([0x78n]);
  });
});

describe('what is there already', () => {
  test('a creation again gives NodeExists, keeps the node, and raises only the cversion of its parent', () => {
    const tree = newTree();
    tree.apply(txn(create('/a', { parentCVersion: 1 }), { zxid: 10n }));
    const before = tree.node('/a');
    const { result, changes } = tree.apply(txn(create('/a', { data: null, parentCVersion: 3 }), { zxid: 11n }));
    expect(result).toEqual({ type: -1, err: -110 });
    expect(changes).toEqual([]);
    expect(tree.node('/a')).toEqual(before);
    expect(tree.node('/')).toMatchObject({ cversion: 3, pzxid: 11n });
  });

  test('a creation with an older cversion leaves a newer parent alone', () => {
    const tree = newTree();
    tree.apply(txn(create('/a', { parentCVersion: 5 }), { zxid: 50n }));
    tree.apply(txn(create('/b', { parentCVersion: 4 }), { zxid: 40n }));
    expect(tree.node('/')).toMatchObject({ cversion: 5, pzxid: 50n });
  });

  test('deleting, setting and setACL of nothing change nothing but the pzxid of the parent', () => {
    const tree = newTree();
    tree.apply(txn(create('/a'), { zxid: 5n }));
    expect(tree.apply(txn({ type: 2, path: '/a/gone' }, { zxid: 6n })).result).toEqual({ type: -1, err: -101 });
    expect(tree.node('/a')?.pzxid).toBe(6n);
    expect(tree.apply(txn({ type: 2, path: '/no/parent' })).result).toEqual({ type: -1, err: -101 });
    expect(tree.apply(txn({ type: 5, path: '/gone', data: null, version: 1 })).result).toEqual({ type: -1, err: -101 });
    expect(tree.apply(txn({ type: 7, path: '/gone', acl: OPEN_ACL, version: 1 })).result).toEqual({ type: -1, err: -101 });
  });

  test('deleting a node whose later children are in the snapshot takes them along', () => {
    const tree = newTree();
    tree.apply(txn(create('/x')));
    tree.apply(txn(create('/x/later', { ephemeral: true })));
    tree.apply(txn(create('/x/later/deep')));
    const empty = newTree();
    const { changes } = tree.apply(txn({ type: 2, path: '/x' }));
    expect(changes.map(({ path }) => path)).toEqual(['/x']);
    expect(tree.nodeCount).toBe(5);
    expect(tree.ephemeralCount).toBe(0);
    expect(tree.dataBytes).toBe(empty.dataBytes);
  });
});

describe('quotas', () => {
  const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

  function withQuota(): DataTree {
    const tree = newTree();
    tree.apply(txn(create('/q')));
    tree.apply(txn(create('/q/before', { data: new Uint8Array(5) })));
    tree.apply(txn(create('/zookeeper/quota/q')));
    tree.apply(txn(create('/zookeeper/quota/q/zookeeper_limits', { data: Buffer.from('count=3,bytes=10') })));
    tree.apply(txn(create('/zookeeper/quota/q/zookeeper_stats', { data: null })));
    return tree;
  }
  const stats = (tree: DataTree): string => text(tree.node('/zookeeper/quota/q/zookeeper_stats')?.data);

  test('are counted when the stats node comes, and kept up to date without a version', () => {
    const tree = withQuota();
    expect(stats(tree)).toBe('count=2,bytes=7');
    const digest = tree.digest;
    const before = tree.node('/zookeeper/quota/q/zookeeper_stats');
    tree.apply(txn(create('/q/x', { data: null })));
    tree.apply(txn(create('/q/x/y', { data: new Uint8Array(3) })));
    tree.apply(txn({ type: 5, path: '/q/x/y', data: new Uint8Array(100), version: 1 }));
    expect(stats(tree)).toBe('count=4,bytes=107');
    tree.apply(txn({ type: 2, path: '/q/before' }));
    expect(stats(tree)).toBe('count=3,bytes=102');
    const after = tree.node('/zookeeper/quota/q/zookeeper_stats');
    expect({ ...after, data: null }).toEqual({ ...before, data: null });
    expect(tree.digest).not.toBe(digest);
    expect(tree.quotaAbove('/q/x/y')).toBe('/q');
    expect(tree.quotaAbove('/other')).toBeUndefined();
  });

  test('end with the limits node', () => {
    const tree = withQuota();
    tree.apply(txn({ type: 2, path: '/zookeeper/quota/q/zookeeper_limits' }));
    tree.apply(txn(create('/q/more')));
    expect(stats(tree)).toBe('count=2,bytes=7');
    expect(tree.quotaAbove('/q')).toBeUndefined();
  });

  test('unreadable stats are counted from -1, as Apache counts missing numbers', () => {
    const tree = withQuota();
    tree.apply(txn({ type: 5, path: '/zookeeper/quota/q/zookeeper_stats', data: Buffer.from('rubbish'), version: 1 }));
    tree.apply(txn(create('/q/more', { data: null })));
    expect(stats(tree)).toBe('count=0,bytes=-1');
  });
});

describe('what is handed out', () => {
  test('stays as it was when the node changes', () => {
    const tree = newTree();
    const short = new Uint8Array([1, 2, 3]);
    tree.apply(txn(create('/a', { data: short })));
    const view = tree.node('/a');
    short[0] = 99;
    tree.apply(txn({ type: 5, path: '/a', data: new Uint8Array([7, 7, 7]), version: 1 }));
    tree.apply(txn({ type: 2, path: '/a' }));
    tree.apply(txn(create('/b', { data: new Uint8Array([9, 9, 9]) })));
    expect(view).toMatchObject({ data: new Uint8Array([1, 2, 3]), version: 0 });
  });

  test('long data too', () => {
    const tree = newTree();
    tree.apply(txn(create('/a', { data: new Uint8Array(5000).fill(1) })));
    const view = tree.node('/a');
    tree.apply(txn({ type: 5, path: '/a', data: new Uint8Array(5000).fill(2), version: 1 }));
    expect(view?.data?.every((byte) => byte === 1)).toBe(true);
    expect(tree.node('/a')?.data?.every((byte) => byte === 2)).toBe(true);
  });

  test('memory is used again', () => {
    const tree = newTree();
    const round = (): void => {
      for (let i = 0; i < 3000; i++) tree.apply(txn(create(`/n${i}`, { data: new Uint8Array(i % 1500) })));
      for (let i = 0; i < 3000; i++) tree.apply(txn({ type: 2, path: `/n${i}` }));
    };
    round();
    const held = tree.heldBytes;
    for (let i = 0; i < 5; i++) round();
    expect(tree.heldBytes).toBe(held);
    expect(tree.nodeCount).toBe(5);
  });
});
