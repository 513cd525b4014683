import { describe, expect, test } from 'vitest';
import {
  createPathProblem, formatSequence, isWithin, joinPath, nodeName, parentPath, pathLineage, pathProblem, splitSequence,
} from '../../../src/model/zpath.ts';

describe('path rules (facts 1.14)', () => {
  test.each(['/', '/a', '/a/b', '/a b', '/...', '/.a', '/a..', '/节点', '/\u007e', '/\u00a0', '/\ud7ff', '/\uf900', '/\uffef'])(
    '%j is a path',
    (path) => expect(pathProblem(path)).toBeNull(),
  );

  test.each([
    ['', 'empty'], ['a', 'begin with /'], ['a/b', 'begin with /'], ['/a/', 'end with /'], ['//', 'end with /'],
    ['/a//b', 'empty name'], ['/.', 'name .'], ['/a/./b', 'name .'], ['/..', 'name ..'], ['/a/..', 'name ..'],
    ['/\u0000', 'U+0000'], ['/a\u0001', 'U+0001'], ['/\u001f', 'U+001F'], ['/\u007f', 'U+007F'], ['/\u009f', 'U+009F'],
    ['/\ud800', 'U+D800'], ['/😀', 'U+D83D'], ['/\uf8ff', 'U+F8FF'], ['/\ufff0', 'U+FFF0'], ['/\uffff', 'U+FFFF'],
  ])('%j is none: %s', (path, reason) => expect(pathProblem(path)).toContain(reason));

  test('a sequential path is judged with its suffix in place', () => {
    expect(createPathProblem('/a/', true)).toBeNull();
    expect(createPathProblem('/', true)).toBeNull();
    expect(createPathProblem('/a/', false)).not.toBeNull();
    expect(createPathProblem('/a/.', true)).toBeNull();
    expect(createPathProblem('', true)).not.toBeNull();
  });
});

test('parents, names, children, lineage', () => {
  expect([parentPath('/a/b'), parentPath('/a'), parentPath('/')]).toEqual(['/a', '/', null]);
  expect([nodeName('/a/b'), nodeName('/a'), nodeName('/')]).toEqual(['b', 'a', '']);
  expect([joinPath('/', 'a'), joinPath('/a', 'b')]).toEqual(['/a', '/a/b']);
  expect(pathLineage('/')).toEqual(['/']);
  expect(pathLineage('/a/b/c')).toEqual(['/', '/a', '/a/b', '/a/b/c']);
  expect(isWithin('/a/b', '/a')).toBe(true);
  expect(isWithin('/ab', '/a')).toBe(false);
  expect(isWithin('/a', '/a')).toBe(true);
  expect(isWithin('/x', '/')).toBe(true);
});

describe('sequence numbers (facts 1.11)', () => {
  test.each([0, 1, 42, 2_147_483_647, -2_147_483_648, -999_999_999, -5])('%d there and back', (sequence) => {
    expect(splitSequence(`lock-${formatSequence(sequence)}`)).toEqual({ prefix: 'lock-', sequence });
  });

  test('printed as %010d is', () => {
    expect([0, 12, 2_147_483_647].map(formatSequence)).toEqual(['0000000000', '0000000012', '2147483647']);
    expect([-5, -2_147_483_648].map(formatSequence)).toEqual(['-000000005', '-2147483648']);
  });

  test('ten digits behind a dash are a positive number: the dash belongs to the prefix far more often', () => {
    expect(splitSequence('lock-2147483647')).toEqual({ prefix: 'lock-', sequence: 2_147_483_647 });
  });

  test.each([
    ['plain', null], ['12345', null], ['x123456789', null], ['x-12345678', null],
    ['0000000007', { prefix: '', sequence: 7 }], ['a00000000012', { prefix: 'a0', sequence: 12 }],
    // No counter has this value: the digits are a part of the name.
    ['n9999999999', null], ['n-2147483649', null],
  ])('%s', (name, parts) => expect(splitSequence(name)).toEqual(parts));
});
