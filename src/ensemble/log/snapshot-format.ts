/** Constants of snapshot files that writer and reader share (facts 4.7; FileSnap, SnapStream). */

/** "ZKSN" */
export const SNAPSHOT_MAGIC = 0x5a4b_534e;
export const SNAPSHOT_VERSION = 2;
export const SNAPSHOT_DBID = -1n;
/** The path that ends the nodes, and every seal. */
export const END_PATH = '/';
/** long Adler-32, ustring "/" */
export const SEAL_BYTES = 13;
/** long zxid, int version, long digest */
export const DIGEST_BYTES = 20;
/** long zxid */
export const LAST_ZXID_BYTES = 8;
/** How a snapshot that was written to its end ends: the "/" of the last seal. */
export const LAST_BYTES: readonly number[] = [0, 0, 0, 1, 0x2f];
/** The fewest bytes of a file that Apache looks at (SnapStream.isValidCheckedStream). */
export const SNAPSHOT_BYTES_MIN = 10;

/** Whether a file with this tail was written to its end. @param tail at least its last 10 bytes */
export function endsAsSnapshot(tail: Uint8Array): boolean {
  if (tail.length < SNAPSHOT_BYTES_MIN) return false;
  return LAST_BYTES.every((byte, i) => tail[tail.length - LAST_BYTES.length + i] === byte);
}
