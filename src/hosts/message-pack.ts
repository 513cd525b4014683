/**
 * Frames as MessagePack: the host's half of what src/view/api/frames.ts does, with the same options. The two layers
 * may not import each other; test/contract holds them together.
 */

import { Decoder, Encoder } from '@msgpack/msgpack';
import { ownBytes } from './own-bytes.ts';

const decoder = new Decoder({ useBigInt64: true });

/** One frame as bytes. Each has an encoder of its own, since an encoder keeps the largest buffer that it ever needed. */
export function encodeFrame(frame: unknown): Uint8Array {
  return new Encoder({ useBigInt64: true, ignoreUndefined: true }).encodeSharedRef(frame);
}

/**
 * One frame from bytes; byte arrays in it are copies of their own.
 *
 * @returns null when the bytes are not one well-formed value
 */
export function decodeFrame(bytes: Uint8Array): unknown {
  try {
    return ownBytes(decoder.decode(bytes));
  } catch {
    return null;
  }
}
