/**
 * What transfers read: nodes in the one order (order.ts), whatever they come from. Must hold: strictly ascending, a
 * node before what is below it, and no node whose parent did not come before it.
 */

import type { Stat } from '../../model/stat.ts';
import type { ExportInput, TransferTools } from './ports.ts';
import type { Kind, NodeRecord } from './record.ts';

/**
 * Why a node, with everything below it, is not among those that were read:
 * - ephemeral: it belongs to a session
 * - system: `/zookeeper`, the server's own
 * - unreadable: this session may not read it (its data, its children's names or its ACL)
 * - vanished: it was listed, and gone when it was read
 */
export const LEFT_REASONS = ['ephemeral', 'system', 'unreadable', 'vanished'] as const;
export type LeftReason = (typeof LEFT_REASONS)[number];

/** A node that is there, or was, and is not read. It stands in its place of the order. */
export interface LeftNode {
  readonly path: string;
  readonly left: LeftReason;
  readonly kind: Kind;
  /** The server's own words, where it had any. */
  readonly message: string | null;
  /** What was read of it all the same: its data could not be. */
  readonly head?: LeftHead;
}

/** Stat and ACL of a node whose data cannot be read. */
export interface LeftHead {
  readonly stat: Stat;
  readonly acl: NodeRecord['acl'];
  readonly aclMasked: boolean;
}

export type SourceEntry = NodeRecord | LeftNode;

/** Whether an entry stands for a node that was left out. */
export function isLeft(entry: SourceEntry): entry is LeftNode {
  return 'left' in entry;
}

/** Nodes in batches, each a bounded number and amount of data. */
export interface RecordSource {
  /** Whether it tells containers and TTL nodes from other persistent ones. The protocol does not (facts 1.10). */
  readonly kinds: boolean;
  /** Whether it has ACLs. */
  readonly acls: boolean;
  /**
   * The entries behind `after`, from the first where it is null. Called once.
   *
   * @throws what its origin throws: UsageError BadExport, FileFailed, Unreachable; AuthFailedError; CancelledError
   */
  read(after: string | null): AsyncIterable<readonly SourceEntry[]>;
}

/** What a file says of itself, whoever wrote it. */
export interface FileFacts {
  readonly format: 'zooscope' | 'zk_shell' | 'zkui';
  readonly source: string | null;
  readonly root: string | null;
  readonly atMs: number | null;
  readonly zxid: bigint | null;
  /** As in RecordSource. */
  readonly kinds: boolean;
  readonly acls: boolean;
}

/** A file that was gone through to its end, and is as its format says. */
export interface CheckedFile {
  readonly facts: FileFacts;
  readonly nodes: number;
  readonly bytes: number;
  /** Its nodes in the one order, the root (path '') first; every call begins anew. @throws UsageError BadExport, FileFailed */
  records(): AsyncIterable<readonly NodeRecord[]>;
}

/**
 * Finds out a file's format and goes through it to its end (format/open.ts).
 *
 * @param onNodes told how many nodes have been gone through; may throw to end it
 * @throws UsageError BadExport with the line and the reason, FileFailed
 */
export type CheckFile = (input: ExportInput, tools: TransferTools, onNodes: (nodes: number) => void) => Promise<CheckedFile>;

/** Which kinds nodes have, where something else than the protocol tells it: a data directory on this machine. */
export interface KindTeller {
  /** @param path absolute, chroot included @returns null where it does not know the node */
  kindOf(path: string, czxid: bigint): { readonly kind: Kind; readonly ttlMs: bigint | null } | null;
}

