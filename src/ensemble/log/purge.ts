/**
 * Removes old snapshots and the logs that no kept snapshot needs (Apache's PurgeTxnLog). Must hold: every snapshot
 * kept can still be brought forward to the end.
 */

import { UsageError } from '../../model/errors.ts';
import type { Storage } from './storage.ts';
import { compressionOf, logsCovering, logsOf, snapshotsOf, type NamedFile } from './file-names.ts';
import { endsAsSnapshot, SNAPSHOT_BYTES_MIN } from './snapshot-format.ts';

/** Fewer are never kept (autopurge.snapRetainCount). */
export const SNAPSHOTS_KEPT_MIN = 3;

/**
 * Keeps the newest snapshots that were written to their end, everything newer than the oldest of them, and the log
 * that covers it.
 *
 * @param keep how many, at least 3
 * @param logs where the logs are, when not beside the snapshots
 * @returns the names of the files removed
 * @throws UsageError for fewer than 3
 */
export async function purge(storage: Storage, keep: number, logs: Storage = storage): Promise<readonly string[]> {
  if (!Number.isInteger(keep) || keep < SNAPSHOTS_KEPT_MIN) {
    throw new UsageError('BadRetainCount', `at least ${SNAPSHOTS_KEPT_MIN} snapshots must be kept, not ${keep}`);
  }
  const snapshots = snapshotsOf(await storage.list());
  const oldestKept = await oldestOfNewest(storage, snapshots, keep);
  if (oldestKept === null) return [];
  const allLogs = logsOf(await logs.list());
  const needed = new Set(logsCovering(allLogs, oldestKept.zxid).map(({ name }) => name));
  const removed: string[] = [];
  for (const { name } of snapshots.filter(({ zxid }) => zxid < oldestKept.zxid)) {
    await storage.remove(name);
    removed.push(name);
  }
  for (const { name, zxid } of allLogs) {
    if (zxid >= oldestKept.zxid || needed.has(name)) continue;
    await logs.remove(name);
    removed.push(name);
  }
  return removed;
}

async function oldestOfNewest(storage: Storage, snapshots: readonly NamedFile[], keep: number): Promise<NamedFile | null> {
  let oldest: NamedFile | null = null;
  let found = 0;
  for (let i = snapshots.length - 1; i >= 0 && found < keep; i--) {
    const snapshot = snapshots[i] as NamedFile;
    if (!(await isWhole(storage, snapshot.name))) continue;
    oldest = snapshot;
    found++;
  }
  return oldest;
}

async function isWhole(storage: Storage, name: string): Promise<boolean> {
  if (compressionOf(name) !== null) return (await storage.size(name)) >= SNAPSHOT_BYTES_MIN;
  return endsAsSnapshot(await storage.readTail(name, SNAPSHOT_BYTES_MIN));
}
