/**
 * The disk as the ensemble sees it: one directory of files (`version-2`). platform/ implements it with Node's
 * files, test/sim with a disk that loses and tears what was not synced.
 */

export interface StorageFile {
  /** Appends at the end of what was written before (not at the end of preallocated space). */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when all appended bytes would survive a power cut. */
  sync(): Promise<void>;
  /** Makes room ahead with zeros, without moving the end of what was appended. */
  preallocate(totalBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface Storage {
  /** File names, unsorted. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  /** The last bytes of a file: `bytes` of them, or all when it is shorter. */
  readTail(name: string, bytes: number): Promise<Uint8Array>;
  /** A file's bytes from an offset (0 unless given) to its end, in pieces, so that a large one need not be in memory at once. */
  stream(name: string, from?: number): AsyncIterable<Uint8Array>;
  /**
   * Creates a file that must not exist and that begins with these bytes. It is there with all of them, durably, or not
   * at all: Apache's server does not start on a log without a whole header.
   */
  create(name: string, first: Uint8Array): Promise<StorageFile>;
  /** Writes a whole file under a temporary name, syncs it, and renames it: all or nothing. */
  writeWhole(name: string, parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  /**
   * Cuts a file to a length, and makes what is left durable although an earlier sync of it may have failed: from
   * `doubtful` on it is written again, for the system may take what it failed to write for written.
   */
  truncate(name: string, bytes: number, doubtful?: number): Promise<void>;
  remove(name: string): Promise<void>;
  size(name: string): Promise<number>;
  /** When it was written last, ms since 1970; where the disk tells it. */
  modifiedMs?(name: string): Promise<number>;
}
