import { expect, test } from 'vitest';
import { bytesText, countText, nodesText, oneLine, pathText, timeText } from '../../../../../src/hosts/cli/transfer/words.ts';

test('numbers, sizes and times as people read them', () => {
  expect([0, 999, 1000, 1234567].map(countText)).toStrictEqual(['0', '999', '1,000', '1,234,567']);
  expect([0, 1, 2].map(nodesText)).toStrictEqual(['0 nodes', '1 node', '2 nodes']);
  expect([0, 999, 1000, 1_048_575, 2.5e12].map(bytesText)).toStrictEqual(['0 bytes', '999 bytes', '1.0 kB', '1.0 MB', '2.5 TB']);
  expect([-5, 400, 7000, 754_000, 3_723_000].map(timeText)).toStrictEqual(['0:00', '0:00', '0:07', '12:34', '1:02:03']);
  expect(oneLine('a\n  b\r\nc')).toBe('a | b | c');
});

test('a name that would look like another is told by its numbers', () => {
  expect(pathText('/ab c %2F/名前/שלום')).toBe('/ab c %2F/名前/שלום');
  expect(pathText('/log\u202etxt.exe\u2028x')).toBe('/log\\u202etxt.exe\\u2028x');
});
