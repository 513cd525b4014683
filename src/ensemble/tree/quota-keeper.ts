/**
 * Keeps the counts of quota'd subtrees, as every Apache server does on its own while it applies transactions: the
 * stats nodes' data changes, and nothing else (DataTree.updateQuotaStat, updateQuotaForPath, setupQuota).
 */

import { NONE, type NodeId, type NodeStore } from './node-store.ts';
import { countedPath, limitedPath, movedQuota, QuotaPaths, quotaStats, statsPath } from './quota.ts';

export interface QuotaNodes {
  readonly store: NodeStore;
  find(path: string): NodeId;
}

export class QuotaKeeper {
  readonly #nodes: QuotaNodes;
  readonly #paths = new QuotaPaths();

  constructor(nodes: QuotaNodes) {
    this.#nodes = nodes;
  }

  /** The deepest path at or above this one that has a quota. */
  above(path: string): string | undefined {
    return this.#paths.above(path);
  }

  /** @param bytes the new node's data */
  created(path: string, bytes: number): void {
    const limited = limitedPath(path);
    if (limited !== null) this.#paths.add(limited);
    const counted = countedPath(path);
    if (counted !== null) this.#recount(counted);
    this.moved(path, bytes, 1);
  }

  /** @param bytes the node's data */
  deleted(path: string, bytes: number): void {
    const limited = limitedPath(path);
    if (limited !== null) this.#paths.delete(limited);
    this.moved(path, -bytes, -1);
  }

  /** Bytes and nodes that came (or went, negative) at a path. */
  moved(path: string, bytes: number, count: number): void {
    const above = this.#paths.above(path);
    if (above === undefined) return;
    const { store } = this.#nodes;
    const stats = this.#nodes.find(statsPath(above));
    if (stats !== NONE) store.setData(stats, movedQuota(store.dataView(stats), bytes, count));
  }

  /** Finds every limits node and counts anew, after a snapshot was loaded. */
  findAll(): void {
    this.#paths.clear();
    this.#search(this.#nodes.find('/zookeeper/quota'), '/zookeeper/quota');
  }

  clear(): void {
    this.#paths.clear();
  }

  #search(id: NodeId, path: string): void {
    const { store } = this.#nodes;
    const limited = limitedPath(path);
    if (limited !== null && store.firstChild(id) === NONE) {
      this.#recount(limited);
      this.#paths.add(limited);
    }
    for (let child = store.firstChild(id); child !== NONE; child = store.nextSibling(child)) {
      this.#search(child, `${path}/${store.name(child)}`);
    }
  }

  #recount(path: string): void {
    const { store } = this.#nodes;
    const stats = this.#nodes.find(statsPath(path));
    if (stats === NONE) return;
    const top = this.#nodes.find(path);
    let count = 0;
    let bytes = 0;
    for (let id = top; id !== NONE; id = store.nextBelow(id, top)) {
      count++;
      bytes += Math.max(store.dataLength(id), 0);
    }
    store.setData(stats, quotaStats(bytes, count));
  }
}
