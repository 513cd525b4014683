/**
 * The tree's digest (facts 4.8; Apache's DigestCalculator, version 2): the sum mod 2^64 of a CRC-32 for each node.
 * The sum does not depend on order, so a transaction's digest is the old one, less what it removes, plus what it adds.
 */

import { crc32, crc32Text } from '../../base/checksum.ts';

export const DIGEST_VERSION = 2;

/** CRC-32 of 60 zero bytes plus that of "/zookeeper" and 60 zero bytes: the tree with nothing of a user's in it. */
export const EMPTY_TREE_DIGEST = 0x51c6_d660n;

/** The fields that count, besides path and data. */
export interface DigestFields {
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly pzxid: bigint;
  readonly ctime: bigint;
  readonly mtime: bigint;
  readonly version: number;
  /** Stored. */
  readonly cversion: number;
  readonly aversion: number;
  /** Stored. */
  readonly ephemeralOwner: bigint;
}

const FIELD_BYTES = 60;
const fieldBytes = new Uint8Array(FIELD_BYTES);
const fieldView = new DataView(fieldBytes.buffer);

/** Paths below /zookeeper/ are left out: quota statistics differ from server to server. */
export function isDigested(path: string): boolean {
  return !path.startsWith('/zookeeper/');
}

/**
 * The part of a node's digest that stays while only its fields change: CRC-32 of path and data.
 *
 * @param path '' or '/' for the root
 */
export function contentChecksum(path: string, data: Uint8Array | null): number {
  const named = path === '/' ? 0 : crc32Text(path);
  return data === null ? named : crc32(data, named);
}

/**
 * One node's digest from contentChecksum and its fields.
 *
 * @returns an unsigned 32-bit number
 */
export function digestOfContent(content: number, fields: DigestFields): number {
  fieldView.setBigInt64(0, fields.czxid);
  fieldView.setBigInt64(8, fields.mzxid);
  fieldView.setBigInt64(16, fields.pzxid);
  fieldView.setBigInt64(24, fields.ctime);
  fieldView.setBigInt64(32, fields.mtime);
  fieldView.setInt32(40, fields.version);
  fieldView.setInt32(44, fields.cversion);
  fieldView.setInt32(48, fields.aversion);
  fieldView.setBigInt64(52, fields.ephemeralOwner);
  return crc32(fieldBytes, content);
}

/**
 * One node's digest; 0 for a path that is left out.
 *
 * @returns an unsigned 32-bit number
 */
export function nodeDigest(path: string, data: Uint8Array | null, fields: DigestFields): number {
  return isDigested(path) ? digestOfContent(contentChecksum(path, data), fields) : 0;
}

/**
 * The tree's digest after one node changed.
 *
 * @param tree the digest before, signed 64-bit
 * @param removed the node's digest before; 0 when it was not there
 * @param added the node's digest after; 0 when it is gone
 */
export function moveDigest(tree: bigint, removed: number, added: number): bigint {
  return BigInt.asIntN(64, tree + BigInt(added - removed));
}
