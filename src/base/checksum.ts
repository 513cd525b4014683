/** The two checksums of ZooKeeper's files: Adler-32 (log and snapshot seals) and CRC-32 (tree digest). */

import { encodeUtf8 } from './text.ts';

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

/** Four tables one after the other: what a byte does to the sum, and what it does with one, two, three more behind it. */
const CRC_TABLES = makeCrcTables();

function makeCrcTables(): Int32Array {
  const tables = new Int32Array(4 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    tables[n] = c;
  }
  for (let n = 256; n < tables.length; n++) {
    const before = tables[n - 256] as number;
    tables[n] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}

/**
 * CRC-32 (IEEE, as java.util.zip.CRC32) of bytes[from, to), continued from `start`.
 *
 * @returns an unsigned 32-bit number
 */
export function crc32(bytes: Uint8Array, start = 0, from = 0, to = bytes.length): number {
  const t = CRC_TABLES;
  let c = ~start;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    c ^= (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24);
    c = (t[768 + (c & 0xff)] as number) ^ (t[512 + ((c >>> 8) & 0xff)] as number)
      ^ (t[256 + ((c >>> 16) & 0xff)] as number) ^ (t[c >>> 24] as number);
  }
  for (; i < to; i++) c = (t[(c ^ (bytes[i] as number)) & 0xff] as number) ^ (c >>> 8);
  return ~c >>> 0;
}

/** CRC-32 of a text's UTF-8, for short text that is nearly always ASCII: nothing is made for it then. */
export function crc32Text(text: string): number {
  let c = ~0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return crc32(encodeUtf8(text));
    c = (CRC_TABLES[(c ^ unit) & 0xff] as number) ^ (c >>> 8);
  }
  return ~c >>> 0;
}
