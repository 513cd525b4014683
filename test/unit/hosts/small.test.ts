/** Byte arrays that stand for themselves, reports as lines, and the files of the app. */

import { existsSync } from 'node:fs';
import { expect, describe, test, vi } from 'vitest';
import { appFiles } from '../../../src/hosts/app-files.ts';
import { decodeFrame, encodeFrame } from '../../../src/hosts/message-pack.ts';
import { ownBytes } from '../../../src/hosts/own-bytes.ts';
import { logLevelOf, streamLogger } from '../../../src/hosts/stream-logger.ts';
import { decodeFrame as decodeInView, encodeFrame as encodeInView } from '../../../src/view/api/frames.ts';

describe('own bytes', () => {
  test('keeps what stands for itself already, and everything around it', () => {
    const value = { list: [Uint8Array.of(1, 2), null, 'x', 5n], none: undefined };
    expect(ownBytes(value)).toBe(value);
  });

  test('copies slices and buffers, and leaves the original as it was', () => {
    const slice = new Uint8Array(100).subarray(10, 12);
    const value = { a: { list: [slice, 1] }, b: { same: true } };
    const owned = ownBytes(value) as typeof value;
    expect(owned).toStrictEqual({ a: { list: [Uint8Array.of(0, 0), 1] }, b: { same: true } });
    expect((owned.a.list[0] as Uint8Array).buffer.byteLength).toBe(2);
    expect(owned.b).toBe(value.b);
    expect(value.a.list[0]).toBe(slice);
    expect(Object.getPrototypeOf(ownBytes(Buffer.from('x')))).toBe(Uint8Array.prototype);
  });

  test('refuses nesting without end', () => {
    const endless: Record<string, unknown> = {};
    endless['self'] = endless;
    expect(() => ownBytes(endless)).toThrow(RangeError);
  });
});

test('both halves of the MessagePack code speak alike', () => {
  const value = { id: -5n, big: 2 ** 40, data: Uint8Array.of(1), none: null, gone: undefined, list: [1.5, 'ä'] };
  const { gone: _gone, ...rest } = value;
  expect(encodeFrame(value)).toStrictEqual(encodeInView(value));
  expect(decodeFrame(encodeInView(value))).toStrictEqual(rest);
  expect(decodeInView(encodeFrame(value))).toStrictEqual(rest);
});

describe('reports', () => {
  test('are one line each, from their level upwards', () => {
    const write = vi.fn();
    const logger = streamLogger(write, 'warn');
    logger.log('info', 'not this');
    logger.log('warn', 'first\nsecond', { zxid: 5n, path: '/a b', list: [1n], none: null });
    expect(write.mock.calls).toStrictEqual([['zooscope: warn: first | second zxid=5 path="/a b" list=["1"] none=null\n']]);
  });

  test('say what an error was', () => {
    const write = vi.fn();
    streamLogger(write, 'warn').log('error', 'no snapshot', { error: new RangeError('too long') });
    expect(write.mock.calls).toStrictEqual([['zooscope: error: no snapshot error="RangeError: too long"\n']]);
  });

  test('take their level from a word', () => {
    expect([logLevelOf('debug'), logLevelOf('bogus'), logLevelOf(undefined), logLevelOf('toString')]).toStrictEqual(['debug', 'warn', 'warn', 'warn']);
  });
});

test('the app finds its files from wherever its code lies', () => {
  const files = appFiles(import.meta.dirname);
  expect(files.version).toMatch(/^\d+\.\d+\.\d+/);
  expect(existsSync(files.resources)).toBe(true);
});
