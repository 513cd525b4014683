/** Hands the transactions of one log after another to a state: each once, in order, and none left out. */

import { formatId } from '../../model/zxid.ts';
import type { SnapshotTarget } from '../txn/snapshot-content.ts';
import { corrupt, follows, gap, type Damage, type LogEntry } from './log-format.ts';
import { BATCH_TXNS_MAX } from './log-tail.ts';
import { StorageError } from './storage-error.ts';

export class Replay {
  readonly #target: SnapshotTarget;
  /** The last transaction that the state has. */
  zxid: bigint;
  /** Transactions handed on. */
  count = 0;
  /** Logs without a whole transaction. */
  readonly hollow: string[] = [];
  /** The newest log with a whole transaction, where its last batch may begin, and where its last entry ends. */
  lastWhole: { readonly name: string; readonly doubtful: number; readonly end: number } | null = null;
  /** Whether something must come right after `zxid`: not when there was no snapshot to begin from. */
  #anchored: boolean;
  /** Of a log before: whatever was lost there, the next one must go on as if nothing was. */
  #damage: Damage | null = null;
  /** Of the file being read: where its last entries begin, and where the last of them ends. */
  #begins: number[] = [];
  #end = 0;

  constructor(target: SnapshotTarget, zxid: bigint, anchored: boolean) {
    this.#target = target;
    this.zxid = zxid;
    this.#anchored = anchored;
  }

  /** Takes the next entry of a file; files come in the order of their names. @throws StorageError */
  entry(name: string, { txn, offset, end }: LogEntry): void {
    this.#end = end;
    this.#begins.push(offset);
    if (this.#begins.length > 2 * BATCH_TXNS_MAX) this.#begins.splice(0, BATCH_TXNS_MAX);
    this.#take(name, txn);
  }

  /** A file was read to its end, or to where it is damaged. */
  ended(name: string, damage: Damage | null): void {
    const doubtful = this.#begins.at(-BATCH_TXNS_MAX) ?? this.#begins[0];
    if (doubtful !== undefined) this.lastWhole = { name, doubtful, end: this.#end };
    else if (damage === null || damage.torn) this.hollow.push(name);
    // The newest damage is what counts: a log that goes on where another broke off has shown that nothing is missing.
    if (damage !== null) this.#damage = damage;
    this.#begins = [];
  }

  #take(name: string, txn: Parameters<SnapshotTarget['replay']>[0]): void {
    const { zxid } = txn.header;
    // The snapshot has it, or a file before had it.
    if (zxid <= this.zxid) return;
    if (this.#anchored && !follows(this.zxid, zxid)) throw this.#damage === null ? gap(name, this.zxid, zxid) : corrupt(this.#damage);
    this.#damage = null;
    this.#target.replay(txn);
    this.zxid = zxid;
    this.#anchored = true;
    this.count++;
  }

  /**
   * After the last file.
   *
   * @param snapshot the name of the one that the state began with
   * @returns a torn end that may be cut off
   * @throws StorageError when what the logs end with is no torn write, or the snapshot needs more than they have
   */
  finish(snapshot: string | null): Damage | null {
    if (this.#damage !== null && !this.#damage.torn) throw corrupt(this.#damage);
    const awaited = this.#target.awaitedDigest;
    if (awaited !== null && snapshot !== null) {
      throw new StorageError(
        'LogGap',
        `${snapshot} was written while the server was at work and needs the transactions up to ${formatId(awaited.zxid)}, ` +
          `but the logs end at ${formatId(this.zxid)}. A log is missing, or its end was lost. Put the missing files back, or, ` +
          'in an ensemble, empty this server’s version-2 and let it copy the data from the others.',
        snapshot,
      );
    }
    return this.#damage;
  }
}
