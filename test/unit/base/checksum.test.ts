import { crc32 as nodeCrc32 } from 'node:zlib';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { adler32, crc32, crc32Text } from '../../../src/base/checksum.ts';
import { below, seededRandom } from '../../../src/base/random.ts';

/** A zlib stream ends with the Adler-32 of what went in. */
const nodeAdler32 = (bytes: Uint8Array): number => deflateSync(bytes).readUInt32BE(deflateSync(bytes).length - 4);

test('both agree with zlib, whole and continued, also for long runs of 0xff', () => {
  const random = seededRandom(3);
  const samples = Array.from({ length: 200 }, () => Uint8Array.from({ length: below(random, 9_000) }, () => below(random, 256)));
  samples.push(new Uint8Array(0), new Uint8Array(100_000).fill(255), new Uint8Array(3_801).fill(255));
  for (const bytes of samples) {
    const cut = below(random, bytes.length + 1);
    const [head, tail] = [bytes.subarray(0, cut), bytes.subarray(cut)];
    expect(crc32(bytes)).toBe(nodeCrc32(bytes));
    expect(crc32(tail, crc32(head))).toBe(nodeCrc32(bytes));
    expect(adler32(bytes)).toBe(nodeAdler32(bytes));
    expect(adler32(tail, adler32(head))).toBe(nodeAdler32(bytes));
  }
});

test('known values', () => {
  const text = new TextEncoder().encode('Wikipedia');
  expect(adler32(text)).toBe(0x11e60398);
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

test.each(['', '/', '/a/path-12', '/größe', '/\u{1f512}x', '/\ud800'])('the sum of a text is that of its UTF-8: %j', (text) => {
  expect(crc32Text(text)).toBe(nodeCrc32(new TextEncoder().encode(text)));
});
