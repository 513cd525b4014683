/**
 * The stream format of snappy-java (SnappyOutputStream), in which Apache's server writes `snapshot.<zxid>.snappy`: a
 * magic, two version numbers, then blocks after their lengths. It is not the framing format of google/snappy.
 */

import { concatBytes, NO_BYTES } from '../../base/bytes.ts';
import { snappyPack, snappyUnpack, SnappyError } from '../../base/snappy.ts';
import type { Chunks } from './stream-codec.ts';

/** 0x82 "SNAPPY" 0, version 1, readable by version 1. */
const HEADER = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1);
/** A header where a length was due: another stream begins, which readers must take. */
const HEADER_AS_LENGTH = new DataView(HEADER.buffer).getInt32(0);
const MAGIC_BYTES = 8;
/** As snappy-java cuts it. */
const BLOCK_BYTES = 32 * 1024;
/** The largest block that snappy-java can be told to write. */
const BLOCK_BYTES_MAX = 512 * 1024 * 1024;
const LENGTH_BYTES = 4;

/** Plain chunks to the bytes of such a stream. */
export async function* snappyStream(chunks: Chunks): AsyncIterableIterator<Uint8Array> {
  yield HEADER;
  let held: Uint8Array = NO_BYTES;
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : concatBytes([held, chunk]);
    let at = 0;
    for (; at + BLOCK_BYTES <= held.length; at += BLOCK_BYTES) yield frame(held.subarray(at, at + BLOCK_BYTES));
    held = held.subarray(at);
  }
  if (held.length > 0) yield frame(held);
}

function frame(plain: Uint8Array): Uint8Array {
  const block = snappyPack(plain);
  const out = new Uint8Array(LENGTH_BYTES + block.length);
  new DataView(out.buffer).setInt32(0, block.length);
  out.set(block, LENGTH_BYTES);
  return out;
}

/** The bytes of such a stream to plain chunks. @throws SnappyError when it is damaged or cut short */
export async function* snappyUnstream(chunks: Chunks): AsyncIterableIterator<Uint8Array> {
  let held: Uint8Array = NO_BYTES;
  let begun = false;
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : concatBytes([held, chunk]);
    let at = 0;
    while (held.length - at >= LENGTH_BYTES) {
      const length = new DataView(held.buffer, held.byteOffset + at).getInt32(0);
      const isHeader = length === HEADER_AS_LENGTH;
      if (!begun && !isHeader) throw new SnappyError('it does not begin as a snappy stream does');
      if (!isHeader && (length < 0 || length > BLOCK_BYTES_MAX)) throw new SnappyError(`a snappy block of ${length} bytes`);
      const bytes = isHeader ? HEADER.length : LENGTH_BYTES + length;
      if (held.length - at < bytes) break;
      if (isHeader) checkMagic(held.subarray(at));
      else yield snappyUnpack(held.subarray(at + LENGTH_BYTES, at + bytes), BLOCK_BYTES_MAX);
      begun = true;
      at += bytes;
    }
    held = held.subarray(at);
  }
  if (held.length > 0 || !begun) throw new SnappyError('a snappy stream is cut short');
}

function checkMagic(bytes: Uint8Array): void {
  for (let i = 0; i < MAGIC_BYTES; i++) {
    if (bytes[i] !== HEADER[i]) throw new SnappyError('it does not begin as a snappy stream does');
  }
}
