/**
 * Frames of the client port: an int length, which does not count itself, and the payload (facts 1.2).
 * In go chunks as the socket gives them; out come whole payloads.
 */

import { WireError } from '../model/errors.ts';
import type { Codec } from './jute/codec.ts';
import { JuteWriter } from './jute/jute-writer.ts';

/** What Apache's servers accept unless jute.maxbuffer says otherwise: 0xfffff bytes. */
export const JUTE_MAX_BUFFER_DEFAULT = 0xfffff;
/** The most that a length can say. */
export const FRAME_BYTES_MAX = 0x7fff_ffff;

export class FrameDecoder {
  #limit: number;
  readonly #head = new Uint8Array(4);
  #headLength = 0;
  #need = -1;
  #parts: Uint8Array[] = [];
  #have = 0;

  /** @param limit the longest payload, in bytes, that is taken */
  constructor(limit: number = FRAME_BYTES_MAX) {
    this.#limit = limit;
  }

  /** Changes the limit for the frames whose length has not been read yet. */
  set limit(bytes: number) {
    this.#limit = bytes;
  }

  /** Bytes that were taken and are part of no whole frame yet. */
  get pendingBytes(): number {
    return this.#headLength + this.#have;
  }

  /**
   * Takes a chunk and hands each payload that it completes to `onFrame`, in order. A payload is a view
   * of the chunk where it lies within it whole: it must be read or copied before the chunk is reused.
   *
   * @throws WireError when a length is negative or above the limit
   */
  push(chunk: Uint8Array, onFrame: (payload: Uint8Array) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#need < 0) {
        at = this.#takeHead(chunk, at);
        if (this.#need < 0) return;
      }
      const take = Math.min(this.#need - this.#have, chunk.length - at);
      const part = chunk.subarray(at, at + take);
      at += take;
      if (this.#have === 0 && take === this.#need) {
        this.#reset();
        onFrame(part);
        continue;
      }
      // Kept parts must outlive the caller's chunk.
      this.#parts.push(part.slice());
      this.#have += take;
      if (this.#have === this.#need) onFrame(this.#join());
    }
    if (this.#need === 0) {
      this.#reset();
      onFrame(new Uint8Array(0));
    }
  }

  #takeHead(chunk: Uint8Array, start: number): number {
    let at = start;
    while (at < chunk.length && this.#headLength < 4) this.#head[this.#headLength++] = chunk[at++] as number;
    if (this.#headLength < 4) return at;
    const length = new DataView(this.#head.buffer).getInt32(0);
    if (length < 0 || length > this.#limit) {
      throw new WireError(`a frame of ${length} bytes; the limit is ${this.#limit}`);
    }
    this.#need = length;
    return at;
  }

  #join(): Uint8Array {
    const out = new Uint8Array(this.#have);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    this.#reset();
    return out;
  }

  #reset(): void {
    this.#headLength = 0;
    this.#need = -1;
    this.#parts = [];
    this.#have = 0;
  }
}

/** A frame made of values: the length and, after it, each value in turn. */
export function encodeFrame(...parts: readonly FramePart[]): Uint8Array {
  const writer = new JuteWriter();
  writer.int(0);
  for (const part of parts) part(writer);
  writer.intAt(0, writer.length - 4);
  return writer.finish();
}

/** One value of a frame. */
export type FramePart = (writer: JuteWriter) => void;

/** A record as a part of a frame. */
export function part<T>(codec: Codec<T>, value: T): FramePart {
  return (writer) => codec.write(writer, value);
}

/** Bytes as a part of a frame. */
export function rawPart(bytes: Uint8Array): FramePart {
  return (writer) => writer.raw(bytes);
}
