/**
 * The bytes of a transaction log (facts 4.6; FileTxnLog, Util.readTxnBytes): a header, then entries of a checksum, a
 * length, the transaction, and 0x42; then zeros, for room made ahead.
 */

import { adler32 } from '../../base/checksum.ts';
import { formatId } from '../../model/zxid.ts';
import { WireError } from '../../model/errors.ts';
import { decodeTransaction } from '../txn/transaction-codec.ts';
import type { Transaction } from '../txn/transaction.ts';
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

/** One entry. @param txn what encodeTransaction gave; not empty */
export function logEntry(txn: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(txn.length + ENTRY_OVERHEAD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, adler32(txn));
  view.setInt32(8, txn.length);
  bytes.set(txn, 12);
  bytes[bytes.length - 1] = ENTRY_MARK;
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

/**
 * The entries of one file. It ends where the file does, at a length of 0, and at an entry that is not whole: that is
 * how a write looks that was cut short, and nobody was told that it succeeded.
 *
 * @throws StorageError LogCorrupt when the header or an entry is not what was written
 */
export function* readLog(name: string, bytes: Uint8Array): IterableIterator<LogEntry> {
  // A header that was cut short: the file was made, and then the lights went out.
  if (bytes.length < LOG_HEADER_BYTES) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getInt32(0) !== MAGIC) {
    if (bytes.every((byte) => byte === 0)) return;
    throw corrupt(name, 0, 'it does not begin as a transaction log does');
  }
  for (let at = LOG_HEADER_BYTES; at + ENTRY_OVERHEAD_BYTES <= bytes.length; ) {
    const length = view.getInt32(at + 8);
    if (length === 0) return;
    if (length < 0) throw corrupt(name, at, `an entry of ${length} bytes`);
    const end = at + length + ENTRY_OVERHEAD_BYTES;
    if (end > bytes.length || bytes[end - 1] !== ENTRY_MARK) return;
    const txn = bytes.subarray(at + 12, end - 1);
    if (view.getUint32(at) !== 0 || view.getUint32(at + 4) !== adler32(txn)) {
      throw corrupt(name, at, 'the checksum of an entry is wrong');
    }
    yield { txn: decodeEntry(name, at, txn), bytes: txn, offset: at, end };
    at = end;
  }
}

function decodeEntry(name: string, at: number, bytes: Uint8Array): Transaction {
  try {
    return decodeTransaction(bytes);
  } catch (error) {
    if (error instanceof WireError) throw corrupt(name, at, `an entry cannot be read: ${error.message}`);
    throw error;
  }
}

function corrupt(name: string, offset: number, what: string): StorageError {
  return new StorageError(
    'LogCorrupt',
    `${name} is damaged at byte ${offset}: ${what}. Everything before that byte is sound. ` +
      'In an ensemble, empty this server’s data directory and let it copy the data from the others; ' +
      'a server on its own needs a backup, or the file cut at that byte, which loses what comes after it.',
    name,
    offset,
  );
}

/** For messages: the transaction after which something is missing. */
export function gap(name: string, before: bigint, after: bigint): StorageError {
  return new StorageError(
    'LogGap',
    `transactions are missing: after ${formatId(before)} comes ${formatId(after)} in ${name}. ` +
      'A log or a newer snapshot was removed, or the end of a log was lost. ' +
      'Put the missing files back, or, in an ensemble, empty this server’s data directory and let it copy from the others.',
    name,
  );
}
