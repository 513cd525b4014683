/**
 * Child names from a listing. In: the jute vector as the server sent it (int32 count, then int32 length and UTF-8
 * of each, big-endian). Out: the names, in the server's order.
 */

/** The bytes are no vector of names. */
export class NamesError extends Error {
  override readonly name = 'NamesError';
}

const utf8 = new TextDecoder();
/** One character for each byte, whatever it is, so that offsets in bytes are offsets in the text. */
const oneByOne = new TextDecoder('latin1');

/**
 * Where each name begins and ends: 2n numbers, begin and end of each.
 *
 * @throws NamesError when a length points outside, or bytes are left over
 */
export function nameOffsets(raw: Uint8Array): Int32Array {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (raw.length < 4) throw new NamesError(`${raw.length} bytes are too short for a vector`);
  const count = view.getInt32(0);
  // A vector that is null on the wire has the count -1: no names.
  if (count <= 0) return new Int32Array(0);
  if (count > (raw.length - 4) / 4) throw new NamesError(`${count} names do not fit in ${raw.length} bytes`);
  const offsets = new Int32Array(count * 2);
  let at = 4;
  for (let i = 0; i < count; i++) {
    if (at + 4 > raw.length) throw new NamesError(`name ${i} of ${count} is cut off`);
    const length = Math.max(0, view.getInt32(at));
    at += 4;
    if (length > raw.length - at) throw new NamesError(`name ${i} of ${count} is cut off`);
    offsets[2 * i] = at;
    at += length;
    offsets[2 * i + 1] = at;
  }
  if (at !== raw.length) throw new NamesError(`${raw.length - at} bytes after the last name`);
  return offsets;
}

/**
 * All names at once. Plain ASCII names are parts of one decoded text, which is what makes 100,000 take a few ms.
 *
 * @throws NamesError
 */
export function parseNames(raw: Uint8Array): string[] {
  const offsets = nameOffsets(raw);
  const count = offsets.length / 2;
  const names = new Array<string>(count);
  const whole = oneByOne.decode(raw);
  for (let i = 0; i < count; i++) {
    const begin = offsets[2 * i] as number;
    const end = offsets[2 * i + 1] as number;
    names[i] = isAscii(raw, begin, end) ? whole.slice(begin, end) : utf8.decode(raw.subarray(begin, end));
  }
  return names;
}

function isAscii(raw: Uint8Array, begin: number, end: number): boolean {
  for (let i = begin; i < end; i++) if ((raw[i] as number) >= 0x80) return false;
  return true;
}
