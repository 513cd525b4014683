/**
 * What a snapshot holds, piece by piece (facts 4.7). The tree gives it and takes it back; the log's files are its
 * form on disk, and replication sends the same pieces over the wire. Neither side knows the other.
 */

import type { Acl } from '../../model/acl.ts';
import type { Transaction } from './transaction.ts';

export interface SnapshotSession {
  readonly id: bigint;
  readonly timeoutMs: number;
}

export interface SnapshotAcl {
  /** Apache's "long" for the list; nodes name it. Never -1, which stands for world:anyone with all rights. */
  readonly key: bigint;
  readonly acl: readonly Acl[];
}

/** One node: StatPersisted, data, and the key of its ACL. */
export interface SnapshotNode {
  /** UTF-8; empty for the root. Valid only until the next node is asked for. */
  readonly path: Uint8Array;
  /** Valid only until the next node is asked for. */
  readonly data: Uint8Array | null;
  readonly aclKey: bigint;
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly ctime: bigint;
  readonly mtime: bigint;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: bigint;
  readonly pzxid: bigint;
}

/** A digest and the transaction after which the tree had it. */
export interface ZxidDigest {
  readonly zxid: bigint;
  readonly digestVersion: number;
  readonly digest: bigint;
}

/**
 * A state that can be written while it goes on changing: sessions, ACLs, then nodes, a parent before its children.
 * What changes meanwhile may or may not be in; replaying the transactions after `zxid` gives the exact state.
 */
export interface SnapshotSource {
  /** The last transaction that is certainly in: the snapshot's name. */
  readonly zxid: bigint;
  readonly sessions: readonly SnapshotSession[];
  readonly acls: readonly SnapshotAcl[];
  nodes(): IterableIterator<SnapshotNode>;
  /** To be asked after the last node; null when digests are off. */
  digest(): ZxidDigest | null;
  /** The last transaction that may be in. To be asked after the last node. */
  lastZxid(): bigint;
  /** Must be called once, when the writing ended or was given up. */
  release(): void;
}

/** An empty state to be filled, in the order of a snapshot, and then brought forward by transactions. */
export interface SnapshotTarget {
  addSession(session: SnapshotSession): void;
  addAcl(acl: SnapshotAcl): void;
  /** @throws WireError when its parent has not come before it */
  addNode(node: SnapshotNode): void;
  /** All pieces are in. `digest` is what the snapshot says of itself, to be compared when its zxid is reached. */
  finish(zxid: bigint, digest: ZxidDigest | null): void;
  replay(txn: Transaction): void;
  /** The digest that the snapshot announced, while its zxid is not reached: until then the state is between two. */
  readonly awaitedDigest: ZxidDigest | null;
}
