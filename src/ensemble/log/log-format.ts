/**
 * The bytes of a transaction log (facts 4.6; FileTxnLog, Util.readTxnBytes): a header, then entries of a checksum, a
 * length, the transaction, and 0x42; then zeros, for room made ahead.
 */

import { adler32 } from '../../base/checksum.ts';
import { counterOf, epochOf, formatId } from '../../model/zxid.ts';
import { WireError } from '../../model/errors.ts';
import { decodeTransaction } from '../txn/transaction-codec.ts';
import type { Transaction } from '../txn/transaction.ts';
import { examineTail } from './log-tail.ts';
import { StorageError } from './storage-error.ts';

/** "ZKLG" */
const MAGIC = 0x5a4b_4c47;
const VERSION = 2;
export const LOG_HEADER_BYTES = 16;
/** Checksum and length before the transaction, the mark after it. */
export const ENTRY_OVERHEAD_BYTES = 13;
const ENTRY_MARK = 0x42;

/** Magic, version, and database id 0. */
export function logHeader(): Uint8Array {
  const bytes = new Uint8Array(LOG_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, MAGIC);
  view.setInt32(4, VERSION);
  return bytes;
}

/**
 * Writes one entry.
 *
 * @param view of `bytes`, which has room for it from `at` on
 * @param txn what encodeTransaction gave; not empty
 * @returns where the entry ends
 */
export function putLogEntry(bytes: Uint8Array, view: DataView, at: number, txn: Uint8Array): number {
  view.setUint32(at, 0);
  view.setUint32(at + 4, adler32(txn));
  view.setInt32(at + 8, txn.length);
  bytes.set(txn, at + 12);
  const end = at + txn.length + ENTRY_OVERHEAD_BYTES;
  bytes[end - 1] = ENTRY_MARK;
  return end;
}

/** One entry by itself. */
export function logEntry(txn: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(txn.length + ENTRY_OVERHEAD_BYTES);
  putLogEntry(bytes, new DataView(bytes.buffer), 0, txn);
  return bytes;
}

export interface LogEntry {
  readonly txn: Transaction;
  /** The transaction as it was logged: a view of the file's bytes. */
  readonly bytes: Uint8Array;
  /** Where the entry begins and ends in the file. */
  readonly offset: number;
  readonly end: number;
}

/** A log that does not simply end. */
export interface Damage {
  readonly file: string;
  /** Where the first entry begins that cannot be read. */
  readonly offset: number;
  readonly what: string;
  /** A write that a crash cut short, of which nobody was told that it succeeded. */
  readonly torn: boolean;
  /** Whole transactions behind the damage. */
  readonly entriesAfter: number;
}

/** How a file begins: as a log does, with too few bytes to say, or as something else. */
export function beginsAsLog(bytes: Uint8Array): boolean | null {
  // A header that was cut short: Apache's server made the file, and then the lights went out.
  if (bytes.length < LOG_HEADER_BYTES) return null;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(0) === MAGIC;
}

/** @throws StorageError LogCorrupt, always */
export function noLog(name: string): never {
  throw corrupt({ file: name, offset: 0, what: 'it does not begin as a transaction log does', torn: false, entriesAfter: 0 });
}

/** Where the entries of some bytes stop. */
export interface Stop {
  /** In the file: where the next entry begins, or the one that cannot be read. */
  readonly at: number;
  /** Why; null: only the bytes given end here. */
  readonly what: string | null;
  /** The bytes are as they were written, but say something that is not known here. */
  readonly unknown: boolean;
  /** With fewer bytes than this from `at` on nothing more can be read. */
  readonly need: number;
}

/**
 * The entries that lie whole in some bytes of a file. What Apache's server takes for an end of the file (a length of
 * 0, a missing mark) is a stop like any other: it may be the place where an acknowledged transaction was lost.
 *
 * @param bytes a piece of the file that begins where an entry does
 * @param base where that is
 * @param fileBytes the length of the whole file
 */
export function* entriesIn(bytes: Uint8Array, base: number, fileBytes: number): Generator<LogEntry, Stop, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let need = ENTRY_OVERHEAD_BYTES;
  const stop = (what: string | null, unknown = false): Stop => ({ at: base + at, what, unknown, need });
  for (; at + ENTRY_OVERHEAD_BYTES <= bytes.length; need = ENTRY_OVERHEAD_BYTES) {
    const length = view.getInt32(at + 8);
    if (length === 0) return stop('there are bytes behind its end');
    const end = at + length + ENTRY_OVERHEAD_BYTES;
    if (length < 0 || base + end > fileBytes) return stop(`an entry of ${length} bytes`);
    need = end - at;
    if (end > bytes.length) return stop(null);
    const txn = bytes.subarray(at + 12, end - 1);
    if (view.getUint32(at) !== 0 || view.getUint32(at + 4) !== adler32(txn)) return stop('the checksum of an entry is wrong');
    if (bytes[end - 1] !== ENTRY_MARK) return stop('the mark behind an entry is missing');
    const decoded = decodeEntry(txn);
    if (typeof decoded === 'string') return stop(`an entry cannot be read: ${decoded}`, true);
    yield { txn: decoded, bytes: txn, offset: base + at, end: base + end };
    at = end;
  }
  return stop(null);
}

/**
 * What a stop means, from the end of the file.
 *
 * @param rest the file from the beginning of a sector at or before the stop; zeros at its end may be left out
 * @param base where that is in the file
 * @returns null for a clean end
 */
export function damageAt(file: string, { at, what, unknown }: Stop, rest: Uint8Array, base: number): Damage | null {
  const found = { file, offset: at, what: what ?? 'an entry is cut short' };
  if (unknown) return { ...found, torn: false, entriesAfter: 0 };
  const tail = examineTail(rest, at - base);
  return tail === null ? null : { ...found, ...tail };
}

/**
 * The entries of a file that is in memory, up to its end or to the first that cannot be read; the damage, or null for a
 * clean end, is the generator's result. For a file on a disk there is readLogFile.
 *
 * @throws StorageError LogCorrupt when the file is no log at all
 */
export function* readLog(name: string, bytes: Uint8Array): Generator<LogEntry, Damage | null, undefined> {
  if (beginsAsLog(bytes) !== true) return bytes.length < LOG_HEADER_BYTES || bytes.every((byte) => byte === 0) ? null : noLog(name);
  const stop = yield* entriesIn(bytes.subarray(LOG_HEADER_BYTES), LOG_HEADER_BYTES, bytes.length);
  return damageAt(name, stop, bytes, 0);
}

/** @returns what is wrong, when it cannot be decoded */
function decodeEntry(bytes: Uint8Array): Transaction | string {
  try {
    return decodeTransaction(bytes);
  } catch (error) {
    if (error instanceof WireError) return error.message;
    throw error;
  }
}

/** What people read about a log that something happened to. */
export function corrupt({ file, offset, what, entriesAfter }: Damage): StorageError {
  const lost = entriesAfter === 0 ? 'what comes after it' : `${entriesAfter} transactions that come after it`;
  return new StorageError(
    'LogCorrupt',
    `${file} is damaged at byte ${offset}: ${what}. Everything before that byte is sound. ` +
      'In an ensemble, empty this server’s version-2 and let it copy the data from the others; ' +
      `a server on its own needs a backup, or the file cut at that byte, which loses ${lost}.`,
    file,
    offset,
  );
}

/** For messages: the transaction after which something is missing. */
export function gap(name: string, before: bigint, after: bigint): StorageError {
  return new StorageError(
    'LogGap',
    `transactions are missing: after ${formatId(before)} comes ${formatId(after)} in ${name}. ` +
      'A log or a newer snapshot was removed, or the end of a log was lost. ' +
      'Put the missing files back, or, in an ensemble, empty this server’s version-2 and let it copy from the others.',
    name,
  );
}

/** Every zxid is logged, so within an epoch there are no holes, and an epoch begins with 1. */
export function follows(before: bigint, after: bigint): boolean {
  return epochOf(before) === epochOf(after) ? after === before + 1n : counterOf(after) === 1;
}
