/** Bytes to values in Jute's encoding (facts 1.1). Every length is checked before it is believed. */

import { decodeUtf8 } from '../../base/text.ts';
import { WireError } from '../../model/errors.ts';

const longBytes = new Uint8Array(8);
const longView = new DataView(longBytes.buffer);

export class JuteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#at = offset;
  }

  /** Where the next value begins. */
  get offset(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws WireError when fewer bytes are left than the value needs; so do all readers below */
  byte(): number {
    return ((this.#bytes[this.#take(1, 'byte')] as number) << 24) >> 24;
  }

  /** Any byte but zero is true, as Java reads it. */
  bool(): boolean {
    return this.#bytes[this.#take(1, 'boolean')] !== 0;
  }

  int(): number {
    const at = this.#take(4, 'int');
    const bytes = this.#bytes;
    // Making a DataView for each reader would cost more than most records take to read.
    return ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  }

  long(): bigint {
    const at = this.#take(8, 'long');
    for (let i = 0; i < 8; i++) longBytes[i] = this.#bytes[at + i] as number;
    return longView.getBigInt64(0);
  }

  /** A view of the bytes, not a copy; null for length -1. */
  buffer(): Uint8Array | null {
    const length = this.int();
    if (length === -1) return null;
    if (length < 0) throw new WireError(`a buffer of ${length} bytes at offset ${this.#at - 4}`);
    const start = this.#take(length, 'buffer');
    return this.#bytes.subarray(start, start + length);
  }

  ustring(): string | null {
    const length = this.int();
    if (length === -1) return null;
    if (length < 0) throw new WireError(`a string of ${length} bytes at offset ${this.#at - 4}`);
    const start = this.#take(length, 'string');
    return decodeUtf8(this.#bytes, start, start + length);
  }

  /**
   * The number of elements of a vector; null for -1. A count that the bytes left cannot hold is refused
   * before anything is made for it.
   *
   * @param elementBytesMin the fewest bytes that one element takes
   */
  count(elementBytesMin = 1): number | null {
    const count = this.int();
    if (count === -1) return null;
    if (count < 0 || count * elementBytesMin > this.remaining) {
      throw new WireError(`a vector of ${count} elements with ${this.remaining} bytes left`);
    }
    return count;
  }

  /** The next bytes as they are: a view, not a copy. */
  raw(length: number): Uint8Array {
    const start = this.#take(length, 'bytes');
    return this.#bytes.subarray(start, start + length);
  }

  /** Everything that is left: a view, not a copy. */
  rest(): Uint8Array {
    return this.raw(this.remaining);
  }

  /** Passes over bytes. */
  skip(length: number): void {
    this.#take(length, 'bytes');
  }

  /** A copy of what was read since `start`, an earlier `offset`. */
  copyFrom(start: number): Uint8Array {
    return this.#bytes.slice(start, this.#at);
  }

  #take(length: number, what: string): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) {
      throw new WireError(`truncated: ${what} of ${length} bytes at offset ${start} of ${this.#bytes.length}`);
    }
    this.#at = start + length;
    return start;
  }
}
