/**
 * The sync stage (SyncRequestProcessor): transactions go into the log in order, one fsync for all that came while
 * the last one ran; snapshots are taken every so many transactions, beside the running work.
 * Must hold: `onDurable` is told a zxid only when the disk has it.
 */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { below, type Random } from '../base/random.ts';
import { SnapshotCodecs, type Compression } from './log/compression.ts';
import { writeSnapshot } from './log/snapshot-writer.ts';
import { TxnLog } from './log/txn-log.ts';
import type { ServerStats } from './processors/stats.ts';
import type { Storage } from './log/storage.ts';
import type { Settings } from './config/settings.ts';
import type { ServerEnvironment } from './environment.ts';
import type { Database } from './tree/database.ts';
import { transactionBytes } from './txn/transaction-codec.ts';
import type { Transaction } from './txn/transaction.ts';

export interface JournalOptions {
  readonly snapCount: number;
  /** A snapshot after so many bytes of log, too; 0: only by count (snapSizeLimitInKb). */
  readonly snapshotLogBytes: number;
  readonly compression: Compression;
  /** Every snapshot ends with the last transaction's zxid (serializeLastProcessedZxid.enabled). */
  readonly withLastZxid: boolean;
  /** A sync that takes longer is worth a line (fsync.warningthresholdms). */
  readonly fsyncWarningMs: number;
}

/** A snapshot on the disk, and the last transaction that is certainly in it. */
export interface NamedSnapshot {
  readonly name: string;
  readonly zxid: bigint;
}

export interface JournalParts {
  readonly log: TxnLog;
  readonly snapshots: Storage;
  readonly codecs: SnapshotCodecs;
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

/** The journal of a server with these settings. */
export function openJournal(
  environment: ServerEnvironment, settings: Settings, state: { readonly database: Database; readonly stats: ServerStats }, events: JournalEvents,
): Journal {
  const { clock, random, logger, defer, snapshots, logs, gzip } = environment;
  const { preallocateBytes, forceSync, logBytesMax, snapCount, snapshotLogBytes, fsyncWarningMs, snapshotCompression: compression, snapshotsEndWithZxid: withLastZxid } = settings;
  const log = new TxnLog(logs, { preallocateBytes, forceSync, fileBytesMax: Math.max(0, logBytesMax) });
  const parts = { log, snapshots, codecs: new SnapshotCodecs(gzip), clock, random, logger, defer, ...state };
  return new Journal(parts, { snapCount, snapshotLogBytes, fsyncWarningMs, compression, withLastZxid }, events);
}

export class Journal {
  readonly #parts: JournalParts;
  readonly #options: JournalOptions;
  readonly #events: JournalEvents;
  #appended = 0n;
  #durable = 0n;
  #running: Promise<void> | null = null;
  #failed = false;
  #closed = false;
  #sinceSnapshot = 0;
  #snapshotAfter: number;
  #bytesAtSnapshot = 0;
  #snapshotAfterBytes: number;
  #snapshot: Promise<void> | null = null;

  constructor(parts: JournalParts, options: JournalOptions, events: JournalEvents) {
    this.#parts = parts;
    this.#options = options;
    this.#events = events;
    this.#snapshotAfter = this.#nextCadence(options.snapCount);
    this.#snapshotAfterBytes = this.#nextCadence(options.snapshotLogBytes);
  }

  /** Puts a transaction in line; `onDurable` tells when it is on the disk. What comes after `close` never is. */
  append(txn: Transaction): void {
    if (this.#failed || this.#closed) return;
    const { log } = this.#parts;
    log.append(transactionBytes(txn), txn.header.zxid);
    this.#appended = txn.header.zxid;
    this.#sinceSnapshot++;
    this.#running ??= new Promise((resolve) => this.#parts.defer(() => void this.#flush().finally(resolve)));
  }

  /** Takes a snapshot now, unless one is being written. If it cannot be written, that is logged and counted. */
  takeSnapshot(): Promise<void> {
    this.#snapshot ??= this.#trySnapshot().finally(() => {
      this.#snapshot = null;
    });
    return this.#snapshot;
  }

  /**
   * A snapshot for a person: not compressed, with the last transaction's zxid at its end, after the one that is being
   * written by itself, if any.
   *
   * @returns its name and the transaction that the name says
   * @throws StorageError when it cannot be written
   */
  async namedSnapshot(): Promise<NamedSnapshot> {
    while (this.#snapshot !== null) await this.#snapshot;
    const writing = this.#writeSnapshot({ compression: 'none', withLastZxid: true });
    this.#snapshot = writing.then(() => undefined, () => undefined).finally(() => {
      this.#snapshot = null;
    });
    return writing;
  }

  /**
   * The snapshot that must be there before the first log, for without one no server starts on a log.
   *
   * @throws StorageError when it cannot be written
   */
  async firstSnapshot(): Promise<void> {
    await this.#writeSnapshot(this.#options);
  }

  /** The next transaction begins a new file. */
  roll(): void {
    this.#parts.log.roll();
  }

  /** Resolves when everything appended is durable, or the disk has failed. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Waits until everything appended is durable, and closes the log. */
  async close(): Promise<void> {
    while (this.#running !== null || this.#snapshot !== null) await (this.#running ?? this.#snapshot);
    // Another journal may go on in this directory: what a late timer still has must not become a log beside its own.
    this.#closed = true;
    await this.#parts.log.close();
  }

  async #flush(): Promise<void> {
    try {
      for (let syncing = this.#beginSync(); syncing !== null; ) {
        const { upTo, startedMs, done } = syncing;
        await done;
        this.#noteSync(this.#parts.clock.monotonicMs() - startedMs);
        this.#durable = upTo;
        // The disk takes what came meanwhile while this is applied and answered.
        syncing = this.#beginSync();
        this.#events.onDurable(upTo);
        this.#considerSnapshot();
        syncing ??= this.#beginSync();
      }
    } catch (error) {
      this.#failed = true;
      this.#events.onFailure(error);
    } finally {
      this.#running = null;
    }
  }

  /** @returns null when the disk has everything */
  #beginSync(): { readonly upTo: bigint; readonly startedMs: number; readonly done: Promise<void> } | null {
    if (this.#durable >= this.#appended) return null;
    const done = this.#parts.log.sync();
    // Whoever awaits it hears of it; meanwhile it is nobody's unhandled failure.
    done.catch(() => undefined);
    return { upTo: this.#appended, startedMs: this.#parts.clock.monotonicMs(), done };
  }

  #noteSync(tookMs: number): void {
    const { stats, logger } = this.#parts;
    stats.fsync.add(tookMs);
    const limitMs = this.#options.fsyncWarningMs;
    if (tookMs <= limitMs) return;
    stats.count('fsync_threshold_exceed_count');
    logger.log('warn', 'the disk is slow to take the transaction log, which makes every write wait', { tookMs, limitMs });
  }

  #considerSnapshot(): void {
    if (this.#snapshot !== null) return;
    const { log } = this.#parts;
    const { snapCount, snapshotLogBytes } = this.#options;
    const byBytes = snapshotLogBytes > 0 && log.bytesAppended - this.#bytesAtSnapshot > this.#snapshotAfterBytes;
    if (this.#sinceSnapshot <= this.#snapshotAfter && !byBytes) return;
    this.#sinceSnapshot = 0;
    this.#bytesAtSnapshot = log.bytesAppended;
    this.#snapshotAfter = this.#nextCadence(snapCount);
    this.#snapshotAfterBytes = this.#nextCadence(snapshotLogBytes);
    log.roll();
    void this.takeSnapshot();
  }

  /** Half of the limit, and up to as much again by chance, so that servers do not all do it at once. */
  #nextCadence(limit: number): number {
    const half = Math.floor(limit / 2);
    return half + below(this.#parts.random, Math.max(1, half));
  }

  async #trySnapshot(): Promise<void> {
    try {
      await this.#writeSnapshot(this.#options);
    } catch (error) {
      // The log still holds everything: the server can go on, and tries again later.
      this.#parts.stats.count('snapshot_error_count');
      this.#parts.logger.log('error', 'a snapshot could not be written', { error });
    }
  }

  /** @throws StorageError */
  async #writeSnapshot({ compression, withLastZxid }: Pick<JournalOptions, 'compression' | 'withLastZxid'>): Promise<NamedSnapshot> {
    const { snapshots, codecs, database, clock, stats, logger, defer } = this.#parts;
    const started = clock.monotonicMs();
    const giveWay = (): Promise<void> => new Promise((resolve) => defer(resolve));
    const source = database.snapshot();
    const { zxid } = source;
    const name = await writeSnapshot(snapshots, source, giveWay, { compression, codecs, withLastZxid });
    stats.snapshots.add(clock.monotonicMs() - started);
    logger.log('info', 'snapshot written', { name });
    return { name, zxid };
  }
}
