/** Snappy blocks: round trips, blocks made by hand, and damage. */

import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { SNAPPY_BLOCK_BYTES_MAX, snappyPack, snappyUnpack, SnappyError } from '../../../src/base/snappy.ts';

const random = seededRandom(5);
const noise = (length: number, kinds: number): Uint8Array => Uint8Array.from({ length }, () => below(random, kinds));

describe('what is packed and unpacked again is the same', () => {
  test.each([0, 1, 3, 4, 5, 59, 60, 61, 64, 68, 255, 256, 257, 4096, 32768, SNAPPY_BLOCK_BYTES_MAX])('%i bytes', (length) => {
    for (const kinds of [1, 2, 3, 20, 256]) {
      const bytes = noise(length, kinds);
      expect(Buffer.from(snappyUnpack(snappyPack(bytes), length)).equals(Buffer.from(bytes))).toBe(true);
    }
  });

  test('repetition is packed', () => {
    expect(snappyPack(new Uint8Array(32768)).length).toBeLessThan(2000);
    expect(() => snappyPack(new Uint8Array(SNAPPY_BLOCK_BYTES_MAX + 1))).toThrow(SnappyError);
  });
});

test('blocks by the description of the format', () => {
  const text = (bytes: readonly number[]): string => Buffer.from(snappyUnpack(Uint8Array.from(bytes), 100)).toString();
  // "ab" and a copy of 6 bytes from 2 back, in each of the three forms of a copy.
  const literal = [1 << 2, 97, 98];
  expect(text([8, ...literal, ((6 - 4) << 2) | 1, 2])).toBe('abababab');
  expect(text([8, ...literal, ((6 - 1) << 2) | 2, 2, 0])).toBe('abababab');
  expect(text([8, ...literal, ((6 - 1) << 2) | 3, 2, 0, 0, 0])).toBe('abababab');
  // A literal whose length needs a byte of its own.
  expect(text([2, 60 << 2, 1, 97, 98])).toBe('ab');
});

test('damage gives an error or other bytes, never anything else', () => {
  const whole = snappyPack(noise(3000, 4));
  let errors = 0;
  for (let i = 0; i < 3000; i++) {
    const bytes = whole.slice(0, below(random, 4) === 0 ? below(random, whole.length) : undefined);
    for (let n = below(random, 3); n >= 0 && bytes.length > 0; n--) bytes[below(random, bytes.length)] = below(random, 256);
    try {
      expect(snappyUnpack(bytes, 10_000).length).toBeLessThanOrEqual(10_000);
    } catch (error) {
      if (!(error instanceof SnappyError)) throw error;
      errors++;
    }
  }
  expect(errors).toBeGreaterThan(500);
  expect(() => snappyUnpack(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), 1000)).toThrow('a snappy block of 4294967295 bytes');
});
