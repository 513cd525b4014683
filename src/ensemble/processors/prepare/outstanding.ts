/**
 * The tree as it will be once everything in flight is applied (facts 4.2; ChangeRecord, outstandingChanges): the
 * newest change record of a path, else the tree's node. Requests are judged against this, not against the tree.
 */

import { invariant } from '../../../base/invariant.ts';
import { inOrderOfClone } from '../../../base/java-hash.ts';
import { ErrorCode } from '../../../model/error-code.ts';
import type { NodeSummary, TreeReader } from '../../tree/api.ts';
import { contentChecksum, digestOfContent, isDigested, moveDigest } from '../../txn/digest.ts';
import { refuse } from './refusal.ts';

/** A node's next state while it is being made. */
export type NodeDraft = { -readonly [K in keyof NodeSummary]: NodeSummary[K] };

/**
 * A draft of a node's next state. Field by field: what is spread out of an object takes several times as long, and every
 * write passes here.
 */
export function draftOf(node: NodeSummary): NodeDraft {
  return {
    path: node.path,
    dataBytes: node.dataBytes,
    content: node.content,
    acl: node.acl,
    czxid: node.czxid,
    mzxid: node.mzxid,
    pzxid: node.pzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    ephemeralOwner: node.ephemeralOwner,
    childCount: node.childCount,
    digest: -1,
  };
}

interface Change {
  readonly zxid: bigint;
  readonly path: string;
  /** null: the node will be gone. */
  readonly node: NodeSummary | null;
}

export class Outstanding {
  readonly #tree: TreeReader;
  readonly #digestEnabled: boolean;
  readonly #newest = new Map<string, Change>();
  #queue: Change[] = [];
  #head = 0;
  #digest: bigint;
  #undo: { readonly length: number; readonly digest: bigint; readonly previous: [string, Change | undefined][] } | null = null;

  constructor(tree: TreeReader, digestEnabled: boolean) {
    this.#tree = tree;
    this.#digestEnabled = digestEnabled;
    this.#digest = tree.digest;
  }

  /** The tree's digest after everything in flight; null when digests are off. */
  get digest(): bigint | null {
    if (!this.#digestEnabled) return null;
    return this.#head === this.#queue.length ? this.#tree.digest : this.#digest;
  }

  /** The number of changes in flight. */
  get size(): number {
    return this.#queue.length - this.#head;
  }

  /** The node as it will be, or undefined. Both '' and '/' name the root, whose path is '' here. */
  find(path: string): NodeSummary | undefined {
    const key = path === '/' ? '' : path;
    const change = this.#newest.get(key);
    if (change !== undefined) return change.node ?? undefined;
    return this.#tree.summary(key);
  }

  /** The `content` of a node's record. */
  contentOf(path: string, data: Uint8Array | null): number {
    return this.#digestEnabled && isDigested(path) ? contentChecksum(path, data) : 0;
  }

  /** @throws KeeperError NoNode */
  get(path: string): NodeSummary {
    return this.find(path) ?? refuse(ErrorCode.NoNode, path);
  }

  /** A node that is not there yet. */
  add(zxid: bigint, node: NodeSummary): void {
    this.#move(0, this.#digestOf(node));
    this.#push({ zxid, path: node.path, node });
  }

  /** A node's next state. */
  update(zxid: bigint, before: NodeSummary, after: NodeSummary): void {
    this.#move(this.#digestOf(before), this.#digestOf(after));
    this.#push({ zxid, path: after.path, node: after });
  }

  /** A node that goes. */
  remove(zxid: bigint, before: NodeSummary): void {
    this.#move(this.#digestOf(before), 0);
    this.#push({ zxid, path: before.path, node: null });
  }

  /** Starts to remember, so that `rollBack` can undo what comes (multi). */
  begin(): void {
    invariant(this.#undo === null, 'a multi within a multi');
    this.#undo = { length: this.#queue.length, digest: this.digest ?? 0n, previous: [] };
  }

  /** Keeps what came since `begin`. */
  keep(): void {
    this.#undo = null;
  }

  /** Undoes what came since `begin`. */
  rollBack(): void {
    const undo = this.#undo;
    invariant(undo !== null, 'rollBack without begin');
    this.#undo = null;
    this.#queue.length = undo.length;
    this.#digest = undo.digest;
    for (const [path, previous] of undo.previous.reverse()) {
      if (previous === undefined) this.#newest.delete(path);
      else this.#newest.set(path, previous);
    }
  }

  /** The transaction was applied: its changes are the tree's now. */
  applied(zxid: bigint): void {
    const queue = this.#queue;
    while (this.#head < queue.length) {
      const change = queue[this.#head] as Change;
      if (change.zxid > zxid) break;
      if (this.#newest.get(change.path) === change) this.#newest.delete(change.path);
      this.#head++;
    }
    if (this.#head === queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#queue = queue.slice(this.#head);
      this.#head = 0;
    }
  }

  /**
   * The ephemerals that a session will have had when everything in flight is applied, in the order in which Apache's
   * server takes them away: that of a cloned HashSet, to which those in flight are added.
   */
  ephemeralsOf(sessionId: bigint): string[] {
    const applied = this.#tree.ephemeralsOf(sessionId);
    const order = new Set(inOrderOfClone(applied));
    const more = new Set<string>();
    for (let i = this.#head; i < this.#queue.length; i++) {
      const { node, path } = this.#queue[i] as Change;
      if (node === null) {
        order.delete(path);
        more.delete(path);
      } else if (node.ephemeralOwner === sessionId && !order.has(path)) more.add(path);
    }
    return more.size === 0 ? [...order] : inOrderOfClone(applied.filter((path) => order.has(path)), [...more]);
  }

  #push(change: Change): void {
    this.#undo?.previous.push([change.path, this.#newest.get(change.path)]);
    this.#queue.push(change);
    this.#newest.set(change.path, change);
  }

  #move(removed: number, added: number): void {
    if (!this.#digestEnabled) return;
    if (this.#head === this.#queue.length) this.#digest = this.#tree.digest;
    this.#digest = moveDigest(this.#digest, removed, added);
  }

  #digestOf(node: NodeSummary): number {
    if (!this.#digestEnabled || !isDigested(node.path)) return 0;
    if (node.digest < 0) node.digest = digestOfContent(node.content, node);
    return node.digest;
  }
}
