/**
 * Everything that a member keeps: tree and sessions, log and snapshots, the newest committed transactions, the epochs.
 * It outlives the member's terms. Must hold: what the log has and the tree has not is known to whoever put it there.
 */

import { SYNC_DEFAULTS, type SyncSettings } from '../config/member-settings.ts';
import type { Settings } from '../config/settings.ts';
import type { ServerEnvironment } from '../environment.ts';
import { openJournal, type Journal } from '../journal.ts';
import { SnapshotCodecs } from '../log/compression.ts';
import { finishInstall, installSnapshot } from '../log/install-snapshot.ts';
import { readTransactions } from '../log/read-committed.ts';
import { recover } from '../log/recovery.ts';
import { snapshotsOf } from '../log/file-names.ts';
import { truncateAfter } from '../log/truncate-log.ts';
import { epochOf } from '../../model/zxid.ts';
import { noteStartup } from '../startup-figures.ts';
import type { ServerStats } from '../processors/stats.ts';
import { CommittedLog } from '../replication/leader/committed-log.ts';
import { Database } from '../tree/database.ts';
import type { Transaction } from '../txn/transaction.ts';
import { announcing } from './announcing-storage.ts';
import { EpochFiles } from './epoch-files.ts';

export interface StorehouseEvents {
  onDurable(zxid: bigint): void;
  /** The disk failed: nothing may be acknowledged any more. */
  onFailure(error: unknown): void;
}

/** What a leader reads from its logs for one learner, at most, where no snapshot tells (snapshotSizeFactor). */
const SYNC_BYTES_MIN = 4 * 1024 * 1024;
const SNAPSHOT_SIZE_FACTOR = 0.33;

export class Storehouse {
  readonly epochs: EpochFiles;
  readonly #environment: ServerEnvironment;
  readonly #settings: Settings;
  readonly #sync: SyncSettings;
  readonly #stats: ServerStats;
  readonly #events: StorehouseEvents;
  #database: Database;
  #journal: Journal;
  #committed: CommittedLog;
  #logged: bigint;
  #failure: { readonly reason: unknown } | null = null;
  /** Before this the logs may hold what never was committed. */
  #floor: bigint;

  private constructor(
    environment: ServerEnvironment, settings: Settings, sync: SyncSettings, stats: ServerStats, events: StorehouseEvents, state: State, epochs: EpochFiles,
  ) {
    this.#sync = sync;
    this.#environment = environment;
    this.#settings = settings;
    this.#stats = stats;
    this.#events = events;
    this.epochs = epochs;
    this.#database = state.database;
    this.#committed = state.committed;
    this.#logged = state.database.tree.lastZxid;
    this.#floor = state.floor;
    this.#journal = this.#openJournal();
  }

  /** Brings everything back from the disk. @throws StorageError */
  static async open(
    environment: ServerEnvironment, settings: Settings, stats: ServerStats, events: StorehouseEvents, sync: SyncSettings = SYNC_DEFAULTS,
  ): Promise<Storehouse> {
    await finishInstall(environment.snapshots, environment.logs);
    const state = await restore(environment, settings, sync, stats);
    const epochs = await EpochFiles.open(environment.snapshots, state.database.tree.lastZxid);
    const house = new Storehouse(environment, settings, sync, stats, events, state, epochs);
    if (state.fresh) await house.#journal.firstSnapshot();
    return house;
  }

  get database(): Database {
    return this.#database;
  }

  get committed(): CommittedLog {
    return this.#committed;
  }

  /** The last transaction that was put in line for the log. */
  get lastLogged(): bigint {
    return this.#logged;
  }

  append(txn: Transaction): void {
    const { zxid } = txn.header;
    if (epochOf(zxid) !== epochOf(this.#logged)) this.#journal.roll();
    this.#logged = zxid;
    this.#journal.append(txn);
  }

  /**
   * Resolves when everything that was appended is on disk.
   *
   * @throws what the disk failed with: then nothing may be said of what was appended
   */
  async settled(): Promise<void> {
    await this.#journal.settled();
    if (this.#failure !== null) throw this.#failure.reason;
  }

  /** Takes in what is committed, or what the end of a term makes part of the history, outside of serving. */
  apply(txn: Transaction): void {
    this.#database.replay(txn);
    this.#committed.add(txn);
  }

  /** The beginning of a leader's epoch counts as a zxid, though no transaction has it. */
  beginEpoch(zxid: bigint): void {
    this.#logged = zxid;
    this.#database.tree.lastZxid = zxid;
  }

  /** The committed log on disk, from the newest transaction at or before `from`; empty when it does not reach back so far. */
  async readLog(from: bigint): Promise<readonly Transaction[]> {
    if (from < this.#floor) return [];
    const txns = await readTransactions(this.#environment.logs, from, await this.#syncBytesMax());
    const first = txns[0]?.header.zxid ?? 0n;
    // Where a leader's tree took the place of what was here, the log has a hole before it.
    return first < this.#floor ? [] : txns;
  }

  /**
   * Cuts off everything after a transaction.
   *
   * @returns false when what is left would have a hole: then nothing is touched, and only a leader's tree helps
   * @throws StorageError
   */
  async truncate(zxid: bigint): Promise<boolean> {
    const { snapshots, logs, gzip } = this.#environment;
    await this.#journal.close();
    const done = await truncateAfter(snapshots, logs, zxid, new SnapshotCodecs(gzip));
    if (done) this.#take(await restore(this.#environment, this.#settings, this.#sync, this.#stats));
    else this.#journal = this.#openJournal();
    return done;
  }

  /** A tree from the leader takes the place of everything. @throws StorageError */
  async install(database: Database): Promise<void> {
    const { snapshots, logs } = this.#environment;
    await this.#journal.close();
    await installSnapshot(snapshots, logs, database.snapshot());
    this.#take({ database, committed: new CommittedLog(this.#sync.commitLogCount), floor: database.tree.lastZxid, fresh: false });
  }

  /** An empty state, to be filled with a tree from the leader. */
  newDatabase(): Database {
    return newDatabase(this.#environment, this.#settings);
  }

  /** A snapshot of now, and its file's name. @throws StorageError */
  namedSnapshot(): ReturnType<Journal['namedSnapshot']> {
    return this.#journal.namedSnapshot();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #take(state: State): void {
    this.#database = state.database;
    this.#committed = state.committed;
    this.#logged = state.database.tree.lastZxid;
    this.#floor = state.floor;
    this.#journal = this.#openJournal();
  }

  #openJournal(): Journal {
    const state = { database: this.#database, stats: this.#stats };
    // Only what is written is announced: whoever reads must see that logs and snapshots are in one directory.
    const logs = announcing(this.#environment.logs, (epoch) => this.epochs.announce(epoch));
    return openJournal({ ...this.#environment, logs }, this.#settings, state, {
      onDurable: (zxid) => this.#events.onDurable(zxid),
      onFailure: (error) => {
        this.#failure ??= { reason: error };
        this.#events.onFailure(error);
      },
    });
  }

  /** More than a third of a snapshot is better sent as one; a log of little, in any case, unless somebody decided. */
  async #syncBytesMax(): Promise<number> {
    const { snapshotSizeFactor } = this.#sync;
    const { snapshots } = this.#environment;
    const newest = snapshotsOf(await snapshots.list()).at(-1);
    const bytes = newest === undefined ? 0 : await snapshots.size(newest.name);
    return snapshotSizeFactor === null ? Math.max(SYNC_BYTES_MIN, bytes * SNAPSHOT_SIZE_FACTOR) : bytes * snapshotSizeFactor;
  }
}

interface State {
  readonly database: Database;
  readonly committed: CommittedLog;
  readonly floor: bigint;
  readonly fresh: boolean;
}

async function restore(environment: ServerEnvironment, settings: Settings, { commitLogCount }: SyncSettings, stats: ServerStats): Promise<State> {
  const { snapshots, logs, logger, gzip, clock } = environment;
  let committed = new CommittedLog(commitLogCount);
  let done = false;
  const newTarget = (): Database => {
    committed = new CommittedLog(commitLogCount);
    return newDatabase(environment, settings, (txn) => {
      if (!done) committed.add(txn);
    });
  };
  const codecs = new SnapshotCodecs(gzip);
  const { trustEmptySnapshot: trustEmpty } = settings;
  const recovered = await recover(snapshots, { newTarget, codecs, logs, trustEmpty, logger, nowMs: () => clock.monotonicMs() });
  const { target, snapshot, fresh } = recovered;
  done = true;
  noteStartup(stats, recovered);
  const floor = snapshot === null ? 0n : (snapshotsOf([snapshot])[0]?.zxid ?? 0n);
  return { database: target, committed, floor, fresh };
}

function newDatabase({ random }: ServerEnvironment, settings: Settings, onReplay?: (txn: Transaction) => void): Database {
  const { extendedTypes, digestEnabled } = settings;
  const options = { extendedTypes, digestEnabled, hashSeed: random.uint32() };
  return onReplay === undefined ? new Database(options) : new ListeningDatabase(options, onReplay);
}

/** Tells of what is replayed into it: the newest of that brings learners up to date. */
class ListeningDatabase extends Database {
  readonly #onReplay: (txn: Transaction) => void;

  constructor(options: ConstructorParameters<typeof Database>[0], onReplay: (txn: Transaction) => void) {
    super(options);
    this.#onReplay = onReplay;
  }

  override replay(txn: Transaction): void {
    super.replay(txn);
    this.#onReplay(txn);
  }
}
