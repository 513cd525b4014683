/**
 * Where a log stops being readable: is it what a crash leaves of a write that nobody was told of, or did something
 * happen to what had been written? The first may be cut off, the second must not.
 *
 * A log grows batch by batch, each synced before the next is written. So a crash leaves all batches but the last, and
 * of the last any of its sectors: those that never reached the disk read as zeros.
 */

import { adler32 } from '../../base/checksum.ts';

/** Disks write a sector whole or not at all. */
export const SECTOR_BYTES = 512;
const CHECKSUM_AT = 4;
const LENGTH_AT = 8;
const TXN_AT = 12;
const OVERHEAD_BYTES = 13;
const MARK = 0x42;
/** Header of a transaction; no entry is shorter. */
const TXN_BYTES_MIN = 32;
/** The most transactions in a batch: TxnLog syncs at least that often (SyncRequestProcessor's maxBatchSize). */
export const BATCH_TXNS_MAX = 1000;

export interface Tail {
  /** A write that was cut short; false: something else happened to the file. */
  readonly torn: boolean;
  /** Whole entries behind the damage. */
  readonly entriesAfter: number;
}

/** @param at where the first entry begins that cannot be read, or whose length is 0 @returns null for a clean end */
export function examineTail(bytes: Uint8Array, at: number): Tail | null {
  const dataEnd = lastNonZero(bytes) + 1;
  if (dataEnd <= at) return null;
  const entriesAfter = countEntries(bytes, at + 1);
  if (entriesAfter > BATCH_TXNS_MAX) return { torn: false, entriesAfter };
  const claimed = claimedEnd(bytes, at);
  // Not in the room made ahead, whatever a damaged length says.
  if (hasLostSector(bytes, at, Math.min(claimed ?? dataEnd, dataEnd))) return { torn: true, entriesAfter };
  // Nothing is behind the damage: a write that ended early, unless it is all there and something else is wrong.
  const endedEarly = entriesAfter === 0 && claimed !== null && dataEnd < claimed;
  return { torn: endedEarly && !isWholeBut(bytes, at, dataEnd), entriesAfter };
}

/** Whether there is nothing but zeros. */
export function isAllZero(bytes: Uint8Array): boolean {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset % 4 === 0 ? bytes.byteOffset : 0, bytes.byteOffset % 4 === 0 ? bytes.length >> 2 : 0);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return isZero(bytes, words.length * 4, bytes.length);
}

function lastNonZero(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (at >= 0 && bytes[at] === 0) at--;
  return at;
}

/** Where the entry says that it ends; null when it says nothing that can be. */
function claimedEnd(bytes: Uint8Array, at: number): number | null {
  if (at + TXN_AT > bytes.length) return at + TXN_AT + OVERHEAD_BYTES;
  const length = viewOf(bytes).getInt32(at + LENGTH_AT);
  return length < 0 ? null : at + length + OVERHEAD_BYTES;
}

/** Whether a sector that the entry lies in has, from the entry on, nothing but zeros. */
function hasLostSector(bytes: Uint8Array, at: number, end: number): boolean {
  for (let sector = Math.floor(at / SECTOR_BYTES) * SECTOR_BYTES; sector < end; sector += SECTOR_BYTES) {
    const from = Math.max(sector, at);
    const to = Math.min(sector + SECTOR_BYTES, bytes.length);
    // The upper half of the checksum is zeros in any case, and says nothing.
    if (to <= at + CHECKSUM_AT) continue;
    if (isZero(bytes, from, to)) return true;
  }
  return false;
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** An entry that is all there, to its mark, with only its length damaged. */
function isWholeBut(bytes: Uint8Array, at: number, dataEnd: number): boolean {
  if (dataEnd - at < TXN_BYTES_MIN + OVERHEAD_BYTES || bytes[dataEnd - 1] !== MARK) return false;
  return viewOf(bytes).getUint32(at + CHECKSUM_AT) === adler32(bytes.subarray(at + TXN_AT, dataEnd - 1));
}

/** Entries that can be found although the one before them cannot be read. */
function countEntries(bytes: Uint8Array, from: number): number {
  const view = viewOf(bytes);
  let count = 0;
  for (let at = from; at + OVERHEAD_BYTES + TXN_BYTES_MIN <= bytes.length; ) {
    const length = view.getInt32(at + LENGTH_AT);
    const end = at + length + OVERHEAD_BYTES;
    const looksWhole = length >= TXN_BYTES_MIN && end <= bytes.length && bytes[end - 1] === MARK && view.getUint32(at) === 0;
    if (looksWhole && view.getUint32(at + CHECKSUM_AT) === adler32(bytes.subarray(at + TXN_AT, end - 1))) {
      count++;
      at = end;
    } else {
      at++;
    }
  }
  return count;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
