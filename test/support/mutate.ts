/** Spoils captured frames, by a seed: what a broken client, or somebody who tries, may send. */

import { below, type Random } from '../../src/base/random.ts';

const INTERESTING = [0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff_ffff, -0x8000_0000, 0xfffff, 0x100000, 1000, 65536];

/**
 * One to four changes: bits, bytes, numbers that are likely to hurt, cuts, insertions, pieces of another frame.
 *
 * @param others frames to take pieces from
 */
export function mutate(random: Random, frame: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let bytes = Buffer.from(frame);
  for (let n = 1 + below(random, 4); n > 0; n--) bytes = change(random, bytes, others);
  return bytes;
}

function change(random: Random, bytes: Buffer<ArrayBuffer>, others: readonly Uint8Array[]): Buffer<ArrayBuffer> {
  if (bytes.length === 0) return Buffer.from([below(random, 256)]);
  const at = below(random, bytes.length);
  switch (below(random, 8)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8));
      return bytes;
    case 1:
      bytes[at] = below(random, 256);
      return bytes;
    case 2:
    case 3:
      if (bytes.length >= 4) bytes.writeInt32BE((INTERESTING[below(random, INTERESTING.length)] as number) | 0, Math.min(at, bytes.length - 4));
      return bytes;
    case 4:
      return Buffer.from(bytes.subarray(0, at));
    case 5:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(below(random, 40), below(random, 256)), bytes.subarray(at)]);
    case 6: {
      const other = others[below(random, others.length)] as Uint8Array;
      return Buffer.concat([bytes.subarray(0, at), other.subarray(below(random, other.length + 1))]);
    }
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + below(random, 8)))]);
  }
}

/** With its length before it, which now and then is a lie. */
export function framed(random: Random, payload: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  const lie = below(random, 50) === 0;
  length.writeInt32BE(lie ? (INTERESTING[below(random, INTERESTING.length)] as number) | 0 : payload.length);
  return Buffer.concat([length, payload]);
}
