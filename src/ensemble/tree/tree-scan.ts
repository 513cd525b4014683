/**
 * Walks the whole tree, parents first, while it goes on changing: what a fuzzy snapshot is made of. A node created
 * after the walk began is left out, for the replay brings it; a node changed meanwhile comes as it is when its turn
 * comes. Every ACL it names was there when the walk began.
 */

import { invariant } from '../../base/invariant.ts';
import type { SnapshotAcl, SnapshotNode } from '../txn/snapshot-content.ts';
import { Field, NONE, ROOT, type NodeId } from './node-store.ts';
import { PathBytes } from './path-bytes.ts';
import type { TreeState } from './tree-state.ts';

interface Level {
  readonly parent: NodeId;
  /** Where the parent's path ends. */
  readonly pathLength: number;
  readonly children: Int32Array;
  next: number;
}

type ScannedNode = { -readonly [K in keyof SnapshotNode]: SnapshotNode[K] };

export class TreeScan {
  readonly acls: readonly SnapshotAcl[];
  readonly #state: TreeState;
  readonly #zxid: bigint;
  readonly #lastKey: bigint;
  /** Keys that nodes had before their ACL was replaced meanwhile. */
  readonly #oldKeys = new Map<NodeId, bigint>();
  readonly #path = new PathBytes();
  readonly #onAcl = (id: NodeId, oldKey: bigint): void => {
    if (oldKey <= this.#lastKey && !this.#oldKeys.has(id)) this.#oldKeys.set(id, oldKey);
  };

  /** @param zxid the tree's last transaction */
  constructor(state: TreeState, zxid: bigint) {
    this.#state = state;
    this.#zxid = zxid;
    this.#lastKey = state.acls.lastKey;
    this.acls = state.acls.all();
    state.aclListeners.add(this.#onAcl);
  }

  /** Ends it; the tree stops keeping track. */
  release(): void {
    this.#state.aclListeners.delete(this.#onAcl);
  }

  /** The same object again and again, with the next node in it. */
  *nodes(): IterableIterator<SnapshotNode> {
    const { store } = this.#state;
    const node = blankNode();
    this.#path.set('/');
    yield this.#fill(node, ROOT);
    const levels = [this.#level(ROOT)];
    while (levels.length > 0) {
      const level = levels[levels.length - 1] as Level;
      if (level.next === level.children.length) {
        levels.pop();
        continue;
      }
      const id = level.children[level.next++] as NodeId;
      // Gone meanwhile, and its id perhaps in use again; but whoever has it now is newer than the walk.
      if (!store.isChildOf(id, level.parent) || store.long(id, Field.czxid) > this.#zxid) continue;
      this.#path.length = level.pathLength;
      this.#path.push(store.nameBytes(id));
      const below = store.firstChild(id) === NONE ? null : this.#level(id);
      yield this.#fill(node, id);
      if (below !== null) levels.push(below);
    }
  }

  #level(parent: NodeId): Level {
    const { store } = this.#state;
    const children = new Int32Array(store.int(parent, Field.childCount));
    let at = 0;
    for (let id = store.firstChild(parent); id !== NONE; id = store.nextSibling(id)) children[at++] = id;
    return { parent, pathLength: this.#path.length, children, next: 0 };
  }

  #fill(node: ScannedNode, id: NodeId): SnapshotNode {
    const { store, acls } = this.#state;
    const key = acls.key(store.int(id, Field.aclSlot));
    node.path = this.#path.bytes.subarray(0, this.#path.length);
    node.data = store.dataView(id);
    node.aclKey = key <= this.#lastKey ? key : this.#oldKey(id);
    node.czxid = store.long(id, Field.czxid);
    node.mzxid = store.long(id, Field.mzxid);
    node.pzxid = store.long(id, Field.pzxid);
    node.ctime = store.long(id, Field.ctime);
    node.mtime = store.long(id, Field.mtime);
    node.version = store.int(id, Field.version);
    node.cversion = store.int(id, Field.cversion);
    node.aversion = store.int(id, Field.aversion);
    node.ephemeralOwner = store.long(id, Field.owner);
    return node;
  }

  /** The replay sets the new one; until then the node must not be open to others than before. */
  #oldKey(id: NodeId): bigint {
    const key = this.#oldKeys.get(id);
    invariant(key !== undefined, `node ${id} has an ACL that nobody set`);
    return key;
  }
}

function blankNode(): ScannedNode {
  return {
    path: new Uint8Array(0),
    data: null,
    aclKey: 0n,
    czxid: 0n,
    mzxid: 0n,
    ctime: 0n,
    mtime: 0n,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0n,
    pzxid: 0n,
  };
}
