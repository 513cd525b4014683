/**
 * Everything that is durable: the tree and the sessions, filled from snapshot and log, moved by transactions, and
 * checked against the digests that transactions carry (Apache's ZKDatabase and DataTree.compareDigest).
 */

import { DIGEST_VERSION } from '../txn/digest.ts';
import type {
  SnapshotAcl,
  SnapshotNode,
  SnapshotSession,
  SnapshotSource,
  SnapshotTarget,
  ZxidDigest,
} from '../txn/snapshot-content.ts';
import type { Transaction } from '../txn/transaction.ts';
import type { Applied } from './api.ts';
import { DataTree, type DataTreeOptions } from './data-tree.ts';
import { SessionTable } from './session-table.ts';
import { TreeLoader } from './tree-loader.ts';
import { TreeScan } from './tree-scan.ts';

const HISTORY_EVERY = 128n;
const HISTORY_LENGTH = 1024;

export class Database implements SnapshotTarget {
  readonly tree: DataTree;
  readonly sessions = new SessionTable();
  readonly #loader: TreeLoader;
  readonly #history: ZxidDigest[] = [];
  readonly #digestEnabled: boolean;
  /** From the loaded snapshot: until this zxid the tree is between states, and no digest can be compared. */
  #expected: ZxidDigest | null = null;
  /** Whether the tree may have parts of transactions that are still to come. */
  #between = false;
  #mismatches = 0;
  #firstMismatch: bigint | null = null;

  constructor(options: DataTreeOptions) {
    this.tree = new DataTree(options);
    this.#digestEnabled = options.digestEnabled;
    this.#loader = new TreeLoader(this.tree.state);
  }

  /** How many transactions (or snapshots) carried a digest that the tree did not have after them. */
  get digestMismatches(): number {
    return this.#mismatches;
  }

  /** The zxid of the first of them, or null. */
  get firstMismatch(): bigint | null {
    return this.#firstMismatch;
  }

  /** The digests after every 128th transaction, oldest first, at most 1024 (the `hash` word). */
  get digestHistory(): readonly ZxidDigest[] {
    return this.#history;
  }

  /** The digest that the loaded snapshot announced and that no transaction has reached yet, or null. */
  get awaitedDigest(): ZxidDigest | null {
    return this.#expected;
  }

  /**
   * The tree was sent while it changed, so it may have parts of what comes after it, and no digest can be compared.
   *
   * @param between false: everything that can have been in it has been replayed
   */
  setBetween(between: boolean): void {
    this.#between = between;
  }

  /** Owners of ephemerals that are no session: a TTL node is one when TTL nodes are off. */
  ownersWithoutSession(): readonly bigint[] {
    return this.tree.sessionsWithEphemerals().filter((owner) => !this.sessions.has(owner));
  }

  /** Applies to sessions and tree, and compares the digest. */
  apply(txn: Transaction): Applied {
    this.sessions.apply(txn);
    const applied = this.tree.apply(txn);
    this.#compare(txn);
    return applied;
  }

  replay(txn: Transaction): void {
    this.sessions.apply(txn);
    this.tree.replay(txn);
    this.#compare(txn);
  }

  /**
   * Begins a snapshot of the state as it is now, to be written while it changes.
   * The source must be released, or the tree goes on telling it of every ACL that is replaced.
   */
  snapshot(): SnapshotSource {
    const { tree } = this;
    const zxid = tree.lastZxid;
    const scan = new TreeScan(tree.state, zxid);
    return {
      zxid,
      sessions: Array.from(this.sessions.entries(), ([id, timeoutMs]) => ({ id, timeoutMs })),
      acls: scan.acls,
      nodes: () => scan.nodes(),
      digest: () => (this.#digestEnabled ? this.#digestNow() : null),
      lastZxid: () => tree.lastZxid,
      release: () => scan.release(),
    };
  }

  addSession(session: SnapshotSession): void {
    this.sessions.add(session.id, session.timeoutMs);
  }

  addAcl(acl: SnapshotAcl): void {
    this.#loader.addAcl(acl);
  }

  addNode(node: SnapshotNode): void {
    this.#loader.addNode(node);
  }

  finish(zxid: bigint, digest: ZxidDigest | null): void {
    this.#loader.finish();
    this.tree.lastZxid = zxid;
    // A digest older than the name belongs to the epoch before: the snapshot was taken at rest.
    this.#expected = this.#digestEnabled && digest !== null && digest.zxid >= zxid && digest.zxid > 0n ? digest : null;
    this.#meetExpected(zxid);
  }

  /** Before the first transaction Apache writes 0 for "not known". */
  #digestNow(): ZxidDigest {
    const zxid = this.tree.lastZxid;
    return { zxid, digestVersion: DIGEST_VERSION, digest: zxid === 0n ? 0n : this.tree.digest };
  }

  #compare(txn: Transaction): void {
    if (!this.#digestEnabled || this.#between) return;
    const { zxid } = txn.header;
    if (this.#expected !== null) {
      this.#meetExpected(zxid);
      return;
    }
    const digest = this.tree.digest;
    if (txn.digest !== null && txn.digest !== digest) this.#mismatch(zxid);
    if (zxid % HISTORY_EVERY !== 0n) return;
    this.#history.push({ zxid, digestVersion: DIGEST_VERSION, digest });
    if (this.#history.length > HISTORY_LENGTH) this.#history.shift();
  }

  #meetExpected(zxid: bigint): void {
    const expected = this.#expected;
    if (expected === null || zxid < expected.zxid) return;
    this.#expected = null;
    const comparable = zxid === expected.zxid && expected.digestVersion === DIGEST_VERSION;
    if (comparable && expected.digest !== this.tree.digest) this.#mismatch(zxid);
  }

  #mismatch(zxid: bigint): void {
    this.#mismatches++;
    this.#firstMismatch ??= zxid;
  }
}
