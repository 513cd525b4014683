/**
 * The nodes' memory: fixed records in large buffers, linked as a tree, found by (parent, name) through one hash table.
 * No object, string or bigint is kept for a node, so a million of them cost the garbage collector nothing. A node that
 * was never changed since it was created, and never had a child, does without the second half of its fields.
 * In: ids and field values. Out: the same. Knows nothing of transactions, versions or rules.
 */

import { crc32 } from '../../base/checksum.ts';
import { invariant } from '../../base/invariant.ts';
import { decodeUtf8 } from '../../base/text.ts';
import { ByteHeap } from './byte-heap.ts';
import { RecordSlab } from './record-slab.ts';

/** A node's place in the store; used again after the node is gone. */
export type NodeId = number;

export const NONE: NodeId = -1;
export const ROOT: NodeId = 0;

/** Where the fields of the second half begin. */
const MORE = 64;

/** A node's fields. Those of the second half have values of their own only once they differ from what creation gave. */
export const Field = {
  czxid: 0,
  ctime: 8,
  aclSlot: 16,
  mzxid: 64,
  pzxid: 72,
  mtime: 80,
  owner: 88,
  version: 96,
  cversion: 100,
  aversion: 104,
  childCount: 108,
} as const;

export type LongField = 0 | 8 | 64 | 72 | 80 | 88;
export type IntField = 16 | 96 | 100 | 104 | 108;

const PARENT = 20;
const NEXT = 24;
/** The sibling before; of the first child, the last one. */
const PREV = 28;
const NAME = 32;
const NAME_BYTES = 36;
const DATA = 40;
/** -1 for null */
const DATA_BYTES = 44;
/** CRC-32 of path and data. */
const CONTENT = 48;
const HASH_NEXT = 52;
/** The second half: its id plus one, 0 for none. */
const MORE_ID = 56;
const NODE_BYTES = 60;
const FIRST = 112;
const MORE_BYTES = 52;

const CHUNK_SHIFT = 11;
const BUCKETS_MIN = 1024;
/** The parent of a record that is no node. */
const GONE = -2;

const digested = new Uint8Array(60);
const digestedView = new DataView(digested.buffer);

export class NodeStore {
  readonly #heap = new ByteHeap();
  readonly #nodes = new RecordSlab(NODE_BYTES, CHUNK_SHIFT);
  readonly #more = new RecordSlab(MORE_BYTES, CHUNK_SHIFT);
  readonly #seed: number;
  #buckets = new Int32Array(BUCKETS_MIN).fill(NONE);
  #count = 0;

  /** @param seed makes collisions of the hash unpredictable from outside */
  constructor(seed: number) {
    this.#seed = seed;
    this.#blank(NONE);
  }

  /** Nodes, the root counted once. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all buffers. */
  get heldBytes(): number {
    return this.#nodes.heldBytes + this.#more.heldBytes + this.#buckets.byteLength + this.#heap.heldBytes;
  }

  long(id: NodeId, field: LongField): bigint {
    if (field < MORE) return this.#nodes.long(id, field);
    const more = this.#nodes.int(id, MORE_ID);
    if (more !== 0) return this.#more.long(more - 1, field - MORE);
    if (field === Field.owner) return 0n;
    return this.#nodes.long(id, field === Field.mtime ? Field.ctime : Field.czxid);
  }

  /** czxid and ctime must be set before all others: mzxid, pzxid and mtime begin with their values. */
  setLong(id: NodeId, field: LongField, value: bigint): void {
    if (field < MORE) this.#nodes.setLong(id, field, value);
    else if (this.long(id, field) !== value) this.#more.setLong(this.#secondHalf(id), field - MORE, value);
  }

  int(id: NodeId, field: IntField): number {
    return field < MORE ? this.#nodes.int(id, field) : this.#moreInt(id, field);
  }

  setInt(id: NodeId, field: Exclude<IntField, 108>, value: number): void {
    if (field < MORE) this.#nodes.setInt(id, field, value);
    else if (this.#moreInt(id, field) !== value) this.#more.setInt(this.#secondHalf(id), field - MORE, value);
  }

  parent(id: NodeId): NodeId {
    return this.#nodes.int(id, PARENT);
  }

  firstChild(id: NodeId): NodeId {
    const more = this.#nodes.int(id, MORE_ID);
    return more === 0 ? NONE : this.#more.int(more - 1, FIRST - MORE);
  }

  /** The sibling that came after it, or NONE. */
  nextSibling(id: NodeId): NodeId {
    return this.#nodes.int(id, NEXT);
  }

  /** The node after this one when a subtree is walked, parents first; NONE after the last. */
  nextBelow(id: NodeId, top: NodeId): NodeId {
    const child = this.firstChild(id);
    if (child !== NONE) return child;
    for (let at = id; at !== top; at = this.parent(at)) {
      const next = this.nextSibling(at);
      if (next !== NONE) return next;
    }
    return NONE;
  }

  /** The child of this name, given as bytes[from, to); NONE when there is none. */
  find(parent: NodeId, bytes: Uint8Array, from: number, to: number): NodeId {
    let id = this.#buckets[this.#bucket(parent, bytes, from, to)] as NodeId;
    while (id !== NONE) {
      if (this.#nodes.int(id, PARENT) === parent && this.#isNamed(id, bytes, from, to)) return id;
      id = this.#nodes.int(id, HASH_NEXT);
    }
    return NONE;
  }

  /** Adds a child that is not there, last among its siblings; all its fields are 0, its data null. */
  add(parent: NodeId, bytes: Uint8Array, from: number, to: number): NodeId {
    if (this.#count >= this.#buckets.length) this.#rehash(this.#buckets.length * 2);
    const id = this.#blank(parent);
    this.#nodes.setInt(id, NAME, this.#heap.put(bytes, from, to));
    this.#nodes.setInt(id, NAME_BYTES, to - from);
    this.#chain(id, this.#bucket(parent, bytes, from, to));
    this.#linkLast(parent, id);
    return id;
  }

  /** Takes a node without children out. */
  remove(id: NodeId): void {
    invariant(this.firstChild(id) === NONE && id !== ROOT, `node ${id} cannot be taken out`);
    this.#unchain(id);
    this.#unlink(id);
    this.#heap.free(this.#nodes.int(id, NAME), this.#nodes.int(id, NAME_BYTES));
    this.#freeData(id);
    const more = this.#nodes.int(id, MORE_ID);
    if (more !== 0) this.#more.free(more - 1);
    this.#nodes.setInt(id, MORE_ID, 0);
    this.#nodes.setInt(id, PARENT, GONE);
    this.#count--;
    this.#nodes.free(id);
  }

  /** True while this record is a child of that one. */
  isChildOf(id: NodeId, parent: NodeId): boolean {
    return this.#nodes.int(id, PARENT) === parent;
  }

  name(id: NodeId): string {
    const ref = this.#nodes.int(id, NAME);
    const at = this.#heap.offsetOf(ref);
    return decodeUtf8(this.#heap.chunkOf(ref), at, at + this.#nodes.int(id, NAME_BYTES));
  }

  /** The name as UTF-8, in place: good until the node is removed. */
  nameBytes(id: NodeId): Uint8Array {
    return this.#heap.view(this.#nodes.int(id, NAME), this.#nodes.int(id, NAME_BYTES));
  }

  /** -1 for null. */
  dataLength(id: NodeId): number {
    return this.#nodes.int(id, DATA_BYTES);
  }

  /** A copy that stays as it is. */
  data(id: NodeId): Uint8Array | null {
    const length = this.dataLength(id);
    return length < 0 ? null : this.#heap.copy(this.#nodes.int(id, DATA), length);
  }

  /** In place: good until the data is set again or the node removed. */
  dataView(id: NodeId): Uint8Array | null {
    const length = this.dataLength(id);
    return length < 0 ? null : this.#heap.view(this.#nodes.int(id, DATA), length);
  }

  /** Keeps a copy. */
  setData(id: NodeId, data: Uint8Array | null): void {
    this.#freeData(id);
    this.#nodes.setInt(id, DATA, data === null ? 0 : this.#heap.put(data));
    this.#nodes.setInt(id, DATA_BYTES, data === null ? -1 : data.length);
  }

  /** As `setContent` was told, unsigned. */
  content(id: NodeId): number {
    return this.#nodes.int(id, CONTENT) >>> 0;
  }

  /** What `digest` goes on from: CRC-32 of path and data. */
  setContent(id: NodeId, checksum: number): void {
    this.#nodes.setInt(id, CONTENT, checksum | 0);
  }

  /** The node's digest (facts 4.8) from its content checksum and its fields as they are now: unsigned, 32 bits. */
  digest(id: NodeId): number {
    const nodes = this.#nodes;
    nodes.copyLong(id, Field.czxid, digestedView, 0);
    nodes.copyLong(id, Field.ctime, digestedView, 24);
    const half = nodes.int(id, MORE_ID);
    if (half === 0) {
      nodes.copyLong(id, Field.czxid, digestedView, 8);
      nodes.copyLong(id, Field.czxid, digestedView, 16);
      nodes.copyLong(id, Field.ctime, digestedView, 32);
      digested.fill(0, 40);
    } else {
      const more = this.#more;
      more.copyLong(half - 1, Field.mzxid - MORE, digestedView, 8);
      more.copyLong(half - 1, Field.pzxid - MORE, digestedView, 16);
      more.copyLong(half - 1, Field.mtime - MORE, digestedView, 32);
      digestedView.setInt32(40, more.int(half - 1, Field.version - MORE));
      digestedView.setInt32(44, more.int(half - 1, Field.cversion - MORE));
      digestedView.setInt32(48, more.int(half - 1, Field.aversion - MORE));
      more.copyLong(half - 1, Field.owner - MORE, digestedView, 52);
    }
    return crc32(digested, this.#nodes.int(id, CONTENT));
  }

  /** A field of the second half; 0 where there is none. */
  #moreInt(id: NodeId, field: number): number {
    const more = this.#nodes.int(id, MORE_ID);
    return more === 0 ? 0 : this.#more.int(more - 1, field - MORE);
  }

  /** The node's second half, made if it is not there, with what the node had without it. */
  #secondHalf(id: NodeId): number {
    const there = this.#nodes.int(id, MORE_ID);
    if (there !== 0) return there - 1;
    const more = this.#more.take();
    const czxid = this.#nodes.long(id, Field.czxid);
    this.#more.setLong(more, Field.mzxid - MORE, czxid);
    this.#more.setLong(more, Field.pzxid - MORE, czxid);
    this.#more.setLong(more, Field.mtime - MORE, this.#nodes.long(id, Field.ctime));
    this.#more.setInt(more, FIRST - MORE, NONE);
    this.#nodes.setInt(id, MORE_ID, more + 1);
    return more;
  }

  #blank(parent: NodeId): NodeId {
    const id = this.#nodes.take();
    this.#count++;
    this.#nodes.setInt(id, PARENT, parent);
    this.#nodes.setInt(id, NEXT, NONE);
    this.#nodes.setInt(id, PREV, NONE);
    this.#nodes.setInt(id, DATA_BYTES, -1);
    this.#nodes.setInt(id, HASH_NEXT, NONE);
    return id;
  }

  #freeData(id: NodeId): void {
    const length = this.dataLength(id);
    if (length > 0) this.#heap.free(this.#nodes.int(id, DATA), length);
  }

  #linkLast(parent: NodeId, id: NodeId): void {
    const more = this.#secondHalf(parent);
    const first = this.#more.int(more, FIRST - MORE);
    if (first === NONE) {
      this.#more.setInt(more, FIRST - MORE, id);
      this.#nodes.setInt(id, PREV, id);
    } else {
      const last = this.#nodes.int(first, PREV);
      this.#nodes.setInt(last, NEXT, id);
      this.#nodes.setInt(id, PREV, last);
      this.#nodes.setInt(first, PREV, id);
    }
    this.#more.setInt(more, Field.childCount - MORE, this.#more.int(more, Field.childCount - MORE) + 1);
  }

  #unlink(id: NodeId): void {
    const more = this.#secondHalf(this.parent(id));
    const next = this.nextSibling(id);
    const prev = this.#nodes.int(id, PREV);
    const first = this.#more.int(more, FIRST - MORE);
    if (first === id) this.#more.setInt(more, FIRST - MORE, next);
    else this.#nodes.setInt(prev, NEXT, next);
    if (next !== NONE) this.#nodes.setInt(next, PREV, prev);
    else if (first !== id) this.#nodes.setInt(first, PREV, prev);
    this.#more.setInt(more, Field.childCount - MORE, this.#more.int(more, Field.childCount - MORE) - 1);
  }

  /** FNV-1a over the name, begun with the parent's id, mixed at the end so that the low bits are good. */
  #bucket(parent: NodeId, bytes: Uint8Array, from: number, to: number): number {
    let hash = Math.imul(parent ^ this.#seed, 0x9e3779b1) ^ 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    hash ^= hash >>> 13;
    return hash & (this.#buckets.length - 1);
  }

  #bucketOf(id: NodeId): number {
    const ref = this.#nodes.int(id, NAME);
    const at = this.#heap.offsetOf(ref);
    return this.#bucket(this.parent(id), this.#heap.chunkOf(ref), at, at + this.#nodes.int(id, NAME_BYTES));
  }

  #isNamed(id: NodeId, bytes: Uint8Array, from: number, to: number): boolean {
    const length = to - from;
    if (this.#nodes.int(id, NAME_BYTES) !== length) return false;
    const ref = this.#nodes.int(id, NAME);
    const chunk = this.#heap.chunkOf(ref);
    const at = this.#heap.offsetOf(ref);
    for (let i = length - 1; i >= 0; i--) if (chunk[at + i] !== bytes[from + i]) return false;
    return true;
  }

  #chain(id: NodeId, bucket: number): void {
    this.#nodes.setInt(id, HASH_NEXT, this.#buckets[bucket] as NodeId);
    this.#buckets[bucket] = id;
  }

  #unchain(id: NodeId): void {
    const bucket = this.#bucketOf(id);
    const next = this.#nodes.int(id, HASH_NEXT);
    let at = this.#buckets[bucket] as NodeId;
    if (at === id) {
      this.#buckets[bucket] = next;
      return;
    }
    while (this.#nodes.int(at, HASH_NEXT) !== id) at = this.#nodes.int(at, HASH_NEXT);
    this.#nodes.setInt(at, HASH_NEXT, next);
  }

  #rehash(size: number): void {
    this.#buckets = new Int32Array(size).fill(NONE);
    for (let id = 1; id < this.#nodes.top; id++) {
      if (this.#nodes.int(id, PARENT) !== GONE) this.#chain(id, this.#bucketOf(id));
    }
  }
}
