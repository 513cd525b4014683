/** The two checksums of ZooKeeper's files: Adler-32 (log and snapshot seals) and CRC-32 (tree digest). */

const ADLER_MODULUS = 65521;
/** The most bytes whose sums stay below 2^31 before a modulo is needed. */
const ADLER_RUN_BYTES = 3800;

/**
 * Adler-32 (RFC 1950), continued from `start`.
 *
 * @returns an unsigned 32-bit number
 */
export function adler32(bytes: Uint8Array, start = 1): number {
  let a = start & 0xffff;
  let b = start >>> 16;
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + ADLER_RUN_BYTES, bytes.length);
    for (; at < end; at++) {
      a += bytes[at] as number;
      b += a;
    }
    a %= ADLER_MODULUS;
    b %= ADLER_MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}

const CRC_TABLE = makeCrcTable();

function makeCrcTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    table[n] = c >>> 0;
  }
  return table;
}

/**
 * CRC-32 (IEEE, as java.util.zip.CRC32) of bytes[from, to), continued from `start`.
 *
 * @returns an unsigned 32-bit number
 */
export function crc32(bytes: Uint8Array, start = 0, from = 0, to = bytes.length): number {
  let c = ~start;
  for (let i = from; i < to; i++) c = (CRC_TABLE[(c ^ (bytes[i] as number)) & 0xff] as number) ^ (c >>> 8);
  return ~c >>> 0;
}
