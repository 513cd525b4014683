/** Fills a tree from the pieces of a snapshot (DataTree.deserialize). */

import { WireError } from '../../model/errors.ts';
import type { SnapshotAcl, SnapshotNode } from '../txn/snapshot-content.ts';
import { Field, NONE, ROOT, type NodeId } from './node-store.ts';
import type { TreeState } from './tree-state.ts';

export class TreeLoader {
  readonly #state: TreeState;
  #begun = false;
  #rootCame = false;

  constructor(state: TreeState) {
    this.#state = state;
  }

  addAcl(piece: SnapshotAcl): void {
    this.#begin();
    this.#state.acls.load(piece);
  }

  /** @throws WireError when its parent did not come before it, or it came already */
  addNode(node: SnapshotNode): void {
    this.#begin();
    const { path, store } = this.#state;
    path.setBytes(node.path);
    const id = path.length === 0 ? this.#root() : this.#child();
    store.setLong(id, Field.czxid, node.czxid);
    store.setLong(id, Field.ctime, node.ctime);
    store.setLong(id, Field.mzxid, node.mzxid);
    store.setLong(id, Field.pzxid, node.pzxid);
    store.setLong(id, Field.mtime, node.mtime);
    store.setInt(id, Field.version, node.version);
    store.setInt(id, Field.cversion, node.cversion);
    store.setInt(id, Field.aversion, node.aversion);
    store.setLong(id, Field.owner, node.ephemeralOwner);
    store.setInt(id, Field.aclSlot, this.#state.acls.takeKey(node.aclKey));
    store.setData(id, node.data);
    this.#state.startDigest(id, node.data);
    if (id !== ROOT) this.#state.owners.add(id, node.ephemeralOwner);
    const bytes = node.data === null ? 0 : node.data.length;
    // After a load Apache counts the root's data twice, for it finds the root under "" and under "/".
    this.#state.addToSize(id === ROOT ? 1 : path.units(), id === ROOT ? 2 * bytes : bytes);
  }

  /** After the last node. @throws WireError when there was no root */
  finish(): void {
    if (!this.#rootCame) throw new WireError('a snapshot without a root');
    this.#state.acls.purgeUnused();
    this.#state.plantSystemNodes();
    this.#state.quotas.findAll();
  }

  #begin(): void {
    if (!this.#begun) this.#state.clear();
    this.#begun = true;
  }

  #root(): NodeId {
    if (this.#rootCame) throw new WireError('a snapshot with two roots');
    this.#rootCame = true;
    return ROOT;
  }

  #child(): NodeId {
    const { path, store } = this.#state;
    const slash = path.lastSlash();
    const parent = slash < 0 || !this.#rootCame ? NONE : this.#state.locate(slash);
    if (parent === NONE || slash === path.length - 1) throw new WireError('a node whose parent did not come before it');
    if (store.find(parent, path.bytes, slash + 1, path.length) !== NONE) throw new WireError('a node that comes twice');
    return store.add(parent, path.bytes, slash + 1, path.length);
  }
}
