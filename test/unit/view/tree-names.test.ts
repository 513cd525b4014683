import { describe, expect, test } from 'vitest';
import { compareNames, findName, sortNames } from '../../../src/view/base/tree/name-order.ts';
import { NamesError, parseNames } from '../../../src/view/base/tree/names.ts';

/** A jute vector of names, written plainly. */
function vectorOf(names: readonly string[]): Uint8Array {
  const encoded = names.map((name) => new TextEncoder().encode(name));
  const out = new Uint8Array(4 + encoded.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(out.buffer);
  view.setInt32(0, names.length);
  let at = 4;
  for (const bytes of encoded) {
    view.setInt32(at, bytes.length);
    out.set(bytes, at + 4);
    at += 4 + bytes.length;
  }
  return out;
}

/** A small generator of numbers, the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('names of a listing', () => {
  test.each([
    [[]],
    [['a']],
    [['zookeeper', 'config', 'n-0000000001']],
    [['', 'ünï', '节点', '😀', 'a'.repeat(300)]],
  ])('are read as they were written: %j', (names) => {
    expect(parseNames(vectorOf(names))).toEqual(names);
  });

  test('are read from the middle of a larger buffer', () => {
    const vector = vectorOf(['one', 'zwölf']);
    const larger = new Uint8Array(vector.length + 7);
    larger.set(vector, 3);
    expect(parseNames(larger.subarray(3, 3 + vector.length))).toEqual(['one', 'zwölf']);
  });

  test('a null vector has none', () => {
    expect(parseNames(Uint8Array.of(255, 255, 255, 255))).toEqual([]);
  });

  test('cut anywhere, or with bytes left over, they are refused', () => {
    const vector = vectorOf(['ab', 'c', '节点']);
    for (let length = 0; length < vector.length; length++) {
      expect(() => parseNames(vector.subarray(0, length)), `${length} bytes`).toThrow(NamesError);
    }
    expect(() => parseNames(Uint8Array.of(...vector, 0))).toThrow(NamesError);
    expect(() => parseNames(Uint8Array.of(127, 255, 255, 255))).toThrow(NamesError);
  });
});

describe('the order of siblings', () => {
  test('natural: by the text, then by the number at the end', () => {
    expect(sortNames(['n-10', 'n-9', 'n', 'a10', 'n-', 'a9b', 'b', 'n-09', 'n-009'], 'natural')).toEqual([
      'a10', 'a9b', 'b', 'n', 'n-', 'n-009', 'n-09', 'n-9', 'n-10',
    ]);
  });

  test('by code unit: as plain text', () => {
    expect(sortNames(['n-10', 'n-9', 'N', '节', 'n'], 'codeUnit')).toEqual(['N', 'n', 'n-10', 'n-9', '节']);
  });

  test.each(['natural', 'codeUnit'] as const)('%s: the fast sort agrees with comparing one by one', (order) => {
    const pick = chance(order.length);
    const texts = ['', 'n-', 'lock-', 'a', 'x1y', '9', 'ü'];
    const names = new Set<string>();
    for (let i = 0; i < 3_000; i++) {
      const digits = pick(4) === 0 ? '' : String(pick(10 ** (1 + pick(9)))).padStart(1 + pick(20), '0');
      names.add((texts[pick(texts.length)] as string) + digits);
    }
    const shuffled = [...names];
    expect(sortNames(shuffled, order)).toEqual([...shuffled].sort((a, b) => compareNames(a, b, order)));
  });

  test('numbers beyond what a double holds still have one order', () => {
    const names = ['x99999999999999999999', 'x00000000000000000001', 'x99999999999999999998', 'x999999999999999', 'x999999999999998'];
    const sorted = sortNames(names, 'natural');
    expect(sorted).toEqual([...names].sort((a, b) => compareNames(a, b, 'natural')));
    expect(new Set(sorted)).toEqual(new Set(names));
  });

  test.each(['natural', 'codeUnit'] as const)('%s: every name is found where it stands, and no other', (order) => {
    const sorted = sortNames(Array.from({ length: 500 }, (_, i) => `n-${(i * 7919) % 1_000}`), order);
    sorted.forEach((name, at) => expect(findName(sorted, name, order)).toBe(at));
    expect(findName(sorted, 'n-1001', order)).toBe(-1);
    expect(findName([], 'x', order)).toBe(-1);
  });
});
