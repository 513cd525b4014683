import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { treeKeys } from '../../../src/view/components/tree/tree-keys.ts';
import { provideBackend } from '../../../src/view/stores/backend.ts';
import { TreeSession } from '../../../src/view/stores/tree/tree-session.ts';
import { fakeApi } from './fake-api.ts';

let tree: TreeSession;
let press: (key: string) => void;

beforeEach(() => {
  vi.useFakeTimers();
  const api = fakeApi();
  api.answer('tree.stats', () => []);
  provideBackend(api);
  tree = new TreeSession({ connectionId: 'c1', wideAbove: () => 50, live: () => true, isConnected: () => true, keep: () => undefined });
  const root = tree.model.locate('/');
  if (root === null) expect.unreachable('no root');
  tree.model.setChildren(root, ['items', 'keyboard', 'keys', 'kite', 'other'], null);
  tree.model.expand(root);
  const handle = treeKeys(tree, { page: () => 2, open: () => undefined, note: () => undefined });
  press = (key) => void handle(new KeyPress(key) as unknown as KeyboardEvent);
  tree.pointFirst();
});
afterEach(() => {
  tree.stop();
  vi.useRealTimers();
});

class KeyPress {
  readonly key: string;
  readonly ctrlKey = false;
  readonly metaKey = false;
  readonly altKey = false;
  constructor(key: string) {
    this.key = key;
  }
}

const type = (word: string): void => [...word].forEach((letter) => press(letter));

describe('keys in the tree', () => {
  test('letters typed in one go lead to the name that begins with them', () => {
    type('keys');
    expect(tree.cursor.value).toBe('/keys');
  });

  test('a word ends with a pause', () => {
    type('keys');
    vi.advanceTimersByTime(701);
    type('o');
    expect(tree.cursor.value).toBe('/other');
  });

  test('a word ends with a key that is none of its letters, however soon the next one comes', () => {
    type('keys');
    press('Home');
    expect(tree.cursor.value).toBe('/');
    type('items');
    expect(tree.cursor.value).toBe('/items');
  });

  test('a word ends when the pointer chose another row, however soon the next one comes', () => {
    type('keys');
    tree.point('/kite');
    type('item');
    expect(tree.cursor.value).toBe('/items');
  });

  test('capitals are typed with Shift, which ends no word', () => {
    press('k');
    press('Shift');
    press('E');
    press('y');
    press('s');
    expect(tree.cursor.value).toBe('/keys');
  });

  test('letters that lead nowhere leave the cursor', () => {
    type('kz');
    expect(tree.cursor.value).toBe('/keyboard');
  });
});
