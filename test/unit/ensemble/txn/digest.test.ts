/** The digest helpers agree with the tree that applies the transaction. */

import { expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { DataTree } from '../../../../src/ensemble/tree/data-tree.ts';
import { EMPTY_TREE_DIGEST, isDigested, moveDigest, nodeDigest } from '../../../../src/ensemble/txn/digest.ts';
import { joinPath } from '../../../../src/model/zpath.ts';
import { TxnMaker } from '../tree/txn-maker.ts';

test('the sum over all nodes is the digest of the tree', () => {
  const tree = new DataTree({ extendedTypes: true, digestEnabled: true });
  expect(tree.digest).toBe(EMPTY_TREE_DIGEST);
  const maker = new TxnMaker(seededRandom(3), tree);
  for (let i = 0; i < 800; i++) tree.apply(maker.next());
  let sum = 0n;
  const add = (path: string): void => {
    const node = tree.node(path);
    if (node !== undefined) sum = moveDigest(sum, 0, nodeDigest(path, node.data, node));
    for (const child of tree.children(path) ?? []) add(joinPath(path, child));
  };
  add('/');
  expect(sum).toBe(tree.digest);
});

test('below /zookeeper/ nothing counts', () => {
  expect(['/', '/zookeeper', '/zookeeper2', '/zookeeper/config'].map(isDigested)).toEqual([true, true, true, false]);
  const fields = { czxid: 0n, mzxid: 0n, pzxid: 0n, ctime: 0n, mtime: 0n, version: 0, cversion: 0, aversion: 0, ephemeralOwner: 0n };
  expect(nodeDigest('/zookeeper/quota', null, fields)).toBe(0);
  expect(nodeDigest('/', null, fields)).toBe(nodeDigest('', null, fields));
});

test('the digest wraps at 64 bits, signed', () => {
  expect(moveDigest(2n ** 63n - 1n, 0, 1)).toBe(-(2n ** 63n));
  expect(moveDigest(0n, 5, 3)).toBe(-2n);
});
