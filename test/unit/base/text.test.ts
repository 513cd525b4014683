import { afterEach, describe, expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../../src/base/random.ts';
import { decodeUtf8, encodeUtf8, useTextRoutines } from '../../../src/base/text.ts';
import { nodeTextRoutines } from '../../../src/platform/node-text.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

afterEach(() => useTextRoutines(null));

/** Bytes that are often nearly UTF-8: leads, continuations, ASCII, and the edges of the ranges. */
function nearlyUtf8(random: Random): Uint8Array {
  const pool = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe4, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff];
  return Uint8Array.from({ length: below(random, 90) }, () =>
    below(random, 3) === 0 ? below(random, 256) : (pool[below(random, pool.length)] as number),
  );
}

/** Text with lone surrogates, pairs, and characters of every length. */
function wildText(random: Random): string {
  const pool = ['a', 'é', '节', '☃', '😀', '\ud800', '\udc00', '\u0000', '\ufeff', '\u07ff', '\u0800', '\uffff', '\u{10ffff}'];
  return Array.from({ length: below(random, 70) }, () => pool[below(random, pool.length)]).join('');
}

describe.each([
  ['the pure routines', null],
  ["Node's routines", nodeTextRoutines],
])('%s', (_name, routines) => {
  test('decode as TextDecoder does, on 20,000 byte strings that are nearly UTF-8', () => {
    useTextRoutines(routines);
    const random = seededRandom(1);
    for (let i = 0; i < 20_000; i++) {
      const bytes = nearlyUtf8(random);
      const decoded = decodeUtf8(bytes);
      if (decoded !== decoder.decode(bytes)) expect(decoded, Buffer.from(bytes).toString('hex')).toBe(decoder.decode(bytes));
    }
  });

  test('encode as TextEncoder does, on 20,000 texts with lone surrogates', () => {
    useTextRoutines(routines);
    const random = seededRandom(2);
    for (let i = 0; i < 20_000; i++) {
      const text = wildText(random);
      const [mine, theirs] = [encodeUtf8(text), encoder.encode(text)];
      if (Buffer.compare(mine, theirs) !== 0) expect(mine, JSON.stringify(text)).toEqual(theirs);
    }
  });

  test('decode only the range asked for, and keep a byte order mark', () => {
    useTextRoutines(routines);
    const bytes = encoder.encode(`\ufeff${'x'.repeat(60)}é!`);
    expect(decodeUtf8(bytes)).toBe(`\ufeff${'x'.repeat(60)}é!`);
    expect(decodeUtf8(bytes, 3, 6)).toBe('xxx');
    expect(decodeUtf8(bytes, 3, 3)).toBe('');
    expect(decodeUtf8(bytes, bytes.length - 3)).toBe('é!');
  });
});
