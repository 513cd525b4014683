/** Names in a data directory: `log.<zxid>` and `snapshot.<zxid>`, in hex (Apache's persistence/Util). */

import { formatId } from '../../model/zxid.ts';

const LOG = 'log';
const SNAPSHOT = 'snapshot';

export interface NamedFile {
  readonly name: string;
  /** Of a log: its first transaction. Of a snapshot: the last one that is certainly in. */
  readonly zxid: bigint;
}

export function logName(firstZxid: bigint): string {
  return `${LOG}.${formatId(firstZxid).slice(2)}`;
}

/** @param ending of a compressed one, with its dot */
export function snapshotName(zxid: bigint, ending = ''): string {
  return `${SNAPSHOT}.${formatId(zxid).slice(2)}${ending}`;
}

/** The logs among the names, oldest first. */
export function logsOf(names: readonly string[]): NamedFile[] {
  return filesOf(names, LOG);
}

/** The snapshots among the names, compressed ones too, oldest first. */
export function snapshotsOf(names: readonly string[]): NamedFile[] {
  return filesOf(names, SNAPSHOT);
}

/** `gz` or `snappy` for a compressed snapshot, else null (SnapStream.getStreamMode). */
export function compressionOf(name: string): string | null {
  const extension = name.split('.')[2];
  return extension === undefined || extension === '' ? null : extension;
}

function filesOf(names: readonly string[], prefix: string): NamedFile[] {
  const files: NamedFile[] = [];
  for (const name of names) {
    const [kind, hex] = name.split('.');
    // Java reads a signed number: nothing from 2^63 on, and no sign here.
    if (kind !== prefix || hex === undefined || !/^[0-9a-f]{1,16}$/i.test(hex)) continue;
    const zxid = BigInt(`0x${hex}`);
    if (zxid < 1n << 63n) files.push({ name, zxid });
  }
  return files.sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : 0));
}

/**
 * The logs that may hold transactions after a zxid: from the last one that begins at or before it
 * (FileTxnLog.getLogFiles, FileTxnIterator.init).
 *
 * @param logs oldest first
 */
export function logsCovering(logs: readonly NamedFile[], zxid: bigint): readonly NamedFile[] {
  const start = logs.findLastIndex((log) => log.zxid <= zxid);
  return logs.slice(Math.max(start, 0));
}
