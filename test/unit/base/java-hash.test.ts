import { describe, expect, test } from 'vitest';
import { binsOfHashMap, inHashOrder, inOrderOfClone, javaHashOfText } from '../../../src/base/java-hash.ts';

describe('the order of Java\'s hash tables', () => {
  test('hashes text as String.hashCode does', () => {
    expect(['', 'a', 'hello', 'polygenelubricants', 'größe'].map(javaHashOfText)).toEqual([0, 97, 99162322, -2147483648, 98762257]);
  });

  test('a table grows when more than three quarters are taken', () => {
    expect([0, 12, 13, 24, 25].map((count) => binsOfHashMap(count))).toEqual([16, 16, 32, 32, 64]);
    expect(binsOfHashMap(7, 8)).toBe(16);
  });

  test('within a bin items stay as they were added', () => {
    expect(inHashOrder([17, 2, 1, 33], (n) => n, 16)).toEqual([17, 1, 33, 2]);
  });

  test('a clone of few items has a smaller table: the order that Apache 3.8.0 gave', () => {
    const added = ['/m/f1op1', '/m/f1op15', '/m/f3op10000000009', '/m/f3op150000000010', '/m/s-0000000019'];
    expect(inOrderOfClone(added)).toEqual(['/m/f1op1', '/m/f3op150000000010', '/m/f1op15', '/m/s-0000000019', '/m/f3op10000000009']);
  });

  test('what is added to the clone may make it grow', () => {
    const texts = Array.from({ length: 30 }, (_, at) => `/n${at}`);
    const grown = inOrderOfClone(texts.slice(0, 5), texts.slice(5));
    // As Java 17 prints it.
    const numbers = [22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 0, 29, 1, 28, 2, 27, 3, 26, 4, 25, 5, 24, 6, 23, 7, 8, 9];
    expect(grown).toEqual(numbers.map((number) => `/n${number}`));
  });
});
