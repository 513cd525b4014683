/**
 * The sync stage (SyncRequestProcessor): transactions go into the log in order, one fsync for all that came while
 * the last one ran; snapshots are taken every so many transactions, beside the running work.
 * Must hold: `onDurable` is told a zxid only when the disk has it.
 */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { below, type Random } from '../base/random.ts';
import { writeSnapshot } from './log/snapshot-writer.ts';
import type { TxnLog } from './log/txn-log.ts';
import type { ServerStats } from './processors/stats.ts';
import type { Storage } from './log/storage.ts';
import type { Database } from './tree/database.ts';
import { encodeTransaction } from './txn/transaction-codec.ts';
import type { Transaction } from './txn/transaction.ts';

export interface JournalOptions {
  readonly snapCount: number;
}

export interface JournalParts {
  readonly log: TxnLog;
  readonly snapshots: Storage;
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly stats: ServerStats;
  /** Runs a function once the current turn's input has been read. */
  readonly defer: (fn: () => void) => void;
}

export interface JournalEvents {
  onDurable(zxid: bigint): void;
  /** The disk failed: nothing may be acknowledged any more. */
  onFailure(error: unknown): void;
}

export class Journal {
  readonly #parts: JournalParts;
  readonly #options: JournalOptions;
  readonly #events: JournalEvents;
  #appended = 0n;
  #durable = 0n;
  #running: Promise<void> | null = null;
  #failed = false;
  #sinceSnapshot = 0;
  #snapshotAfter: number;
  #snapshot: Promise<void> | null = null;

  constructor(parts: JournalParts, options: JournalOptions, events: JournalEvents) {
    this.#parts = parts;
    this.#options = options;
    this.#events = events;
    this.#snapshotAfter = this.#nextCadence();
  }

  /** Puts a transaction in line; `onDurable` tells when it is on the disk. */
  append(txn: Transaction): void {
    if (this.#failed) return;
    const { log } = this.#parts;
    log.append(encodeTransaction(txn), txn.header.zxid);
    this.#appended = txn.header.zxid;
    this.#sinceSnapshot++;
    this.#running ??= new Promise((resolve) => this.#parts.defer(() => void this.#flush().finally(resolve)));
  }

  /** Takes a snapshot now, unless one is being written. */
  takeSnapshot(): Promise<void> {
    this.#snapshot ??= this.#writeSnapshot().finally(() => {
      this.#snapshot = null;
    });
    return this.#snapshot;
  }

  /** Waits until everything appended is durable, and closes the log. */
  async close(): Promise<void> {
    while (this.#running !== null) await this.#running;
    if (this.#snapshot !== null) await this.#snapshot;
    await this.#parts.log.close();
  }

  async #flush(): Promise<void> {
    try {
      while (this.#durable < this.#appended) {
        const upTo = this.#appended;
        const started = this.#parts.clock.monotonicMs();
        await this.#parts.log.sync();
        this.#parts.stats.fsync.add(this.#parts.clock.monotonicMs() - started);
        this.#durable = upTo;
        this.#events.onDurable(upTo);
        this.#considerSnapshot();
      }
    } catch (error) {
      this.#failed = true;
      this.#events.onFailure(error);
    } finally {
      this.#running = null;
    }
  }

  #considerSnapshot(): void {
    if (this.#sinceSnapshot <= this.#snapshotAfter || this.#snapshot !== null) return;
    this.#sinceSnapshot = 0;
    this.#snapshotAfter = this.#nextCadence();
    this.#parts.log.roll();
    void this.takeSnapshot();
  }

  /** Half of snapCount, and up to as much again by chance, so that servers do not all do it at once. */
  #nextCadence(): number {
    const half = Math.floor(this.#options.snapCount / 2);
    return half + below(this.#parts.random, Math.max(1, half));
  }

  async #writeSnapshot(): Promise<void> {
    const { snapshots, database, clock, stats, logger, defer } = this.#parts;
    const started = clock.monotonicMs();
    try {
      const giveWay = (): Promise<void> => new Promise((resolve) => defer(resolve));
      const name = await writeSnapshot(snapshots, database.snapshot(), giveWay);
      stats.snapshots.add(clock.monotonicMs() - started);
      logger.log('info', 'snapshot written', { name });
    } catch (error) {
      // The log still holds everything: the server can go on, and tries again later.
      stats.count('snapshot_error_count');
      logger.log('error', 'a snapshot could not be written', { error });
    }
  }
}
