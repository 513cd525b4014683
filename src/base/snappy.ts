/**
 * Snappy's block format (format_description.txt of google/snappy): a length, then runs of literal bytes and copies of
 * what came before. Blocks are small; what strings them together is up to the caller.
 */

const HASH_BITS = 14;
const MATCH_BYTES_MIN = 4;
const COPY_BYTES_MAX = 64;
const SHORT_COPY_OFFSET_MAX = 2048;
/** So that every offset fits the two-byte copy. */
export const SNAPPY_BLOCK_BYTES_MAX = 65_535;

const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;

/** A block is not what a compressor wrote. */
export class SnappyError extends Error {
  override readonly name = 'SnappyError';
}

/**
 * Unpacks one block.
 *
 * @param bytesMax the longest result that is believed
 * @throws SnappyError for a damaged block
 */
export function snappyUnpack(block: Uint8Array, bytesMax: number): Uint8Array {
  let at = 0;
  const next = (): number => {
    const byte = block[at++];
    if (byte === undefined) throw new SnappyError('a snappy block is cut short');
    return byte;
  };
  const little = (bytes: number): number => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += next() * 2 ** (8 * i);
    return value;
  };
  const length = varint(next);
  if (length > bytesMax) throw new SnappyError(`a snappy block of ${length} bytes`);
  const out = new Uint8Array(length);
  let end = 0;
  while (at < block.length) {
    const tag = next();
    if ((tag & 3) === LITERAL) {
      const code = tag >>> 2;
      const count = (code < 60 ? code : little(code - 59)) + 1;
      if (at + count > block.length || end + count > length) throw new SnappyError('a snappy literal is too long');
      out.set(block.subarray(at, at + count), end);
      at += count;
      end += count;
      continue;
    }
    const short = (tag & 3) === COPY_1;
    const count = short ? ((tag >>> 2) & 7) + MATCH_BYTES_MIN : (tag >>> 2) + 1;
    const offset = short ? ((tag >>> 5) << 8) + next() : little((tag & 3) === COPY_2 ? 2 : 4);
    if (offset === 0 || offset > end || end + count > length) throw new SnappyError('a snappy copy from nowhere');
    // Byte by byte: a copy may overlap what it writes, which is how runs are coded.
    for (let i = 0; i < count; i++, end++) out[end] = out[end - offset] as number;
  }
  if (end !== length) throw new SnappyError('a snappy block is shorter than it says');
  return out;
}

function varint(next: () => number): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = next();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new SnappyError('a snappy block without a length');
}

/**
 * Packs bytes to one block.
 *
 * @param bytes at most SNAPPY_BLOCK_BYTES_MAX
 * @throws SnappyError for more
 */
export function snappyPack(bytes: Uint8Array): Uint8Array {
  if (bytes.length > SNAPPY_BLOCK_BYTES_MAX) throw new SnappyError(`${bytes.length} bytes are too many for a block`);
  const out = new Writer(bytes);
  const seen = new Uint16Array(1 << HASH_BITS);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let from = 0;
  let at = 1;
  while (at + MATCH_BYTES_MIN <= bytes.length) {
    const word = view.getUint32(at, true);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
    const candidate = seen[slot] as number;
    seen[slot] = at;
    if (candidate >= at || view.getUint32(candidate, true) !== word) {
      // What does not match for long is skipped faster and faster.
      at += 1 + ((at - from) >>> 5);
      continue;
    }
    let end = at + MATCH_BYTES_MIN;
    while (end < bytes.length && bytes[end] === bytes[candidate + end - at]) end++;
    out.literal(from, at);
    out.copy(at - candidate, end - at);
    from = end;
    at = end;
  }
  out.literal(from, bytes.length);
  return out.finish();
}

class Writer {
  readonly #from: Uint8Array;
  readonly #out: Uint8Array;
  #at = 0;

  constructor(from: Uint8Array) {
    this.#from = from;
    // Literals cost at most a tag of three bytes a run, and a run is followed by a copy that saves at least one byte.
    this.#out = new Uint8Array(32 + from.length + Math.ceil(from.length / 6));
    let rest = from.length;
    for (; rest >= 0x80; rest >>>= 7) this.#put((rest & 0x7f) | 0x80);
    this.#put(rest);
  }

  literal(start: number, end: number): void {
    const last = end - start - 1;
    if (last < 0) return;
    if (last < 60) {
      this.#put(last << 2);
    } else if (last < 0x100) {
      this.#put(60 << 2);
      this.#put(last);
    } else {
      this.#put(61 << 2);
      this.#put(last & 0xff);
      this.#put(last >>> 8);
    }
    this.#out.set(this.#from.subarray(start, end), this.#at);
    this.#at += end - start;
  }

  copy(offset: number, bytes: number): void {
    let left = bytes;
    while (left > 0) {
      // The last piece must not be shorter than a short copy can say.
      const piece = left > COPY_BYTES_MAX ? Math.min(COPY_BYTES_MAX, left - MATCH_BYTES_MIN) : left;
      if (piece < 12 && offset < SHORT_COPY_OFFSET_MAX) {
        this.#put(((offset >>> 8) << 5) | ((piece - MATCH_BYTES_MIN) << 2) | COPY_1);
        this.#put(offset & 0xff);
      } else {
        this.#put(((piece - 1) << 2) | COPY_2);
        this.#put(offset & 0xff);
        this.#put(offset >>> 8);
      }
      left -= piece;
    }
  }

  finish(): Uint8Array {
    return this.#out.subarray(0, this.#at);
  }

  #put(byte: number): void {
    this.#out[this.#at++] = byte;
  }
}
