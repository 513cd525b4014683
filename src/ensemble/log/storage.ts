/**
 * The disk as the ensemble sees it: one directory of files (`version-2`). platform/ implements it with Node's
 * files, test/sim with a disk that loses and tears what was not synced.
 */

export interface StorageFile {
  /** Appends at the end of what was appended before (not at the end of preallocated space). */
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
  /** Creates a file that must not exist; its name is durable once its first sync resolved. */
  create(name: string): Promise<StorageFile>;
  /** Writes a whole file under a temporary name, syncs it, and renames it: all or nothing. */
  writeWhole(name: string, parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  /** Cuts a file to a length and syncs it. */
  truncate(name: string, bytes: number): Promise<void>;
  remove(name: string): Promise<void>;
  size(name: string): Promise<number>;
}
