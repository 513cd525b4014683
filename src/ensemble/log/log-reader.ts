/**
 * A log read from its disk, a piece at a time: however large it is, only a piece, or an entry that is larger, is in
 * memory. In: a storage and a name. Out: entries, and how the file ends.
 */

import { concatBytes } from '../../base/bytes.ts';
import { beginsAsLog, damageAt, entriesIn, LOG_HEADER_BYTES, noLog, type Damage, type LogEntry, type Stop } from './log-format.ts';
import { isAllZero, SECTOR_BYTES } from './log-tail.ts';
import type { Storage } from './storage.ts';
import { chunksOf, reading } from './storage-access.ts';

/** More than this behind a place that cannot be read is no unfinished batch, and is not looked at. */
const REST_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Reads one file.
 *
 * @param take is given each entry, in order; what it throws ends the reading
 * @returns what is wrong with the end of the file; null for a clean end
 * @throws StorageError LogCorrupt when the file is no log at all, ReadFailed when the disk refuses
 */
export async function readLogFile(storage: Storage, name: string, take: (entry: LogEntry) => void): Promise<Damage | null> {
  const fileBytes = await reading(name, storage.size(name));
  if (fileBytes < LOG_HEADER_BYTES) return null;
  const stop = await readEntries(storage, name, fileBytes, take);
  if (stop === null) return (await restOf(storage, name, 0)) === NOTHING ? null : noLog(name);
  const from = Math.floor(stop.at / SECTOR_BYTES) * SECTOR_BYTES;
  const rest = await restOf(storage, name, from);
  if (rest === TOO_MUCH) return { file: name, offset: stop.at, what: stop.what ?? 'an entry is cut short', torn: false, entriesAfter: 0 };
  return damageAt(name, stop, rest, from);
}

/** @returns null when the file does not begin as a log */
async function readEntries(storage: Storage, name: string, fileBytes: number, take: (entry: LogEntry) => void): Promise<Stop | null> {
  let stop: Stop = { at: LOG_HEADER_BYTES, what: null, unknown: false, need: 0 };
  let begun = false;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  for await (const chunk of chunksOf(storage, name)) {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes < (begun ? stop.need : LOG_HEADER_BYTES)) continue;
    let bytes = waiting.length === 1 ? chunk : concatBytes(waiting);
    if (!begun) {
      if (beginsAsLog(bytes) !== true) return null;
      bytes = bytes.subarray(LOG_HEADER_BYTES);
      begun = true;
    }
    const base = stop.at;
    const entries = entriesIn(bytes, base, fileBytes);
    let step = entries.next();
    for (; step.done !== true; step = entries.next()) take(step.value);
    stop = step.value;
    if (stop.what !== null) return stop;
    const left = bytes.subarray(stop.at - base);
    waiting = [left];
    waitingBytes = left.length;
  }
  return stop;
}

const NOTHING = new Uint8Array(0);
const TOO_MUCH = new Uint8Array(0);

/** A file's bytes from an offset on, without the pieces of zeros that it ends with; NOTHING when all are zeros. */
async function restOf(storage: Storage, name: string, from: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let zeros = 0;
  let bytes = 0;
  for await (const chunk of chunksOf(storage, name, from)) {
    if (isAllZero(chunk)) {
      zeros += chunk.length;
      continue;
    }
    bytes += zeros + chunk.length;
    if (bytes > REST_BYTES_MAX) return TOO_MUCH;
    if (zeros > 0) parts.push(new Uint8Array(zeros));
    parts.push(chunk);
    zeros = 0;
  }
  if (parts.length === 0) return NOTHING;
  // An entry that begins in the last piece may reach beyond it.
  if (zeros > 0) parts.push(new Uint8Array(Math.min(zeros, SECTOR_BYTES)));
  return concatBytes(parts);
}
