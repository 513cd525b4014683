/**
 * Cuts a history short (FileTxnSnapLog.truncateLog): a learner gives up transactions that its leader never committed.
 * Must hold: cut off at any moment, it leaves either the old history or the new one. So the snapshots that hold too
 * much go first, then the logs from the newest on.
 */

import { formatId } from '../../model/zxid.ts';
import { LOG_HEADER_BYTES } from './log-format.ts';
import type { SnapshotCodecs } from './compression.ts';
import { logsOf, snapshotsOf, type NamedFile } from './file-names.ts';
import { readLogFile } from './log-reader.ts';
import { readSnapshot } from './snapshot-reader.ts';
import { chunksOf } from './storage-access.ts';
import { StorageError } from './storage-error.ts';
import type { Storage } from './storage.ts';
import type { SnapshotTarget } from '../txn/snapshot-content.ts';

/**
 * Removes everything after `zxid`.
 *
 * @throws StorageError when no snapshot is old enough to go on from
 */
export async function truncateAfter(snapshots: Storage, logs: Storage, zxid: bigint, codecs: SnapshotCodecs): Promise<void> {
  const early = snapshotsOf(await snapshots.list()).filter((file) => file.zxid <= zxid);
  const newest = early.at(-1);
  // One that was written while the server was at work may have more than its name says. The ones before it were whole
  // when it was begun, so they have nothing that it had not.
  const tooMuch = newest !== undefined && (await reachOf(snapshots, newest, codecs)) > zxid ? newest : null;
  if (early.length === 0 || (tooMuch !== null && early.length === 1)) {
    throw new StorageError(
      'SnapshotMissing',
      `the leader wants everything after ${formatId(zxid)} cut off, and every snapshot here is newer. ` +
        'Empty this server’s data directory and let it copy the data from the others.',
    );
  }
  if (tooMuch !== null) await snapshots.remove(tooMuch.name);
  await removeAfter(snapshots, logs, zxid);
}

/** The last transaction that may be in a snapshot. One that cannot be read is passed over by whoever recovers from it. */
async function reachOf(snapshots: Storage, { name, zxid }: NamedFile, codecs: SnapshotCodecs): Promise<bigint> {
  let reach = zxid;
  const nothing = (): void => undefined;
  const target: SnapshotTarget = {
    addSession: nothing, addAcl: nothing, addNode: nothing, replay: nothing, awaitedDigest: null,
    finish: (_zxid, digest) => {
      if (digest !== null && digest.zxid > reach) reach = digest.zxid;
    },
  };
  try {
    await readSnapshot(name, zxid, codecs.unpack(name, chunksOf(snapshots, name)), target);
  } catch (error) {
    if (!(error instanceof StorageError) || error.code === 'ReadFailed') throw error;
  }
  return reach;
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
