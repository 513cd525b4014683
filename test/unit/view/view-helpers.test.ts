import { describe, expect, test } from 'vitest';
import { readConnectString } from '../../../src/view/base/connect-string.ts';
import { commandFor, KEY_BINDINGS, pressName, showKeys, type KeyPress } from '../../../src/view/base/key-bindings.ts';
import { completionQuery, completions, tidyPath } from '../../../src/view/base/path-completion.ts';
import { ScrollMap } from '../../../src/view/base/tree/scroll-map.ts';
import { typeaheadRow } from '../../../src/view/base/tree/typeahead.ts';
import { en } from '../../../src/view/i18n/en/index.ts';

const plain = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const press = (key: string, code: string, held: Partial<KeyPress> = {}): KeyPress => ({ ...plain, key, code, ...held });

describe('key bindings', () => {
  test('no two commands share keys within a scope', () => {
    const taken = KEY_BINDINGS.flatMap(({ scope, keys }) => keys.map((key) => `${scope} ${key}`));
    expect(new Set(taken).size).toBe(taken.length);
  });

  test('every command has a name', () => {
    for (const { command } of KEY_BINDINGS) expect(en.command).toHaveProperty(command);
  });

  test('Mod is Control, and Command on a Mac', () => {
    const control = press('p', 'KeyP', { ctrlKey: true });
    expect(commandFor(control, false, ['global'])).toBe('goToPath');
    expect(commandFor(control, true, ['global'])).toBeNull();
    expect(commandFor(press('p', 'KeyP', { metaKey: true }), true, ['global'])).toBe('goToPath');
  });

  test('a letter counts by its sign on Latin layouts, and by its place elsewhere', () => {
    expect(pressName(press('P', 'KeyR', { ctrlKey: true, shiftKey: true }), false)).toBe('Mod+Shift+P');
    expect(pressName(press('з', 'KeyP', { ctrlKey: true }), false)).toBe('Mod+P');
    expect(pressName(press('∑', 'KeyW', { altKey: true }), true)).toBe('Alt+W');
  });

  test('keys of the tree work only there', () => {
    expect(commandFor(press('Delete', 'Delete'), false, ['tree', 'global'])).toBe('deleteNode');
    expect(commandFor(press('Delete', 'Delete'), false, ['global'])).toBeNull();
  });

  test('they are shown as people know them', () => {
    expect(showKeys('Mod+Shift+P', false)).toBe('Ctrl+Shift+P');
    expect(showKeys('Mod+Shift+P', true)).toBe('⇧⌘P');
    expect(showKeys('Alt+ArrowLeft', false)).toBe('Alt+←');
  });
});

describe('path completion', () => {
  test.each([
    ['/', { parent: '/', prefix: '' }],
    ['/ka', { parent: '/', prefix: 'ka' }],
    ['/a/b/', { parent: '/a/b', prefix: '' }],
    ['a', null],
    ['//x', null],
    ['', null],
  ])('%s', (typed, query) => expect(completionQuery(typed)).toEqual(query));

  test('names that begin so come before names that hold it', () => {
    const names = ['backup', 'kafka', 'Kafka-2', 'x'];
    expect(completions(names, { parent: '/', prefix: 'ka' }, 10)).toEqual(['/kafka', '/Kafka-2']);
    expect(completions(names, { parent: '/a', prefix: 'k' }, 10)).toEqual(['/a/kafka', '/a/Kafka-2', '/a/backup']);
    expect(completions(names, { parent: '/a', prefix: '' }, 2)).toEqual(['/a/backup', '/a/kafka']);
  });

  test.each([['  /a//b/ ', '/a/b'], ['a/b', '/a/b'], ['/', '/'], ['', '/']])('%j is meant as %s', (typed, path) => {
    expect(tidyPath(typed)).toBe(path);
  });
});

describe('connect strings', () => {
  test.each([
    ['zk1', ['zk1:2181'], null],
    [' zk1:2181, zk2:2182/app ', ['zk1:2181', 'zk2:2182'], '/app'],
    ['[::1]:2181,[fe80::1%eth0]', ['[::1]:2181', '[fe80::1%eth0]:2181'], null],
    ['10.0.0.1/', ['10.0.0.1:2181'], null],
  ])('%j', (typed, servers, chroot) => expect(readConnectString(typed)).toEqual({ ok: true, servers, chroot }));

  test.each([
    ['', 'required'],
    ['/app', 'noServer'],
    ['a,,b', 'emptyServer'],
    ['a b', 'space'],
    ['::1:2181', 'bracket'],
    ['[::1', 'bracket'],
    ['a:0', 'port'],
    ['a:70000', 'port'],
    ['a:x', 'port'],
    [':2181', 'host'],
    ['a_-', 'host'],
    ['a:2181,a', 'duplicate'],
    ['a/x/../y', 'chroot'],
    ['a/x/', 'chroot'],
    ['http://zk:2181', 'url'],
    ['zookeeper://zk1,zk2/app', 'url'],
  ])('%j is refused: %s', (typed, what) => {
    const read = readConnectString(typed);
    expect(read.ok ? null : read.problem.what).toBe(what);
  });
});

describe('scroll positions', () => {
  test('up to the limit, bar and content are the same', () => {
    const map = new ScrollMap(10_000, 500, 20_000);
    expect(map.height).toBe(10_000);
    expect(map.offsetAt(1_234, { bar: 0, offset: 0 })).toBe(1_234);
    expect(map.barAt(77)).toBe(77);
  });

  test('above it, both ends can be reached and the whole lies between', () => {
    const map = new ScrollMap(22_000_000, 500, 1_000_000);
    expect(map.height).toBe(1_000_000);
    expect(map.offsetAt(999_500, { bar: 0, offset: 0 })).toBe(21_999_500);
    expect(map.offsetAt(0, { bar: 999_500, offset: 21_999_500 })).toBe(0);
    expect(map.offsetAt(499_750, { bar: 0, offset: 0 })).toBeCloseTo(10_999_750);
    expect(map.barAt(21_999_500)).toBeCloseTo(999_500);
  });

  test('above it, a small move moves by its own pixels', () => {
    const map = new ScrollMap(22_000_000, 500, 1_000_000);
    expect(map.offsetAt(500_100, { bar: 500_000, offset: 11_000_000 })).toBe(11_000_100);
  });
});

describe('typing ahead', () => {
  const names = ['alpha', 'beta', null, 'bravo', 'Beta2'];
  const to = (current: number, typed: string): number => typeaheadRow(names.length, (row) => names[row] ?? null, current, typed);

  test('goes to the next row that begins so, around the end', () => {
    expect(to(0, 'b')).toBe(1);
    expect(to(1, 'b')).toBe(3);
    expect(to(4, 'b')).toBe(1);
  });

  test('the same letter again walks on; a longer word stays where it fits', () => {
    expect(to(1, 'bb')).toBe(3);
    expect(to(1, 'be')).toBe(1);
    expect(to(1, 'br')).toBe(3);
    expect(to(0, 'x')).toBe(-1);
  });
});
