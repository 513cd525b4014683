/**
 * Brings a state back from its data directory: the newest snapshot that is sound, and every transaction logged after
 * it (FileTxnSnapLog.restore, FileSnap.deserialize). In: files. Out: the state, or an error that says what is missing;
 * never a state with something silently left out.
 */

import { silentLogger, type Logger } from '../../base/logger.ts';
import { formatId } from '../../model/zxid.ts';
import type { Storage } from './storage.ts';
import type { SnapshotTarget } from '../txn/snapshot-content.ts';
import { compressionOf, logsCovering, logsOf, snapshotsOf, type NamedFile } from './file-names.ts';
import type { SnapshotCodecs } from './compression.ts';
import type { Damage } from './log-format.ts';
import { readLogFile } from './log-reader.ts';
import { Replay } from './replay.ts';
import { endsAsSnapshot, SNAPSHOT_BYTES_MIN } from './snapshot-format.ts';
import { readSnapshot } from './snapshot-reader.ts';
import { chunksOf, reading, repairing } from './storage-access.ts';
import { StorageError } from './storage-error.ts';

export interface RecoverOptions<T extends SnapshotTarget> {
  /** An empty state (such as `() => new Database(...)`); asked for again when a snapshot proves broken halfway. */
  readonly newTarget: () => T;
  /** For compressed snapshots. */
  readonly codecs: SnapshotCodecs;
  /** Where the logs are, when not beside the snapshots (dataLogDir). */
  readonly logs?: Storage;
  /** snapshot.trust.empty: start from the logs alone when there is no snapshot. */
  readonly trustEmpty?: boolean;
  readonly logger?: Logger;
  /** A monotonic clock in ms; absent: it is not told how long it took. */
  readonly nowMs?: () => number;
}

export interface Recovered<T> {
  readonly target: T;
  /** The last transaction; 0 for an empty directory. */
  readonly zxid: bigint;
  /** The snapshot that was read; null when there was none. */
  readonly snapshot: string | null;
  readonly txnsReplayed: number;
  /** How long it took to find and read the snapshot, and then the logs, in ms. */
  readonly snapshotMs: number;
  readonly replayMs: number;
  /** Neither snapshot nor log was there: a fresh server, which must write a snapshot before it serves. */
  readonly fresh: boolean;
}

/** Older snapshots than this many are not tried (FileSnap.deserialize). */
const SNAPSHOTS_TRIED_MAX = 100;

interface Base<T> {
  readonly target: T;
  readonly zxid: bigint;
  readonly snapshot: string | null;
  /** The newest snapshot, when it could not be used: what its name says has happened. */
  readonly newer: NamedFile | null;
}

/**
 * Reads the newest sound snapshot and replays every later transaction. What it gives is durable: a process that was
 * killed leaves transactions that only the system's memory holds. A log without a whole transaction in it is removed:
 * the next one may need its name, and Apache's server does not start on one without a header.
 *
 * @throws StorageError when snapshots or logs are damaged, missing, or do not fit together
 */
export async function recover<T extends SnapshotTarget>(
  storage: Storage,
  options: RecoverOptions<T>,
): Promise<Recovered<T>> {
  const { nowMs = () => 0 } = options;
  const startedMs = nowMs();
  const logStorage = options.logs ?? storage;
  const logger = options.logger ?? silentLogger;
  const names = await reading(null, storage.list());
  const logNames = logStorage === storage ? names : await reading(null, logStorage.list());
  if (logStorage !== storage) checkPlaces(names, logNames);
  const snapshots = snapshotsOf(names).reverse();
  const logs = logsOf(logNames);
  const base = await readNewest(storage, snapshots, logs, options, logger);
  const snapshotMs = nowMs() - startedMs;
  if (base === null) {
    return { target: options.newTarget(), zxid: 0n, snapshot: null, txnsReplayed: 0, snapshotMs, replayMs: 0, fresh: true };
  }
  const replay = new Replay(base.target, base.zxid, base.snapshot !== null);
  for (const { name } of logsCovering(logs, base.zxid)) {
    replay.ended(name, await readLogFile(logStorage, name, (entry) => replay.entry(name, entry)));
  }
  const damage = replay.finish(base.snapshot);
  if (base.newer !== null && base.newer.zxid > replay.zxid) throw behind(base.newer, replay.zxid);
  if (damage !== null) await cutOff(logStorage, damage, logger);
  if (replay.lastWhole !== null) {
    const { name, end, doubtful } = replay.lastWhole;
    await repairing(name, logStorage.truncate(name, end, doubtful));
  }
  for (const name of replay.hollow) {
    logger.log('warn', 'a log without a whole transaction is removed', { file: name });
    await repairing(name, logStorage.remove(name));
  }
  logger.log('info', 'data recovered', { snapshot: base.snapshot, txns: replay.count, zxid: formatId(replay.zxid) });
  return { target: base.target, zxid: replay.zxid, snapshot: base.snapshot, txnsReplayed: replay.count, snapshotMs, replayMs: nowMs() - startedMs - snapshotMs, fresh: false };
}

/** Files in the wrong directory would be passed over (FileTxnSnapLog.checkLogDir, checkSnapDir). */
function checkPlaces(names: readonly string[], logNames: readonly string[]): void {
  const [log] = logsOf(names);
  const [snapshot] = snapshotsOf(logNames);
  if (log !== undefined) {
    throw new StorageError('Misplaced', `${log.name} lies in dataDir, but dataLogDir says that logs lie elsewhere: move all logs there, or take dataLogDir away`, log.name);
  }
  if (snapshot !== undefined) {
    throw new StorageError('Misplaced', `${snapshot.name} lies in dataLogDir, but snapshots belong in dataDir: move it there, or correct the two settings`, snapshot.name);
  }
}

/**
 * Takes the torn end off a log, so that the next start, of this server or of Apache's, does not meet it again. Whole
 * transactions in it, which nobody was told of either, are kept in a file of their own.
 */
async function cutOff(storage: Storage, damage: Damage, logger: Logger): Promise<void> {
  const { file, offset, what, entriesAfter } = damage;
  if (entriesAfter > 0) {
    await repairing(file, storage.writeWhole(`torn-end-of-${file}-at-${offset}`, chunksOf(storage, file, offset)));
  }
  logger.log('warn', 'the unfinished end of a log is cut off: it was never acknowledged', { file, offset, what, entriesAfter });
  await repairing(file, storage.truncate(file, offset));
}

/** @param snapshots newest first @returns null for a directory with nothing in it */
async function readNewest<T extends SnapshotTarget>(
  storage: Storage,
  snapshots: readonly NamedFile[],
  logs: readonly NamedFile[],
  options: RecoverOptions<T>,
  logger: Logger,
): Promise<Base<T> | null> {
  const complaints: StorageError[] = [];
  for (const { name, zxid } of snapshots.slice(0, SNAPSHOTS_TRIED_MAX)) {
    try {
      await checkEnd(storage, name);
      const target = options.newTarget();
      await readSnapshot(name, zxid, options.codecs.unpack(name, chunksOf(storage, name)), target);
      return { target, zxid, snapshot: name, newer: complaints.length === 0 ? null : (snapshots[0] ?? null) };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      logger.log('warn', 'a snapshot cannot be used', { file: name, reason: error.message });
      complaints.push(error);
    }
  }
  // A first start that was cut short leaves an unfinished snapshot of nothing, and no log.
  const firstStart = logs.length === 0 && snapshots.every(({ zxid }) => zxid === 0n);
  const [complaint] = complaints;
  if (complaint !== undefined && !(firstStart && complaint.code === 'SnapshotCorrupt')) throw unusable(complaint, complaints.length);
  if (logs.length === 0) return null;
  if (options.trustEmpty !== true) throw missing(logs);
  logger.log('warn', 'there is no snapshot; starting from the logs alone, as told', { first: logs[0]?.name });
  return { target: options.newTarget(), zxid: 0n, snapshot: null, newer: null };
}

/** The cheap check first: a snapshot that was not written to its end is not worth reading. */
async function checkEnd(storage: Storage, name: string): Promise<void> {
  if (compressionOf(name) !== null) return;
  if (!endsAsSnapshot(await reading(name, storage.readTail(name, SNAPSHOT_BYTES_MIN)))) {
    throw new StorageError('SnapshotCorrupt', `${name} was not written to its end`, name);
  }
}

function unusable(first: StorageError, count: number): StorageError {
  const rest = count === 1 ? '' : ` (and ${count - 1} older ones)`;
  return new StorageError(
    first.code,
    `no snapshot can be used: ${first.message}${rest}. Put a sound one back, or, in an ensemble, ` +
      'empty this server’s version-2 and let it copy the data from the others.',
    first.file,
    first.offset,
  );
}

/** A snapshot holds what was in the log before, so the log must reach it (Apache's server starts with less). */
function behind({ name, zxid }: NamedFile, end: bigint): StorageError {
  return new StorageError(
    'LogGap',
    `${name} cannot be used, and without it the data ends at ${formatId(end)}: transactions up to ${formatId(zxid)} are ` +
      'missing. Put a sound copy of it, or the logs before it, back. Only to go on without those transactions, ' +
      'or in an ensemble, whose other servers have them, move that file away and start again.',
    name,
  );
}

function missing(logs: readonly NamedFile[]): StorageError {
  return new StorageError(
    'SnapshotMissing',
    `there are transaction logs (from ${logs[0]?.name}) but no snapshot, so the beginning may be missing. ` +
      'Put the snapshots back, or, in an ensemble, empty this server’s version-2 and let it copy the data from the ' +
      'others. Only if the logs begin with the very first transaction (an upgrade from 3.4), start once with snapshot.trust.empty=true.',
  );
}
