/** What the AdminServer may do to a server, beyond looking at it. */

import type { AdminView } from './admin-view.ts';

/** A snapshot that was taken for somebody. */
export interface TakenSnapshot {
  /** The last transaction that is certainly in it. */
  readonly zxid: bigint;
  readonly bytes: number;
  readonly read: () => AsyncIterable<Uint8Array>;
}

export interface AdminControl {
  /** The server as it is now: after a restore it is another. Null while a member has no leader. */
  readonly view: AdminView | null;
  /** On the monotonic clock. */
  nowMs(): number;
  /** @throws StorageError when it cannot be written */
  takeSnapshot(): Promise<TakenSnapshot>;
  /**
   * Puts a snapshot's state in the place of what the server has. Everybody is disconnected; who comes back finds the
   * sessions and nodes of the snapshot.
   *
   * @returns the last transaction's zxid from now on, which is never below what clients have seen
   * @throws StorageError when the snapshot is damaged, or cannot be made durable: then the server has what it had
   * @throws UsageError when one is being restored already
   */
  restore(snapshot: AsyncIterable<Uint8Array>): Promise<bigint>;
  /** Something went wrong that only the log may tell of. */
  warn(message: string, reason: string): void;
}

/** The two commands that move a whole state: which are on, and how often. */
export interface StateCommandSettings {
  readonly snapshotEnabled: boolean;
  readonly restoreEnabled: boolean;
  readonly withLastZxid: boolean;
  readonly intervalMs: number;
  readonly restoreBytesMax: number;
}
