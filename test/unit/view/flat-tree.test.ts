import { describe, expect, test } from 'vitest';
import { FlatTree, NOTE_ROW, type Place } from '../../../src/view/base/tree/flat-tree.ts';
import type { Note } from '../../../src/view/base/tree/listing.ts';
import { compareNames } from '../../../src/view/base/tree/name-order.ts';

/** The same tree, done the plain way: objects, and every row made anew each time. */
class Twin {
  readonly roots: TwinNode[] = [];
  query = '';

  rows(): string[] {
    return this.roots.flatMap((root) => this.#rowsOf(root, 0, root.name));
  }

  #rowsOf(node: TwinNode, depth: number, path: string): string[] {
    const below: string[] = [];
    if (node.expanded && node.children !== null) {
      if (node.note !== null && this.query === '') below.push(`${depth + 1} (${node.note.kind}) ${path}`);
      for (const child of node.children) below.push(...this.#rowsOf(child, depth + 1, path === '/' ? `/${child.name}` : `${path}/${child.name}`));
    }
    const fits = node.name.toLowerCase().includes(this.query);
    return this.query === '' || fits || below.length > 0 ? [`${depth} ${path}`, ...below] : [];
  }

  all(): { node: TwinNode; path: string }[] {
    const walk = (node: TwinNode, path: string): { node: TwinNode; path: string }[] => [
      { node, path },
      ...(node.children ?? []).flatMap((child) => walk(child, path === '/' ? `/${child.name}` : `${path}/${child.name}`)),
    ];
    return this.roots.flatMap((root) => walk(root, root.name));
  }
}

interface TwinNode {
  name: string;
  children: TwinNode[] | null;
  note: Note | null;
  expanded: boolean;
}

const twinNode = (name: string): TwinNode => ({ name, children: null, note: null, expanded: false });

function rowsOf(tree: FlatTree): string[] {
  return Array.from({ length: tree.rowCount }, (_, row) => {
    const place = tree.at(row);
    if (place.index === NOTE_ROW) return `${place.listing.depth} (${place.listing.note?.kind}) ${place.listing.path}`;
    return `${place.listing.depth} ${tree.pathOf(place)}`;
  });
}

function placeOf(tree: FlatTree, path: string): Place {
  const place = tree.locate(path);
  if (place === null) expect.unreachable(`${path} is not in the tree`);
  return place;
}

function list(tree: FlatTree, path: string, names: string[], note: Note | null = null): void {
  tree.setChildren(placeOf(tree, path), names, note);
  tree.expand(placeOf(tree, path));
}

function sample(): FlatTree {
  const tree = new FlatTree();
  tree.setRoots(['/']);
  list(tree, '/', ['b', 'a', 'c']);
  list(tree, '/b', ['n-10', 'n-9']);
  return tree;
}

describe('the flat tree', () => {
  test('shows what is expanded, sorted, depth first', () => {
    expect(rowsOf(sample())).toEqual(['0 /', '1 /a', '1 /b', '2 /b/n-9', '2 /b/n-10', '1 /c']);
  });

  test('a collapsed node keeps what is open below it', () => {
    const tree = sample();
    tree.collapse(placeOf(tree, '/'));
    expect(rowsOf(tree)).toEqual(['0 /']);
    tree.expand(placeOf(tree, '/'));
    expect(rowsOf(tree)).toEqual(['0 /', '1 /a', '1 /b', '2 /b/n-9', '2 /b/n-10', '1 /c']);
  });

  test('listed anew, children that stay keep expansion and what is known of them', () => {
    const tree = sample();
    tree.know(placeOf(tree, '/b'), 2, 7, 5);
    tree.setChildren(placeOf(tree, '/'), ['d', 'b', '0'], null);
    expect(rowsOf(tree)).toEqual(['0 /', '1 /0', '1 /b', '2 /b/n-9', '2 /b/n-10', '1 /d']);
    const { listing, index } = placeOf(tree, '/b');
    expect([listing.marks[index], listing.counts[index], listing.askedAtMs[index]]).toEqual([3, 7, 5]);
    expect(tree.locate('/a')).toBeNull();
  });

  test('a note stands above the names; without names it stands alone', () => {
    const tree = sample();
    list(tree, '/a', [], { kind: 'empty' });
    tree.setNote(placeOf(tree, '/b/n-9').listing, { kind: 'stale' });
    expect(rowsOf(tree)).toEqual(['0 /', '1 /a', '2 (empty) /a', '1 /b', '2 (stale) /b', '2 /b/n-9', '2 /b/n-10', '1 /c']);
  });

  test('a root of its own stands beside the root, and leads to what is below it', () => {
    const tree = new FlatTree();
    tree.setRoots(['/', '/secret/open']);
    list(tree, '/', [], { kind: 'denied' });
    list(tree, '/secret/open', ['x']);
    expect(rowsOf(tree)).toEqual(['0 /', '1 (denied) /', '0 /secret/open', '1 /secret/open/x']);
    tree.setRoots(['/secret/open']);
    expect(rowsOf(tree)).toEqual(['0 /secret/open', '1 /secret/open/x']);
  });

  test('a filter leaves what holds the text and what leads to it', () => {
    const tree = sample();
    tree.setQuery('n-1');
    expect(rowsOf(tree)).toEqual(['0 /', '1 /b', '2 /b/n-10']);
    tree.setQuery('N-1');
    expect(rowsOf(tree)).toEqual([]);
    tree.setQuery('');
    expect(tree.rowCount).toBe(6);
  });

  test('another order keeps expansion and marks', () => {
    const tree = sample();
    tree.know(placeOf(tree, '/b/n-9'), 2, 4, 5);
    tree.setOrder('codeUnit');
    expect(rowsOf(tree)).toEqual(['0 /', '1 /a', '1 /b', '2 /b/n-10', '2 /b/n-9', '1 /c']);
    const { listing, index } = placeOf(tree, '/b/n-9');
    expect([listing.marks[index], listing.counts[index], listing.askedAtMs[index]]).toEqual([3, 4, 5]);
  });

  test('expanded paths come parents first, and no more than asked for', () => {
    const tree = sample();
    list(tree, '/b/n-9', ['x']);
    expect(tree.expandedPaths(10)).toEqual(['/', '/b', '/b/n-9']);
    expect(tree.expandedPaths(2)).toEqual(['/', '/b']);
  });
});

/** A small generator of numbers, the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NOTES: readonly (Note | null)[] = [null, null, null, { kind: 'stale' }, { kind: 'wide', count: 9 }, { kind: 'denied' }];

/** One random operation, done to both. @returns what it was */
function step(tree: FlatTree, twin: Twin, pick: (below: number) => number): string {
  const all = twin.all();
  const { node, path } = all[pick(all.length)] as { node: TwinNode; path: string };
  const place = placeOf(tree, path);
  switch (pick(7)) {
    case 0:
    case 1: {
      const names = [...new Set(Array.from({ length: pick(6) }, () => `${'ab'[pick(2)] as string}${pick(12)}`))];
      const note = NOTES[pick(NOTES.length)] as Note | null;
      tree.setChildren(place, names, note);
      const old = node.children ?? [];
      node.children = names
        .map((name) => old.find((child) => child.name === name) ?? twinNode(name))
        .sort((a, b) => compareNames(a.name, b.name, 'natural'));
      node.note = note;
      return `list ${path}: ${names.join(' ')} ${note?.kind}`;
    }
    case 2:
    case 3:
      tree.expand(place);
      if (node.children !== null) node.expanded = true;
      return `expand ${path}`;
    case 4:
      tree.collapse(place);
      node.expanded = false;
      return `collapse ${path}`;
    case 5: {
      const query = ['', '', 'a', 'b1', '2'][pick(5)] as string;
      tree.setQuery(query);
      twin.query = query;
      return `filter ${query}`;
    }
    default: {
      const listing = tree.listingOf(place);
      const note = NOTES[pick(NOTES.length)] as Note | null;
      if (listing !== undefined) {
        tree.setNote(listing, note);
        node.note = note;
      }
      return `note ${path} ${note?.kind}`;
    }
  }
}

describe('the flat tree beside a plain twin', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('shows the same rows after every one of 400 random operations, seed %i', (seed) => {
    const pick = chance(seed);
    const tree = new FlatTree();
    const twin = new Twin();
    tree.setRoots(['/', '/x/y']);
    twin.roots.push(twinNode('/'), twinNode('/x/y'));
    const done: string[] = [];
    for (let i = 0; i < 400; i++) {
      done.push(step(tree, twin, pick));
      expect(rowsOf(tree), done.slice(-6).join('\n')).toEqual(twin.rows());
    }
  });

  test('a row is found again by its node', () => {
    const tree = sample();
    for (let row = 0; row < tree.rowCount; row++) expect(tree.rowOf(tree.at(row))).toBe(row);
    tree.collapse(placeOf(tree, '/b'));
    expect(tree.rowOf(placeOf(tree, '/b/n-9'))).toBe(-1);
  });
});
