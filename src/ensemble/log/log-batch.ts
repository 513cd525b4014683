/** Log entries on their way to a file, one behind the other in one piece of memory that is used again. */

import { ENTRY_OVERHEAD_BYTES, putLogEntry } from './log-format.ts';

const START_BYTES = 16 * 1024;
/** A batch that has grown beyond this gives its memory back. */
const KEPT_BYTES_MAX = 512 * 1024;

export class LogBatch {
  #bytes = new Uint8Array(START_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #count = 0;

  /** How many entries it has. */
  get count(): number {
    return this.#count;
  }

  /** The entries: a view, good until `clear`. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @param txn what encodeTransaction gave, which is copied @returns the bytes that the entry takes */
  add(txn: Uint8Array): number {
    const entryBytes = txn.length + ENTRY_OVERHEAD_BYTES;
    this.#makeRoom(this.#length + entryBytes);
    this.#length = putLogEntry(this.#bytes, this.#view, this.#length, txn);
    this.#count++;
    return entryBytes;
  }

  clear(): void {
    this.#length = 0;
    this.#count = 0;
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#use(new Uint8Array(START_BYTES));
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.#bytes.length * 2));
    grown.set(this.bytes);
    this.#use(grown);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
