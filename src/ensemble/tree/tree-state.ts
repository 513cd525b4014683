/**
 * The tree and everything that must change with it: ACL uses, owners, quota counts, digest, sizes. In: one change at a
 * time, already decided. Out: what watches need to know. It never asks whether a change is allowed, and a change that
 * is there already (the replay of a log over a fuzzy snapshot) is taken as Apache's DataTree takes it.
 */

import { crc32 } from '../../base/checksum.ts';
import { READ_ACL, type Acl } from '../../model/acl.ts';
import { ErrorCode } from '../../model/error-code.ts';
import { CONFIG_PATH } from '../../model/zpath.ts';
import { AclCache, OPEN_SLOT } from './acl-cache.ts';
import type { TreeChange } from './changes.ts';
import { DigestSum } from './digest-sum.ts';
import { Field, NodeStore, NONE, ROOT, type NodeId } from './node-store.ts';
import { OwnerIndex } from './owner-index.ts';
import { PathBytes } from './path-bytes.ts';
import { QuotaKeeper } from './quota-keeper.ts';

export interface TreeStateOptions {
  readonly extendedTypes: boolean;
  readonly digestEnabled: boolean;
  readonly hashSeed: number;
}

/** A creation, made definite. */
export interface Creation {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[];
  /** As stored: session, container mark, TTL mark and time, or 0. */
  readonly owner: bigint;
  /** -1: one more than the parent has. */
  readonly parentCVersion: number;
}

/** The transaction a change belongs to, and where changes are told; null while a log is replayed. */
export interface Moment {
  readonly zxid: bigint;
  readonly timeMs: bigint;
  readonly changes: TreeChange[] | null;
}

const SLASH = 0x2f;
const NO_DATA = new Uint8Array(0);
/** In the order in which Apache's snapshots have them. */
const SYSTEM_PATHS = ['/zookeeper', CONFIG_PATH, '/zookeeper/quota'];
/** No digest to move: the node is not digested, or digests are off. */
const UNDIGESTED = -1;

export class TreeState {
  readonly acls = new AclCache();
  readonly owners: OwnerIndex;
  readonly quotas: QuotaKeeper;
  readonly digest: DigestSum;
  /** The path that was looked up last. */
  readonly path = new PathBytes();
  /** Told of a node whose ACL is about to be replaced, and of the key it has (running scans). */
  readonly aclListeners = new Set<(id: NodeId, oldKey: bigint) => void>();
  readonly #hashSeed: number;
  #store: NodeStore;
  #dataBytes = 0;

  constructor(options: TreeStateOptions) {
    this.#hashSeed = options.hashSeed;
    this.owners = new OwnerIndex(options.extendedTypes);
    this.digest = new DigestSum(options.digestEnabled);
    this.#store = new NodeStore(options.hashSeed);
    this.quotas = new QuotaKeeper(this);
    this.#store.setInt(ROOT, Field.aclSlot, OPEN_SLOT);
    this.#store.setData(ROOT, NO_DATA);
    this.path.set('/');
    this.startDigest(ROOT, NO_DATA);
    this.addToSize(1, 0);
    this.plantSystemNodes();
  }

  get store(): NodeStore {
    return this.#store;
  }

  /** Characters of all paths plus bytes of all data, as Apache's approximate_data_size counts them. */
  get dataBytes(): number {
    return this.#dataBytes;
  }

  addToSize(pathLength: number, bytes: number): void {
    this.#dataBytes += pathLength + bytes;
  }

  /** The node at a path; NONE when there is none, or when it is no path. */
  find(path: string): NodeId {
    this.path.set(path);
    return this.locate(this.path.length);
  }

  /** The node whose path is the first `end` bytes of `this.path`. */
  locate(end: number): NodeId {
    const { bytes } = this.path;
    if (end > 0 && bytes[0] !== SLASH) return NONE;
    let id: NodeId = ROOT;
    for (let from = 1; from <= end && id !== NONE; ) {
      let to = from;
      while (to < end && bytes[to] !== SLASH) to++;
      id = this.#store.find(id, bytes, from, to);
      from = to + 1;
    }
    return id;
  }

  /** The path of a node. */
  pathOf(id: NodeId): string {
    if (id === ROOT) return '/';
    let path = '';
    for (let at = id; at !== ROOT; at = this.#store.parent(at)) path = `/${this.#store.name(at)}${path}`;
    return path;
  }

  acl(id: NodeId): readonly Acl[] {
    return this.acls.acl(this.#store.int(id, Field.aclSlot));
  }

  /**
   * DataTree.createNode.
   *
   * @returns the node's id, or a negative error code: NoNode without a parent, NodeExists when it is there already
   */
  create(creation: Creation, moment: Moment): number {
    const { path } = this;
    path.set(creation.path);
    const slash = path.lastSlash();
    const parent = slash < 0 ? NONE : this.locate(slash);
    if (parent === NONE) return ErrorCode.NoNode;
    const store = this.#store;
    const slot = this.acls.take(creation.acl);
    const existing = store.find(parent, path.bytes, slash + 1, path.length);
    this.#raiseCVersion(parent, slash, creation.parentCVersion, moment.zxid);
    if (existing !== NONE) {
      this.#replaceAcl(existing, slot);
      return ErrorCode.NodeExists;
    }
    const id = this.#place(parent, slash, slot, creation, moment);
    const bytes = creation.data === null ? 0 : creation.data.length;
    this.addToSize(creation.path.length, bytes);
    this.quotas.created(creation.path, bytes);
    this.#tell(moment, 'created', creation.path, this.acls.acl(slot), parent);
    return id;
  }

  /**
   * DataTree.deleteNode. The parent's pzxid moves even when the node is gone already, as Apache does it.
   *
   * @returns 0, or NoNode
   */
  delete(nodePath: string, moment: Moment): number {
    const { path } = this;
    path.set(nodePath);
    const slash = path.lastSlash();
    const parent = slash < 0 ? NONE : this.locate(slash);
    if (parent === NONE) return ErrorCode.NoNode;
    const store = this.#store;
    if (moment.zxid > store.long(parent, Field.pzxid)) {
      const before = this.#digestOf(parent, slash);
      store.setLong(parent, Field.pzxid, moment.zxid);
      this.#moveDigest(before, parent);
    }
    const id = store.find(parent, path.bytes, slash + 1, path.length);
    if (id === NONE) return ErrorCode.NoNode;
    const acl = this.acl(id);
    // Only in a replay: the fuzzy snapshot has a later node of this name, whose children came after this deletion.
    while (store.firstChild(id) !== NONE) this.delete(this.pathOf(store.firstChild(id)), { ...moment, changes: null });
    path.set(nodePath);
    const before = this.#digestOf(id, path.length);
    if (before !== UNDIGESTED) this.digest.move(before, 0);
    const bytes = Math.max(store.dataLength(id), 0);
    this.owners.remove(id, store.long(id, Field.owner));
    this.acls.release(store.int(id, Field.aclSlot));
    store.remove(id);
    this.addToSize(-nodePath.length, -bytes);
    this.quotas.deleted(nodePath, bytes);
    this.#tell(moment, 'deleted', nodePath, acl, parent);
    return 0;
  }

  /** DataTree.setData. @returns the node's id, or NoNode */
  setData(nodePath: string, data: Uint8Array | null, version: number, moment: Moment): number {
    const id = this.find(nodePath);
    if (id === NONE) return ErrorCode.NoNode;
    const store = this.#store;
    const before = this.#digestOf(id, this.path.length);
    const grown = (data === null ? 0 : data.length) - Math.max(store.dataLength(id), 0);
    store.setData(id, data);
    store.setLong(id, Field.mtime, moment.timeMs);
    store.setLong(id, Field.mzxid, moment.zxid);
    store.setInt(id, Field.version, version);
    if (before !== UNDIGESTED) {
      this.digest.move(before, 0);
      this.startDigest(id, data);
    }
    this.addToSize(0, grown);
    this.quotas.moved(nodePath, grown, 0);
    this.#tell(moment, 'data', nodePath, this.acl(id), ROOT);
    return id;
  }

  /** DataTree.setACL. @returns the node's id, or NoNode */
  setAcl(nodePath: string, acl: readonly Acl[], version: number): number {
    const id = this.find(nodePath);
    if (id === NONE) return ErrorCode.NoNode;
    const before = this.#digestOf(id, this.path.length);
    this.#store.setInt(id, Field.aversion, version);
    this.#replaceAcl(id, this.acls.take(acl));
    this.#moveDigest(before, id);
    return id;
  }

  /** Begins to count a node, whose path is `this.path`, with its fields as they are. */
  startDigest(id: NodeId, data: Uint8Array | null): void {
    if (!this.digest.enabled || this.path.isSystem(this.path.length)) return;
    const named = crc32(this.path.bytes, 0, 0, this.path.length);
    this.#store.setContent(id, data === null ? named : crc32(data, named));
    this.digest.move(0, this.#store.digest(id));
  }

  /** Adds the nodes that every tree has, where they are missing (DataTree's constructor, addConfigNode). */
  plantSystemNodes(): void {
    const start: Moment = { zxid: 0n, timeMs: 0n, changes: null };
    for (const path of SYSTEM_PATHS) {
      if (this.find(path) !== NONE) continue;
      const slash = this.path.lastSlash();
      const creation: Creation = { path, data: NO_DATA, acl: [], owner: 0n, parentCVersion: 0 };
      this.#place(this.locate(slash), slash, OPEN_SLOT, creation, start);
      this.addToSize(path.length, 0);
      if (path === CONFIG_PATH) this.setAcl(path, READ_ACL, -1);
    }
  }

  /** Forgets everything, the system nodes too. */
  clear(): void {
    this.#store = new NodeStore(this.#hashSeed);
    this.owners.clear();
    this.quotas.clear();
    this.digest.clear();
    this.acls.clear();
    this.#dataBytes = 0;
  }

  /** Adds the node whose path is `this.path` below a parent. */
  #place(parent: NodeId, slash: number, slot: number, creation: Creation, moment: Moment): NodeId {
    const store = this.#store;
    const id = store.add(parent, this.path.bytes, slash + 1, this.path.length);
    // mzxid, pzxid and mtime begin with the same values.
    store.setLong(id, Field.czxid, moment.zxid);
    store.setLong(id, Field.ctime, moment.timeMs);
    store.setLong(id, Field.owner, creation.owner);
    store.setInt(id, Field.aclSlot, slot);
    store.setData(id, creation.data);
    this.startDigest(id, creation.data);
    this.owners.add(id, creation.owner);
    return id;
  }

  #raiseCVersion(parent: NodeId, slash: number, cversion: number, zxid: bigint): void {
    const store = this.#store;
    const current = store.int(parent, Field.cversion);
    const next = cversion === -1 ? (current + 1) | 0 : cversion;
    if (next <= current) return;
    const before = this.#digestOf(parent, slash);
    store.setInt(parent, Field.cversion, next);
    store.setLong(parent, Field.pzxid, zxid);
    this.#moveDigest(before, parent);
  }

  #replaceAcl(id: NodeId, slot: number): void {
    const old = this.#store.int(id, Field.aclSlot);
    for (const listener of this.aclListeners) listener(id, this.acls.key(old));
    this.acls.release(old);
    this.#store.setInt(id, Field.aclSlot, slot);
  }

  /** The digest of the node whose path is the first `end` bytes of `this.path`. */
  #digestOf(id: NodeId, end: number): number {
    return this.digest.enabled && !this.path.isSystem(end) ? this.#store.digest(id) : UNDIGESTED;
  }

  #moveDigest(before: number, id: NodeId): void {
    if (before !== UNDIGESTED) this.digest.move(before, this.#store.digest(id));
  }

  #tell(moment: Moment, kind: TreeChange['kind'], path: string, acl: readonly Acl[], parent: NodeId): void {
    moment.changes?.push({ kind, path, zxid: moment.zxid, acl, parentAcl: this.acl(parent) });
  }
}
