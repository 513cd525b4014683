/** The tree as other stages see it. DataTree (data-tree.ts) implements it. */

import type { Acl } from '../../model/acl.ts';
import type { Stat } from '../../model/stat.ts';
import type { Transaction } from '../txn/transaction.ts';
import type { TreeChange } from './changes.ts';

/** A node's stored fields: StatPersisted and ACL (facts 1.10, 4.7). */
export interface NodeFields {
  readonly acl: readonly Acl[];
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly pzxid: bigint;
  readonly ctime: bigint;
  readonly mtime: bigint;
  readonly version: number;
  /** Stored: the number of creations below it. Clients see 2 * cversion - children. */
  readonly cversion: number;
  readonly aversion: number;
  /** Stored: session, container mark, or TTL mark and time. */
  readonly ephemeralOwner: bigint;
  readonly childCount: number;
}

export interface NodeView extends NodeFields {
  readonly data: Uint8Array | null;
}

/** A node without a copy of its data: what is needed to decide about it. */
export interface NodeSummary extends NodeFields {
  /** As it was asked for. */
  readonly path: string;
  /** 0 for null. */
  readonly dataBytes: number;
  /** CRC-32 of path and data, from which its digest goes on; of no meaning where nodes are not digested. */
  readonly content: number;
  /** The node's digest; -1 until somebody needs it, and keeps it here. */
  digest: number;
}

/** The outcome of one part, as the reply needs it. */
export type ApplyResult =
  | { readonly type: 1 | 15 | 19 | 21; readonly err: 0; readonly path: string; readonly stat: Stat }
  | { readonly type: 5 | 16 | 7; readonly err: 0; readonly path: string; readonly stat: Stat; readonly data: Uint8Array | null }
  | { readonly type: 2 | 20 | 13 | -10 | -11; readonly err: 0 }
  | { readonly type: 14; readonly err: 0; readonly parts: readonly ApplyResult[] }
  /** A failed part, or a transaction of type error. */
  | { readonly type: -1; readonly err: number };

export interface Applied {
  readonly result: ApplyResult;
  readonly changes: readonly TreeChange[];
}

/** Reads; nothing here changes the tree. */
export interface TreeReader {
  readonly lastZxid: bigint;
  /** The sum over all nodes (facts 4.8), as a signed 64-bit value. */
  readonly digest: bigint;
  readonly nodeCount: number;
  readonly dataBytes: number;
  readonly ephemeralCount: number;
  /** '' is the root as well. */
  node(path: string): NodeView | undefined;
  /** '' is the root as well. */
  summary(path: string): NodeSummary | undefined;
  /** As clients see it. */
  stat(path: string): Stat | undefined;
  children(path: string): readonly string[] | undefined;
  /** Every descendant, the node itself not counted. */
  allChildrenNumber(path: string): number;
  ephemeralsOf(sessionId: bigint): readonly string[];
  sessionsWithEphemerals(): readonly bigint[];
  containers(): Iterable<string>;
  ttlNodes(): Iterable<string>;
}

export interface Tree extends TreeReader {
  /** Applies it, whatever it says: decisions were made before. Replay of what is there already changes nothing. */
  apply(txn: Transaction): Applied;
}
