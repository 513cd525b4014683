/**
 * Cuts a history short (FileTxnSnapLog.truncateLog): a learner gives up transactions that its leader never committed.
 * Must hold: cut off at any moment, it leaves either the old history or the new one. So the snapshots that hold too
 * much go first, then the logs from the newest on.
 */

import { counterOf } from '../../model/zxid.ts';
import { follows, LOG_HEADER_BYTES } from './log-format.ts';
import type { SnapshotCodecs } from './compression.ts';
import { logsCovering, logsOf, snapshotsOf, type NamedFile } from './file-names.ts';
import { readLogFile } from './log-reader.ts';
import { readSnapshot } from './snapshot-reader.ts';
import { chunksOf } from './storage-access.ts';
import { StorageError } from './storage-error.ts';
import type { Storage } from './storage.ts';
import type { SnapshotTarget } from '../txn/snapshot-content.ts';

/**
 * Removes everything after `zxid`, where that leaves a whole history. Where it would not (the snapshots that are old
 * enough are gone, or a leader's tree left a hole in the log before), nothing is touched: what is here may be what the
 * ensemble counts on.
 *
 * @returns whether it was done
 */
export async function truncateAfter(snapshots: Storage, logs: Storage, zxid: bigint, codecs: SnapshotCodecs): Promise<boolean> {
  const early = snapshotsOf(await snapshots.list()).filter((file) => file.zxid <= zxid);
  const newest = early.at(-1);
  // One that was written while the server was at work may have more than its name says. The ones before it were whole
  // when it was begun, so they have nothing that it had not.
  const tooMuch = newest !== undefined && ((await reachOf(snapshots, newest, codecs)) ?? zxid) > zxid ? newest : null;
  const base = tooMuch === null ? newest : early.at(-2);
  if (base === undefined || (await reachOf(snapshots, base, codecs)) === null) return false;
  if (!(await leadsTo(logs, base.zxid, zxid))) return false;
  if (tooMuch !== null) await snapshots.remove(tooMuch.name);
  await removeAfter(snapshots, logs, zxid);
  return true;
}

/** Whether the logs have everything from a snapshot on up to `zxid`. */
async function leadsTo(logs: Storage, from: bigint, zxid: bigint): Promise<boolean> {
  let at = from;
  let next: bigint | null = null;
  let whole = true;
  for (const { name } of logsCovering(logsOf(await logs.list()), from)) {
    await readLogFile(logs, name, ({ txn }) => {
      const here = txn.header.zxid;
      if (here <= at || next !== null) return;
      if (here > zxid) {
        next = here;
        return;
      }
      if (!follows(at, here)) whole = false;
      at = here;
    });
  }
  // No transaction has the zxid with which an epoch begins: then the one after it tells that this is the place.
  return whole && (at === zxid || (counterOf(zxid) === 0 && next === zxid + 1n));
}

/** The last transaction that may be in a snapshot; null when it cannot be read. */
async function reachOf(snapshots: Storage, { name, zxid }: NamedFile, codecs: SnapshotCodecs): Promise<bigint | null> {
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
    return null;
  }
  return reach;
}

/** The same without looking whether enough is left: what is to come takes the place of all. */
export async function removeAfter(snapshots: Storage, logs: Storage, zxid: bigint): Promise<void> {
  for (const { name } of snapshotsOf(await snapshots.list()).filter((file) => file.zxid > zxid).reverse()) await snapshots.remove(name);
  const files = logsOf(await logs.list());
  for (const { name } of files.filter((file) => file.zxid > zxid).reverse()) await logs.remove(name);
  // Apache's followers write transactions again when they live through a change of the leader, in a new file as well:
  // then the file before has more than is wanted, too.
  for (const { name } of files.filter((file) => file.zxid <= zxid).reverse()) if (!(await cut(logs, name, zxid))) return;
}

/** Ends a log before its first transaction that is beyond. @returns whether there was one */
async function cut(logs: Storage, name: string, zxid: bigint): Promise<boolean> {
  let end = LOG_HEADER_BYTES;
  let more = false;
  await readLogFile(logs, name, (entry) => {
    if (entry.txn.header.zxid > zxid) more = true;
    else if (!more) end = entry.end;
  });
  if (more) await logs.truncate(name, end);
  return more;
}
