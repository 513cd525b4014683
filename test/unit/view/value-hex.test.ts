import { describe, expect, it } from 'vitest';
import { hexState, redo, setDigit, splice, undo, type HexState } from '../../../src/view/editor/value/hex-buffer.ts';
import { asciiOf, formatOffset, hexDump, parseHex } from '../../../src/view/editor/value/hex-text.ts';
import { createDataBytesMax, dataBytesMax, setDataBytes } from '../../../src/view/editor/value/value-size.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('editing hex', () => {
  it('overwrites half a byte, inserts and deletes', () => {
    let state = hexState(bytes(0x12, 0x34));
    state = setDigit(state, 0, true, 0xa);
    expect(state.bytes).toEqual(bytes(0xa2, 0x34));
    state = setDigit(state, 0, false, 0xb);
    expect(state.bytes).toEqual(bytes(0xab, 0x34));
    state = splice(state, 1, 0, bytes(1, 2));
    expect(state.bytes).toEqual(bytes(0xab, 1, 2, 0x34));
    state = splice(state, 0, 3, bytes());
    expect(state.bytes).toEqual(bytes(0x34));
  });

  it('adds a byte at the end', () => {
    expect(setDigit(hexState(bytes(1)), 1, true, 0xf).bytes).toEqual(bytes(1, 0xf0));
    expect(setDigit(hexState(bytes()), 0, true, 7).bytes).toEqual(bytes(0x70));
  });

  it('cuts what is out of range, and an edit of nothing is none', () => {
    const state = hexState(bytes(1, 2));
    expect(splice(state, 1, 99, bytes()).bytes).toEqual(bytes(1));
    expect(splice(state, 9, 9, bytes())).toBe(state);
  });

  it('undoes and redoes every edit of a random run', () => {
    const original = bytes(1, 2, 3, 4, 5, 6, 7, 8);
    let state: HexState = hexState(original);
    const seen: Uint8Array[] = [original];
    for (let i = 0; i < 200; i++) {
      const next = splice(state, (i * 7) % (state.bytes.length + 1), i % 3, Uint8Array.from({ length: (i * 5) % 4 }, (_, n) => (i + n) & 255));
      if (next !== state) seen.push(next.bytes);
      state = next;
    }
    const last = state.bytes;
    for (let i = seen.length - 2; i >= 0; i--) {
      state = undo(state).state;
      expect(state.bytes).toEqual(seen[i]);
    }
    expect(undo(state).at).toBeNull();
    for (let i = 1; i < seen.length; i++) state = redo(state).state;
    expect(state.bytes).toEqual(last);
    expect(redo(state).at).toBeNull();
  });

  it('forgets what could be redone after a new edit', () => {
    const undone = undo(splice(hexState(bytes(1)), 0, 1, bytes(2))).state;
    expect(redo(splice(undone, 0, 0, bytes(9))).at).toBeNull();
  });
});

describe('hex as text', () => {
  it('prints', () => {
    expect(hexDump(bytes(0, 0xff, 0x10))).toBe('00 ff 10');
    expect(hexDump(bytes(1, 2, 3), 2)).toBe('01 02');
    expect(formatOffset(255)).toBe('000000ff');
    expect([0x41, 0x20, 0x7f, 0x0a, 0xe9].map(asciiOf)).toEqual(['A', ' ', '·', '·', '·']);
  });

  it.each([
    ['00ff10', [0, 255, 16]],
    ['00 FF 10', [0, 255, 16]],
    ['0x00, 0xff', [0, 255]],
    ['\\x01\\x02', [1, 2]],
    ['de:ad:be:ef\n', [0xde, 0xad, 0xbe, 0xef]],
    ['f', [15]],
  ])('reads %j', (text, expected) => expect(parseHex(text)).toEqual(bytes(...expected)));

  it.each(['', '  ', 'xyz', '123', 'hello world', '0x'])('refuses %j', (text) => expect(parseHex(text)).toBeNull());
});

describe('sizes', () => {
  it('is what the codec writes: 8 of header, the path, the data, the version', () => {
    expect(setDataBytes('/a', 10)).toBe(8 + 4 + 2 + 4 + 10 + 4);
    expect(dataBytesMax('/a', 1_048_575)).toBe(1_048_575 - 22);
    expect(setDataBytes('/a', dataBytesMax('/a', 1_048_575))).toBe(1_048_575);
    expect(dataBytesMax('/配', 1000)).toBe(1000 - 24);
    expect(dataBytesMax('/a', 10)).toBe(0);
  });

  it('leaves room for the ACL and the TTL of a create', () => {
    const acl = [{ id: { scheme: 'world', id: 'anyone' } }];
    expect(createDataBytesMax('/a', acl, 1_048_575)).toBe(1_048_575 - 22 - 4 - 12 - 11 - 8);
  });
});
