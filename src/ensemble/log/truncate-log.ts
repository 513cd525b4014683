/**
 * Cuts a history short (FileTxnSnapLog.truncateLog): a learner gives up transactions that its leader never committed.
 * Must hold: cut off at any moment, it leaves either the old history or the new one. So the snapshots that hold too
 * much go first, then the logs from the newest on.
 */

import { formatId } from '../../model/zxid.ts';
import { LOG_HEADER_BYTES } from './log-format.ts';
import { logsOf, snapshotsOf } from './file-names.ts';
import { readLogFile } from './log-reader.ts';
import { StorageError } from './storage-error.ts';
import type { Storage } from './storage.ts';

/**
 * Removes everything after `zxid`.
 *
 * @throws StorageError when no snapshot is old enough to go on from
 */
export async function truncateAfter(snapshots: Storage, logs: Storage, zxid: bigint): Promise<void> {
  const all = snapshotsOf(await snapshots.list());
  if (!all.some((file) => file.zxid <= zxid)) {
    throw new StorageError(
      'SnapshotMissing',
      `the leader wants everything after ${formatId(zxid)} cut off, and every snapshot here is newer. ` +
        'Empty this server’s data directory and let it copy the data from the others.',
    );
  }
  await removeAfter(snapshots, logs, zxid);
}

/** The same without looking whether enough is left: what is to come takes the place of all. */
export async function removeAfter(snapshots: Storage, logs: Storage, zxid: bigint): Promise<void> {
  for (const { name } of snapshotsOf(await snapshots.list()).filter((file) => file.zxid > zxid).reverse()) await snapshots.remove(name);
  const files = logsOf(await logs.list());
  for (const { name } of files.filter((file) => file.zxid > zxid).reverse()) await logs.remove(name);
  const last = files.findLast((file) => file.zxid <= zxid);
  if (last !== undefined) await cut(logs, last.name, zxid);
}

async function cut(logs: Storage, name: string, zxid: bigint): Promise<void> {
  let end = LOG_HEADER_BYTES;
  let more = false;
  await readLogFile(logs, name, (entry) => {
    if (entry.txn.header.zxid <= zxid) end = entry.end;
    else more = true;
  });
  if (more) await logs.truncate(name, end);
}
