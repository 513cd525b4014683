/**
 * A snapshot's plain bytes as they come in, value by value: only what is not read yet is held. Keeps the checksum of
 * everything that was read.
 */

import { adler32 } from '../../base/checksum.ts';
import { concatBytes, NO_BYTES } from '../../base/bytes.ts';
import { WireError } from '../../model/errors.ts';
import { JuteReader } from '../../wire/jute/jute-reader.ts';
import type { Chunks } from './stream-codec.ts';

/** The value is not all there yet: ask again after `more`. */
export const MORE = Symbol('more');

/** No single value of a snapshot is larger, however large jute.maxbuffer was. */
const VALUE_BYTES_MAX = 512 * 1024 * 1024;

export class SnapshotFeed {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #window: Uint8Array = NO_BYTES;
  #reader = new JuteReader(NO_BYTES);
  /** Bytes before the window. */
  #passed = 0;
  /** How far into the window the checksum goes. */
  #summed = 0;
  #adler = 1;
  #ended = false;

  constructor(chunks: Chunks) {
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Where the next value begins, in plain bytes. */
  get offset(): number {
    return this.#passed + this.#reader.offset;
  }

  /** Bytes that are here and not read. */
  get remaining(): number {
    return this.#reader.remaining;
  }

  /** The checksum of everything read. */
  get adler(): number {
    this.#adler = adler32(this.#window.subarray(this.#summed, this.#reader.offset), this.#adler);
    this.#summed = this.#reader.offset;
    return this.#adler;
  }

  /**
   * Reads a value when it is all there. Views of bytes that it has are valid until `more`.
   *
   * @throws WireError when the value is wrong, or the stream ended within it
   */
  take<T>(read: (reader: JuteReader) => T): T | typeof MORE {
    const start = this.#reader.offset;
    try {
      return read(this.#reader);
    } catch (error) {
      if (!(error instanceof WireError) || this.#ended) throw error;
      this.#reader = new JuteReader(this.#window, start);
      return MORE;
    }
  }

  /** Reads a value, however long it takes to come. @throws WireError as `take`, and what the stream throws */
  async next<T>(read: (reader: JuteReader) => T): Promise<T> {
    for (;;) {
      const value = this.take(read);
      if (value !== MORE) return value;
      await this.more();
    }
  }

  /** Waits for more bytes. @throws WireError when a value would be larger than any can be */
  async more(): Promise<void> {
    void this.adler;
    const unread = this.#window.subarray(this.#reader.offset);
    if (unread.length > VALUE_BYTES_MAX) throw new WireError(`a value of more than ${VALUE_BYTES_MAX} bytes`);
    this.#passed += this.#reader.offset;
    this.#window = concatBytes([unread, ...(await this.#atLeast(unread.length))]);
    this.#summed = 0;
    this.#reader = new JuteReader(this.#window);
  }

  /** Gives the source back, read to its end or not. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** As many bytes as are waiting already, so that a large value is not copied again for every chunk. */
  async #atLeast(bytes: number): Promise<readonly Uint8Array[]> {
    const chunks: Uint8Array[] = [];
    for (let have = 0; have <= bytes && !this.#ended; ) {
      const { done, value } = await this.#chunks.next();
      if (done === true) {
        this.#ended = true;
      } else {
        chunks.push(value);
        have += value.length;
      }
    }
    return chunks;
  }
}
