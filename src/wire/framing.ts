/**
 * Frames of the client port: an int length, which does not count itself, and the payload (facts 1.2).
 * In go chunks as the socket gives them; out come whole payloads.
 */

import { NO_BYTES } from '../base/bytes.ts';
import { WireError } from '../model/errors.ts';
import type { Codec } from './jute/codec.ts';
import { JuteWriter } from './jute/jute-writer.ts';

/** What Apache's servers accept unless jute.maxbuffer says otherwise: 0xfffff bytes. */
export const JUTE_MAX_BUFFER_DEFAULT = 0xfffff;
/** The most that a length can say. */
export const FRAME_BYTES_MAX = 0x7fff_ffff;

/** A frame's memory grows up to this much at once: a length is believed only as its bytes arrive. */
const GROWTH_BYTES = 64 * 1024;

export class FrameDecoder {
  #limit: number;
  readonly #mayCome: ((bytes: number) => boolean) | null;
  #headLength = 0;
  #head = 0;
  /** The length of the frame that is being read; -1 while its head is. */
  #need = -1;
  #body: Uint8Array = NO_BYTES;
  #have = 0;

  /**
   * @param limit the longest payload, in bytes, that is taken
   * @param mayCome asked about each payload when its length is known; false refuses it like one above the limit
   */
  constructor(limit: number = FRAME_BYTES_MAX, mayCome: ((bytes: number) => boolean) | null = null) {
    this.#limit = limit;
    this.#mayCome = mayCome;
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
   * `onFrame` must not push; when it throws, the rest of the chunk is lost.
   *
   * @throws WireError when a length is negative or above the limit, or refused
   */
  push(chunk: Uint8Array, onFrame: (payload: Uint8Array) => void): void {
    // A subclass such as Node's Buffer would lend its own slice(), which does not copy, to every value read from it.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    let at = 0;
    while (at < bytes.length) {
      if (this.#need < 0) {
        at = this.#takeHead(bytes, at);
        if (this.#need < 0) return;
      }
      const take = Math.min(this.#need - this.#have, bytes.length - at);
      if (take === this.#need) {
        this.#startFrame();
        onFrame(bytes.subarray(at, at + take));
      } else if (take > 0) {
        this.#keep(bytes.subarray(at, at + take));
        if (this.#have === this.#need) onFrame(this.#takeBody());
      }
      at += take;
    }
  }

  #takeHead(bytes: Uint8Array, start: number): number {
    let at = start;
    while (this.#headLength < 4) {
      if (at === bytes.length) return at;
      this.#head = (this.#head << 8) | (bytes[at++] as number);
      this.#headLength++;
    }
    if (this.#head < 0 || this.#head > this.#limit) {
      throw new WireError(`a frame of ${this.#head} bytes; the limit is ${this.#limit}`);
    }
    if (this.#mayCome?.(this.#head) === false) throw new WireError(`a frame of ${this.#head} bytes, and no room for it now`);
    this.#need = this.#head;
    return at;
  }

  #keep(part: Uint8Array): void {
    const length = this.#have + part.length;
    if (length > this.#body.length) {
      const room = Math.min(this.#need, Math.max(length, this.#body.length * 2, GROWTH_BYTES));
      const body = new Uint8Array(room);
      body.set(this.#body.subarray(0, this.#have));
      this.#body = body;
    }
    this.#body.set(part, this.#have);
    this.#have = length;
  }

  #takeBody(): Uint8Array {
    const body = this.#body;
    this.#startFrame();
    return body;
  }

  #startFrame(): void {
    this.#headLength = 0;
    this.#head = 0;
    this.#need = -1;
    this.#body = NO_BYTES;
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
