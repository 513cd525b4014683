/**
 * The data tree (Apache's DataTree): what every server of an ensemble has the same of. In: transactions. Out: the
 * result of each for its reply, and the changes for the watches, in the order in which Apache triggers them.
 */

import { invariant } from '../../base/invariant.ts';
import { CONTAINER_OWNER, ttlOwner } from '../../model/create-mode.ts';
import { ErrorCode } from '../../model/error-code.ts';
import type { Stat } from '../../model/stat.ts';
import { CONFIG_PATH } from '../../model/zpath.ts';
import type { Transaction, TxnBody, TxnHeader } from '../txn/transaction.ts';
import type { Applied, ApplyResult, NodeSummary, NodeView, Tree } from './api.ts';
import type { TreeChange } from './changes.ts';
import { Field, NONE, ROOT, type NodeId } from './node-store.ts';
import { TreeState, type Moment } from './tree-state.ts';

export interface DataTreeOptions {
  /** Whether TTL nodes are on (zookeeper.extendedTypesEnabled). */
  readonly extendedTypes: boolean;
  /** zookeeper.digest.enabled; without it `digest` stays 0. */
  readonly digestEnabled: boolean;
  /** Any 32-bit number, best a random one: makes collisions of node names unpredictable from outside. */
  readonly hashSeed?: number;
}

type CreateBody = Extract<TxnBody, { readonly type: 1 | 15 | 19 | 21 }>;

const NOTHING_DONE: ApplyResult = { type: -1, err: 0 };

export class DataTree implements Tree {
  /** For the loader and the scan of this folder. */
  readonly state: TreeState;
  /** The last transaction applied; a snapshot's zxid after loading; epoch and 0 when a leader begins its epoch. */
  lastZxid = 0n;

  constructor(options: DataTreeOptions) {
    const { extendedTypes, digestEnabled, hashSeed = 0 } = options;
    this.state = new TreeState({ extendedTypes, digestEnabled, hashSeed });
  }

  get digest(): bigint {
    return this.state.digest.value;
  }

  /** As Apache counts: the root twice, once as "" and once as "/". */
  get nodeCount(): number {
    return this.state.store.count + 1;
  }

  get dataBytes(): number {
    return this.state.dataBytes;
  }

  get ephemeralCount(): number {
    return this.state.owners.ephemeralCount;
  }

  /** How many different ACLs the nodes have. */
  get aclCount(): number {
    return this.state.acls.size;
  }

  /** Bytes of memory that the nodes take, outside the garbage collector's heap. */
  get heldBytes(): number {
    return this.state.store.heldBytes;
  }

  has(path: string): boolean {
    return this.state.find(path) !== NONE;
  }

  node(path: string): NodeView | undefined {
    const id = this.state.find(path);
    if (id === NONE) return undefined;
    const { store } = this.state;
    return {
      data: store.data(id),
      acl: this.state.acl(id),
      czxid: store.long(id, Field.czxid),
      mzxid: store.long(id, Field.mzxid),
      pzxid: store.long(id, Field.pzxid),
      ctime: store.long(id, Field.ctime),
      mtime: store.long(id, Field.mtime),
      version: store.int(id, Field.version),
      cversion: store.int(id, Field.cversion),
      aversion: store.int(id, Field.aversion),
      ephemeralOwner: store.long(id, Field.owner),
      childCount: store.int(id, Field.childCount),
    };
  }

  summary(path: string): NodeSummary | undefined {
    const id = this.state.find(path);
    if (id === NONE) return undefined;
    const { store } = this.state;
    return {
      path,
      dataBytes: Math.max(store.dataLength(id), 0),
      content: store.content(id),
      acl: this.state.acl(id),
      czxid: store.long(id, Field.czxid),
      mzxid: store.long(id, Field.mzxid),
      pzxid: store.long(id, Field.pzxid),
      ctime: store.long(id, Field.ctime),
      mtime: store.long(id, Field.mtime),
      version: store.int(id, Field.version),
      cversion: store.int(id, Field.cversion),
      aversion: store.int(id, Field.aversion),
      ephemeralOwner: store.long(id, Field.owner),
      childCount: store.int(id, Field.childCount),
      digest: -1,
    };
  }

  stat(path: string): Stat | undefined {
    const id = this.state.find(path);
    return id === NONE ? undefined : this.#stat(id);
  }

  /** In the order in which they were created, as far as one process has seen it. */
  children(path: string): readonly string[] | undefined {
    const { store } = this.state;
    const parent = this.state.find(path);
    if (parent === NONE) return undefined;
    const names: string[] = [];
    for (let id = store.firstChild(parent); id !== NONE; id = store.nextSibling(id)) names.push(store.name(id));
    return names;
  }

  allChildrenNumber(path: string): number {
    const { store } = this.state;
    const top = this.state.find(path);
    if (top === NONE) return 0;
    if (top === ROOT) return store.count - 1;
    let count = -1;
    for (let id = top; id !== NONE; id = store.nextBelow(id, top)) count++;
    return count;
  }

  ephemeralsOf(sessionId: bigint): readonly string[] {
    return Array.from(this.state.owners.ofSession(sessionId) ?? [], (id) => this.state.pathOf(id));
  }

  sessionsWithEphemerals(): readonly bigint[] {
    return this.state.owners.sessions();
  }

  containers(): Iterable<string> {
    return this.#paths(this.state.owners.containers);
  }

  ttlNodes(): Iterable<string> {
    return this.#paths(this.state.owners.ttlNodes);
  }

  /** The deepest path at or above this one that has a quota (facts 1.16). */
  quotaAbove(path: string): string | undefined {
    return this.state.quotas.above(path);
  }

  apply(txn: Transaction): Applied {
    const changes: TreeChange[] = [];
    const moment: Moment = { zxid: txn.header.zxid, timeMs: txn.header.timeMs, changes };
    const result = this.#apply(txn.header, txn.body, moment);
    this.#reached(txn.header.zxid);
    return { result, changes };
  }

  /** As `apply`, for a log that is replayed: nobody waits for a reply or watches. */
  /**
   * What /zookeeper/config tells: each member of an ensemble writes its own, outside of transactions
   * (ZKDatabase.initConfigInZKDatabase).
   *
   * @param version the configuration's
   * @param timeMs the wall clock
   */
  setConfig(text: Uint8Array, version: bigint, timeMs: bigint): void {
    this.state.setData(CONFIG_PATH, text, -1, { zxid: version, timeMs, changes: null });
  }

  replay(txn: Transaction): void {
    this.#apply(txn.header, txn.body, { zxid: txn.header.zxid, timeMs: txn.header.timeMs, changes: null });
    this.#reached(txn.header.zxid);
  }

  #reached(zxid: bigint): void {
    if (zxid > this.lastZxid) this.lastZxid = zxid;
  }

  #apply(header: TxnHeader, body: TxnBody, moment: Moment): ApplyResult {
    switch (body.type) {
      case 1:
      case 15:
      case 19:
      case 21:
        return this.#create(header, body, moment);
      case 2:
      case 20: {
        const err = this.state.delete(body.path, moment);
        return err === 0 ? { type: body.type, err: 0 } : { type: -1, err };
      }
      case 5:
      case 16: {
        const id = this.state.setData(body.path, body.data, body.version, moment);
        return this.#changed(body.type, body.path, id, body.data, moment);
      }
      case 7: {
        const id = this.state.setAcl(body.path, body.acl, body.version);
        return this.#changed(7, body.path, id, null, moment);
      }
      case 13:
      case -10:
        return { type: body.type, err: 0 };
      case -11:
        this.#closeSession(header.sessionId, body.paths, moment);
        return { type: -11, err: 0 };
      case -1:
        return { type: -1, err: body.err };
      case 14:
        return this.#multi(header, body.parts, moment);
    }
  }

  #create(header: TxnHeader, body: CreateBody, moment: Moment): ApplyResult {
    const { path, data, acl, parentCVersion } = body;
    const owner = ownerOf(header, body);
    const id = this.state.create({ path, data, acl, owner, parentCVersion }, moment);
    if (id < 0) return { type: -1, err: id };
    if (moment.changes === null) return NOTHING_DONE;
    return { type: body.type, err: 0, path, stat: this.#stat(id) };
  }

  #changed(type: 5 | 16 | 7, path: string, id: number, data: Uint8Array | null, moment: Moment): ApplyResult {
    if (id < 0) return { type: -1, err: id };
    if (moment.changes === null) return NOTHING_DONE;
    return { type, err: 0, path, stat: this.#stat(id), data };
  }

  /** One failed part turns all into errors: 0 before it, its code, RuntimeInconsistency after it (DataTree.processTxn). */
  #multi(header: TxnHeader, parts: readonly TxnBody[], moment: Moment): ApplyResult {
    if (!parts.some((part) => part.type === -1)) {
      return { type: 14, err: 0, parts: parts.map((part) => this.#apply(header, part, moment)) };
    }
    let failed = false;
    const results = parts.map((part): ApplyResult => {
      if (part.type === -1) {
        failed = true;
        return { type: -1, err: part.err };
      }
      return { type: -1, err: failed ? ErrorCode.RuntimeInconsistency : 0 };
    });
    return { type: 14, err: 0, parts: results };
  }

  /** The paths of the transaction first, in its order; then what this session still has (DataTree.killSession). */
  #closeSession(sessionId: bigint, paths: readonly string[] | null, moment: Moment): void {
    for (const path of paths ?? []) this.state.delete(path, moment);
    for (const path of this.ephemeralsOf(sessionId)) this.state.delete(path, moment);
  }

  #stat(id: NodeId): Stat {
    const { store } = this.state;
    const numChildren = store.int(id, Field.childCount);
    return {
      czxid: store.long(id, Field.czxid),
      mzxid: store.long(id, Field.mzxid),
      ctime: store.long(id, Field.ctime),
      mtime: store.long(id, Field.mtime),
      version: store.int(id, Field.version),
      cversion: (store.int(id, Field.cversion) * 2 - numChildren) | 0,
      aversion: store.int(id, Field.aversion),
      ephemeralOwner: this.state.owners.shownOwner(store.long(id, Field.owner)),
      dataLength: Math.max(store.dataLength(id), 0),
      numChildren,
      pzxid: store.long(id, Field.pzxid),
    };
  }

  *#paths(ids: Iterable<NodeId>): IterableIterator<string> {
    for (const id of [...ids]) {
      invariant(id !== ROOT, 'the root has an owner');
      yield this.state.pathOf(id);
    }
  }
}

function ownerOf(header: TxnHeader, body: CreateBody): bigint {
  if (body.type === 19) return CONTAINER_OWNER;
  if (body.type === 21) return ttlOwner(body.ttlMs);
  return body.ephemeral ? header.sessionId : 0n;
}
