/** Values to bytes in Jute's encoding: big-endian, lengths in front, -1 for null (facts 1.1). */

import { encodeUtf8 } from '../../base/text.ts';

const START_BYTES = 128;
/** A writer that is used again gives back more memory than this. */
const KEPT_BYTES_MAX = 64 * 1024;

export class JuteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param sizeHint bytes to make room for at the start */
  constructor(sizeHint = START_BYTES) {
    this.#bytes = new Uint8Array(Math.max(sizeHint, 16));
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
  }

  bool(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  int(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.#length, value);
    this.#length += 4;
  }

  long(value: bigint): void {
    this.#room(8);
    this.#view.setBigInt64(this.#length, value);
    this.#length += 8;
  }

  buffer(value: Uint8Array | null): void {
    if (value === null) {
      this.int(-1);
      return;
    }
    this.#room(4 + value.length);
    this.int(value.length);
    this.raw(value);
  }

  ustring(value: string | null): void {
    if (value === null || !this.#ascii(value)) this.buffer(value === null ? null : encodeUtf8(value));
  }

  /** Bytes as they are, with no length in front. */
  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Overwrites the int at an offset that was written before (frame lengths). */
  intAt(offset: number, value: number): void {
    this.#view.setInt32(offset, value);
  }

  /** What was written, without a copy; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written; the writer is empty afterwards and may be used again. */
  take(): Uint8Array {
    const out = this.#bytes.slice(0, this.#length);
    this.clear();
    return out;
  }

  /** Forgets what was written; the writer may be used again. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length <= KEPT_BYTES_MAX) return;
    this.#bytes = new Uint8Array(START_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Writes text that is plain ASCII, as paths nearly always are; false, and nothing written, for any other. */
  #ascii(text: string): boolean {
    this.#room(4 + text.length);
    const start = this.#length + 4;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      this.#bytes[start + i] = unit;
    }
    this.#view.setInt32(this.#length, text.length);
    this.#length = start + text.length;
    return true;
  }

  /** Forgets what was written, to write anew into the same memory: what `finish` gave before is overwritten. */
  reset(): void {
    this.#length = 0;
  }

  #room(more: number): void {
    const need = this.#length + more;
    if (need <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(need, this.#bytes.length * 2));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
