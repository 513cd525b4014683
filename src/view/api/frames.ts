/**
 * Frames as MessagePack, for WebSockets. 64-bit ids travel as bigint, bytes as bytes. A member that is undefined
 * is left out, so that it stays apart from null.
 */

import { Decoder, Encoder } from '@msgpack/msgpack';

const decoder = new Decoder({ useBigInt64: true });

/** Deeper nesting is not what the contract has. */
const DEPTH_MAX = 64;

/** One frame as bytes. Each has an encoder of its own, since an encoder keeps the largest buffer that it ever needed. */
export function encodeFrame(frame: unknown): Uint8Array<ArrayBuffer> {
  return new Encoder({ useBigInt64: true, ignoreUndefined: true }).encodeSharedRef(frame);
}

/**
 * One frame from bytes. Every byte array in it is a copy of its own: it neither keeps the message alive nor shares
 * memory with another value.
 *
 * @throws RangeError, or MessagePack's DecodeError, when the bytes are not one well-formed value
 */
export function decodeFrame(bytes: Uint8Array): unknown {
  return ownBytes(decoder.decode(bytes), 0);
}

function ownBytes(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (depth >= DEPTH_MAX) throw new RangeError(`nested deeper than ${DEPTH_MAX}`);
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    const member = holder[key];
    if (typeof member === 'object' && member !== null) holder[key] = ownBytes(member, depth + 1);
  }
  return value;
}
