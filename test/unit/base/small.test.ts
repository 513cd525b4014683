import { describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, fromHex, toHex } from '../../../src/base/bytes.ts';
import { Emitter } from '../../../src/base/emitter.ts';
import { invariant, InvariantError, unreachable } from '../../../src/base/invariant.ts';
import { below, seededRandom, shuffled } from '../../../src/base/random.ts';
import { onCancel } from '../../../src/base/signal.ts';

describe('bytes', () => {
  test('hex there and back', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(fromHex(toHex(bytes))).toEqual(bytes);
    expect(toHex(new Uint8Array([0, 10, 255]))).toBe('000aff');
    for (const wrong of ['0', 'xy', '0x00', '00 00']) expect(() => fromHex(wrong)).toThrow(RangeError);
  });

  test('joined and compared', () => {
    expect(concatBytes([new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2, 3])])).toEqual(new Uint8Array([1, 2, 3]));
    expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(true);
    expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false);
    expect(equalBytes(new Uint8Array([1]), new Uint8Array([1, 2]))).toBe(false);
  });
});

describe('chance', () => {
  test('a seed gives the same numbers again, another seed others', () => {
    const take = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 50 }, () => random.uint32());
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    expect(take(7).every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true);
  });

  test('below stays below and reaches every number', () => {
    const random = seededRandom(9);
    const seen = new Set(Array.from({ length: 2_000 }, () => below(random, 7)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(below({ uint32: () => 0xffff_ffff }, 2 ** 32)).toBe(2 ** 32 - 1);
  });

  test('shuffled keeps every item, leaves the list alone, and puts each anywhere', () => {
    const items = ['a', 'b', 'c'];
    const random = seededRandom(10);
    const orders = new Set(Array.from({ length: 500 }, () => shuffled(random, items).join('')));
    expect(items).toEqual(['a', 'b', 'c']);
    expect([...orders].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  });
});

describe('events', () => {
  test('listeners in order, one twice is two, ended ones are silent, those added meanwhile wait', () => {
    const emitter = new Emitter<number>();
    const seen: string[] = [];
    const listener = (n: number): void => void seen.push(`a${n}`);
    const end = emitter.on(listener);
    emitter.on(listener);
    emitter.on((n) => {
      if (n === 1) emitter.on((m) => void seen.push(`late${m}`));
    });
    emitter.emit(1);
    end();
    end();
    emitter.emit(2);
    expect(seen).toEqual(['a1', 'a1', 'a2', 'late2']);
    emitter.clear();
    expect(emitter.size).toBe(0);
  });
});

test('onCancel calls at once when it is late, once when it comes, never when it was undone', () => {
  const calls: string[] = [];
  const control = new AbortController();
  onCancel(control.signal, () => calls.push('kept'));
  onCancel(control.signal, () => calls.push('undone'))();
  onCancel(undefined, () => calls.push('none'))();
  control.abort();
  onCancel(control.signal, () => calls.push('late'));
  expect(calls).toEqual(['kept', 'late']);
});

test('invariants say what is wrong', () => {
  invariant(true, 'fine');
  expect(() => invariant(false, 'two and 3')).toThrow(new InvariantError('two and 3'));
  expect(() => unreachable('odd' as never, 'phase')).toThrow('unreachable: phase: odd');
});
