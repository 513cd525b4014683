/**
 * Short byte strings outside the garbage collector's reach: a Uint8Array of its own costs about 200 bytes beside its
 * content, which for a node's name or a few bytes of data is most of the memory. Blocks of equal size share free
 * lists; long strings get an array of their own.
 */

import { NO_BYTES } from '../../base/bytes.ts';
import { invariant } from '../../base/invariant.ts';

/** Names a string in the heap; 0 is the empty one, negative ones are long. */
export type BytesRef = number;

const UNIT_SHIFT = 3;
const CHUNK_SHIFT = 18;
const CHUNK_UNITS_SHIFT = CHUNK_SHIFT - UNIT_SHIFT;
const CHUNK_UNITS_MASK = (1 << CHUNK_UNITS_SHIFT) - 1;
const CHUNK_BYTES = 1 << CHUNK_SHIFT;
/** Longer strings than this get an array of their own. */
const SHORT_BYTES_MAX = 1024;
const CLASS_BYTES = classSizes();
const CLASS_OF_UNITS = classOfUnits();

/** Steps of 8 bytes up to 128, then eight to a doubling: at most an eighth is wasted. */
function classSizes(): number[] {
  const sizes: number[] = [];
  for (let bytes = 8; bytes <= SHORT_BYTES_MAX; bytes += Math.max(8, 2 ** (Math.floor(Math.log2(bytes)) - 3))) {
    sizes.push(bytes);
  }
  return sizes;
}

function classOfUnits(): Uint8Array {
  const classes = new Uint8Array((SHORT_BYTES_MAX >> UNIT_SHIFT) + 1);
  for (let units = 0, at = 0; units < classes.length; units++) {
    if (units << UNIT_SHIFT > (CLASS_BYTES[at] as number)) at++;
    classes[units] = at;
  }
  return classes;
}

export class ByteHeap {
  readonly #chunks: Uint8Array[] = [];
  readonly #long: (Uint8Array | undefined)[] = [];
  readonly #longFree: number[] = [];
  /** The first free block of each class, 0 for none; a free block's first four bytes name the next one. */
  readonly #free = new Int32Array(CLASS_BYTES.length);
  /** The unit where the unused rest of the last chunk begins. */
  #top = 0;

  /** Bytes held from the system, used or free. */
  get heldBytes(): number {
    let bytes = this.#chunks.length * CHUNK_BYTES;
    for (const long of this.#long) bytes += long?.length ?? 0;
    return bytes;
  }

  /** Keeps a copy of bytes[from, to). */
  put(bytes: Uint8Array, from = 0, to = bytes.length): BytesRef {
    const length = to - from;
    if (length === 0) return 0;
    if (length > SHORT_BYTES_MAX) return this.#putLong(bytes.slice(from, to));
    const ref = this.#take(CLASS_OF_UNITS[(length + 7) >> UNIT_SHIFT] as number);
    const chunk = this.chunkOf(ref);
    const at = this.offsetOf(ref);
    for (let i = 0; i < length; i++) chunk[at + i] = bytes[from + i] as number;
    return ref;
  }

  /** A copy that stays as it is. @param length as given to `put` */
  copy(ref: BytesRef, length: number): Uint8Array {
    if (length === 0) return NO_BYTES;
    // Long strings are never written to again, so the array itself can go out.
    if (ref < 0) return this.#longOf(ref);
    const at = this.offsetOf(ref);
    return this.chunkOf(ref).slice(at, at + length);
  }

  /** The bytes in place, good until the string is freed. */
  view(ref: BytesRef, length: number): Uint8Array {
    if (length === 0) return NO_BYTES;
    const at = this.offsetOf(ref);
    return this.chunkOf(ref).subarray(at, at + length);
  }

  /** The array that holds the string, for loops that compare without a copy. */
  chunkOf(ref: BytesRef): Uint8Array {
    return ref < 0 ? this.#longOf(ref) : (this.#chunks[ref >>> CHUNK_UNITS_SHIFT] ?? NO_BYTES);
  }

  /** Where in that array it begins. */
  offsetOf(ref: BytesRef): number {
    return ref < 0 ? 0 : (ref & CHUNK_UNITS_MASK) << UNIT_SHIFT;
  }

  /** Gives the room back. @param length as given to `put` */
  free(ref: BytesRef, length: number): void {
    if (length === 0) return;
    if (ref < 0) {
      this.#long[-ref - 1] = undefined;
      this.#longFree.push(-ref - 1);
      return;
    }
    const sizeClass = CLASS_OF_UNITS[(length + 7) >> UNIT_SHIFT] as number;
    writeRef(this.chunkOf(ref), this.offsetOf(ref), this.#free[sizeClass] as number);
    this.#free[sizeClass] = ref;
  }

  #putLong(own: Uint8Array): BytesRef {
    const at = this.#longFree.pop() ?? this.#long.length;
    this.#long[at] = own;
    return -at - 1;
  }

  #longOf(ref: BytesRef): Uint8Array {
    const bytes = this.#long[-ref - 1];
    invariant(bytes !== undefined, `long string ${ref} was freed`);
    return bytes;
  }

  #take(sizeClass: number): BytesRef {
    const free = this.#free[sizeClass] as number;
    if (free !== 0) {
      this.#free[sizeClass] = readRef(this.chunkOf(free), this.offsetOf(free));
      return free;
    }
    const units = (CLASS_BYTES[sizeClass] as number) >> UNIT_SHIFT;
    const roomy = this.#chunks.length > 0 && (this.#top & CHUNK_UNITS_MASK) + units <= CHUNK_UNITS_MASK;
    if (!roomy) {
      // The first unit of a chunk stays unused, so that 0 names no block and the last block needs no care.
      this.#top = (this.#chunks.length << CHUNK_UNITS_SHIFT) + 1;
      invariant(this.#top > 0, `${this.#chunks.length} chunks of names and data`);
      this.#chunks.push(new Uint8Array(CHUNK_BYTES));
    }
    const ref = this.#top;
    this.#top += units;
    return ref;
  }
}

function writeRef(chunk: Uint8Array, at: number, ref: number): void {
  chunk[at] = ref;
  chunk[at + 1] = ref >>> 8;
  chunk[at + 2] = ref >>> 16;
  chunk[at + 3] = ref >>> 24;
}

function readRef(chunk: Uint8Array, at: number): number {
  return (
    (chunk[at] as number) |
    ((chunk[at + 1] as number) << 8) |
    ((chunk[at + 2] as number) << 16) |
    ((chunk[at + 3] as number) << 24)
  );
}
