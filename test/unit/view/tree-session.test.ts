import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Result } from '../../../src/contract/contract.ts';
import { provideBackend } from '../../../src/view/stores/backend.ts';
import { TreeSession } from '../../../src/view/stores/tree/tree-session.ts';
import { FakeTree } from '../../support/fake-tree.ts';
import { failed, fakeApi, type FakeApi } from './fake-api.ts';

const WIDE_ABOVE = 50;

interface Bench {
  readonly api: FakeApi;
  readonly nodes: FakeTree;
  readonly tree: TreeSession;
  readonly kept: { expanded: readonly string[]; roots: readonly string[] };
  live: boolean;
}

let bench: Bench;
const read = { server: 's', zxid: 1n, atMs: 0 };

function children(nodes: FakeTree, path: string, wideAbove: number | null): Result<'tree.children'> {
  const node = nodes.find(path);
  if (node === undefined) throw failed('NoNode');
  if (node.failsWith !== null) throw failed(node.failsWith);
  const count = node.children.size;
  if (wideAbove !== null && count > wideAbove) return { kind: 'wide', count, stat: node.stat, read };
  return { kind: 'listed', count, names: nodes.vectorOf(node), stat: node.stat, read };
}

beforeEach(() => {
  const api = fakeApi();
  const nodes = new FakeTree();
  for (const path of ['/a/x', '/a/y', '/b', '/c/deep/er', '/e']) nodes.put(path);
  const kept: Bench['kept'] = { expanded: [], roots: [] };
  api.answer('tree.children', ({ path, wideAbove }) => children(nodes, path, wideAbove));
  api.answer('tree.stats', ({ paths }) => paths.map((path) => nodes.rowStat(path)));
  provideBackend(api);
  const tree = new TreeSession({
    connectionId: 'c1', wideAbove: () => WIDE_ABOVE, live: () => bench.live, isConnected: () => true,
    keep: (expanded, roots) => Object.assign(kept, { expanded, roots }),
  });
  bench = { api, nodes, tree, kept, live: true };
});
afterEach(() => bench.tree.stop());

const rows = (): string[] =>
  Array.from({ length: bench.tree.model.rowCount }, (_, row) => {
    const place = bench.tree.model.at(row);
    return place.index === -1 ? `(${place.listing.note?.kind})` : bench.tree.model.pathOf(place);
  });
const at = (path: string) => {
  const place = bench.tree.model.locate(path);
  if (place === null) expect.unreachable(`${path} is not in the tree`);
  return place;
};
const calls = (name: string): readonly unknown[] => bench.api.calls.filter((call) => call.name === name).map(({ params }) => params);

describe('a tree session', () => {
  test('lists a node by one call, with a watch, and shows its children in order', async () => {
    await bench.tree.start(['/'], []);
    expect(rows()).toEqual(['/', '/a', '/b', '/c', '/e']);
    expect(calls('tree.children')).toEqual([{ connectionId: 'c1', path: '/', wideAbove: WIDE_ABOVE, watch: true }]);
    await bench.tree.expand(at('/a'));
    expect(rows()).toEqual(['/', '/a', '/a/x', '/a/y', '/b', '/c', '/e']);
    expect(bench.kept.expanded).toEqual(['/', '/a']);
  });

  test('opens again without asking while its watch has not fired, and asks once it has', async () => {
    await bench.tree.start(['/', '/a'], []);
    bench.tree.collapse(at('/a'));
    await bench.tree.expand(at('/a'));
    expect(calls('tree.children')).toHaveLength(2);
    bench.tree.collapse(at('/a'));
    bench.nodes.put('/a/z');
    bench.tree.stale({ path: '/a', what: 'children' });
    await bench.tree.expand(at('/a'));
    expect(rows()).toContain('/a/z');
  });

  test('without live updates, opening again always asks', async () => {
    bench.live = false;
    await bench.tree.start(['/', '/a'], []);
    bench.tree.collapse(at('/a'));
    await bench.tree.expand(at('/a'));
    expect(calls('tree.children')).toHaveLength(3);
  });

  test('two askers share one listing', async () => {
    await Promise.all([bench.tree.list('/'), bench.tree.list('/')]);
    expect(calls('tree.children')).toHaveLength(1);
  });

  test('a wide node asks first, and lists when told to', async () => {
    for (let i = 0; i <= WIDE_ABOVE; i++) bench.nodes.put(`/b/n-${i}`);
    await bench.tree.start(['/', '/b'], []);
    expect(rows()).toEqual(['/', '/a', '/b', '(wide)', '/c', '/e']);
    await bench.tree.listAnyway('/b');
    expect(rows().slice(2, 5)).toEqual(['/b', '/b/n-0', '/b/n-1']);
    expect(rows()).toHaveLength(5 + WIDE_ABOVE + 1);
  });

  test('a node that may not be listed says so, and its siblings stay whole', async () => {
    const locked = bench.nodes.find('/b');
    if (locked !== undefined) locked.failsWith = 'NoAuth';
    await bench.tree.start(['/', '/b'], []);
    expect(rows()).toEqual(['/', '/a', '/b', '(denied)', '/c', '/e']);
  });

  test('a row stays until the server has said that its node is gone', async () => {
    await bench.tree.start(['/', '/a'], []);
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      bench.api.answer('tree.children', ({ path, wideAbove }) => {
        resolve();
        return new Promise((done) => (answer = () => done(children(bench.nodes, path, wideAbove))));
      });
    });
    bench.tree.nodeChanged('/a');
    await asked;
    expect(rows()).toContain('/a');
    bench.nodes.remove('/a');
    expect(rows()).toContain('/a');
    answer();
    await vi.waitFor(() => expect(rows()).toEqual(['/', '/b', '/c', '/e']));
  });

  test('what changes while a node is being listed is asked for once more', async () => {
    bench.live = false;
    await bench.tree.start(['/'], []);
    const before = children(bench.nodes, '/', null);
    let answer: () => void = () => undefined;
    bench.api.answer('tree.children', () => new Promise((done) => (answer = () => done(before))));
    vi.useFakeTimers();
    try {
      const running = bench.tree.list('/');
      bench.nodes.put('/new');
      bench.tree.nodeChanged('/new');
      await vi.advanceTimersByTimeAsync(1000);
      bench.api.answer('tree.children', ({ path, wideAbove }) => children(bench.nodes, path, wideAbove));
      answer();
      await running;
      await vi.advanceTimersByTimeAsync(1000);
      expect(rows()).toContain('/new');
    } finally {
      vi.useRealTimers();
    }
  });

  test('a lost connection leaves the names that were read, and lists again when it is back', async () => {
    await bench.tree.start(['/', '/a'], []);
    const node = bench.nodes.find('/a');
    if (node === undefined) expect.unreachable();
    node.failsWith = 'ConnectionLoss';
    await bench.tree.refresh('/a');
    expect(rows().slice(1, 5)).toEqual(['/a', '(failed)', '/a/x', '/a/y']);
    node.failsWith = null;
    bench.tree.recover();
    await vi.waitFor(() => expect(rows()).not.toContain('(failed)'));
  });
});

describe('changes told by watches', () => {
  test('a listed node is listed again; expansion and cursor stay', async () => {
    await bench.tree.start(['/', '/c', '/c/deep'], []);
    bench.tree.select('/c/deep/er');
    bench.nodes.put('/0');
    bench.nodes.remove('/e');
    bench.tree.stale({ path: '/', what: 'children' });
    await vi.waitFor(() => expect(rows()).toEqual(['/', '/0', '/a', '/b', '/c', '/c/deep', '/c/deep/er']));
    expect(bench.tree.cursor.value).toBe('/c/deep/er');
  });

  test('rows that come above the screen do not move what is on it', async () => {
    await bench.tree.start(['/', '/c', '/c/deep'], []);
    bench.tree.showing(4, 5);
    bench.nodes.put('/00');
    bench.nodes.put('/01');
    bench.tree.stale({ path: '/', what: 'children' });
    await vi.waitFor(() => expect(bench.tree.shift.value).toEqual({ rows: 2 }));
  });

  test('a node too wide to be listed by itself is only marked', async () => {
    for (let i = 0; i <= WIDE_ABOVE; i++) bench.nodes.put(`/b/n-${i}`);
    await bench.tree.start(['/'], []);
    await bench.tree.listAnyway('/b');
    const before = calls('tree.children').length;
    bench.tree.stale({ path: '/b', what: 'children' });
    expect(rows().slice(2, 4)).toEqual(['/b', '(stale)']);
    expect(calls('tree.children')).toHaveLength(before);
  });

  test('a storm of events is a few listings, one at a time', async () => {
    await bench.tree.start(['/'], []);
    let running = 0;
    let most = 0;
    bench.api.answer('tree.children', async ({ path, wideAbove }) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return children(bench.nodes, path, wideAbove);
    });
    for (let i = 0; i < 200; i++) bench.tree.stale({ path: '/', what: 'children' });
    bench.nodes.put('/last');
    await vi.waitFor(() => expect(rows()).toContain('/last'));
    expect(most).toBe(1);
    expect(calls('tree.children').length).toBeLessThan(5);
  });

  test('a deleted node that is a root of its own says that it is gone', async () => {
    await bench.tree.start(['/x', '/c/deep'], ['/c/deep']);
    bench.tree.stale({ path: '/c/deep', what: 'deleted' });
    expect(rows()).toContain('(gone)');
  });
});

describe('showing a path', () => {
  test('lists what leads to it, and no more', async () => {
    await bench.tree.start(['/'], []);
    await bench.tree.reveal('/c/deep/er');
    expect(rows()).toEqual(['/', '/a', '/b', '/c', '/c/deep', '/c/deep/er', '/e']);
    expect(calls('tree.children')).toHaveLength(3);
    expect(bench.tree.cursor.value).toBe('/c/deep/er');
  });

  test('a path below what cannot be listed becomes a root of its own, and is kept', async () => {
    bench.nodes.root.failsWith = 'NoAuth';
    await bench.tree.start(['/'], []);
    await bench.tree.reveal('/c/deep');
    expect(rows()).toEqual(['/', '(denied)', '/c/deep']);
    expect(bench.kept.roots).toEqual(['/c/deep']);
    bench.tree.removeRoot('/c/deep');
    expect(rows()).toEqual(['/', '(denied)']);
  });
});

describe('counts of the rows on screen', () => {
  beforeEach(async () => {
    for (let i = 0; i < 300; i++) bench.nodes.put(`/e/n-${i}`);
    await bench.tree.start(['/'], []);
    await bench.tree.listAnyway('/e');
  });

  test('are asked for what is shown, at most 60 at once, and never twice', async () => {
    bench.tree.showing(10, 109);
    await vi.waitFor(() => expect(bench.tree.model.at(109).listing.marks[bench.tree.model.at(109).index]).not.toBe(0));
    const asked = (calls('tree.stats') as { paths: string[] }[]).map(({ paths }) => paths);
    expect(Math.max(...asked.map(({ length }) => length))).toBeLessThanOrEqual(60);
    expect(new Set(asked.flat()).size).toBe(100);
    expect(asked.flat()).toHaveLength(100);
  });

  test('are asked again when the tree is touched after half a minute, and not before', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    bench.tree.showing(1, 4);
    const countOf = (): number | undefined => at('/b').listing.counts[at('/b').index];
    await vi.waitFor(() => expect(countOf()).toBe(0));
    bench.nodes.put('/b/new');
    const asked = calls('tree.stats').length;
    clock.mockReturnValue(30_000);
    bench.tree.point('/a');
    clock.mockReturnValue(32_000);
    bench.tree.point('/b');
    await vi.waitFor(() => expect(countOf()).toBe(1));
    expect(calls('tree.stats')).toHaveLength(asked + 1);
    clock.mockRestore();
  });

  test('are cancelled when their rows have left the screen', async () => {
    let aborted = false;
    bench.api.answer('tree.stats', ({ paths }, signal) => {
      if (paths.includes('/e/n-250')) return paths.map((path) => bench.nodes.rowStat(path));
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          aborted = true;
          reject(failed('Cancelled'));
        });
      });
    });
    bench.tree.showing(10, 40);
    await vi.waitFor(() => expect(calls('tree.stats')).toHaveLength(1));
    bench.tree.showing(240, 270);
    await vi.waitFor(() => expect(bench.tree.model.at(255).listing.counts[250]).toBe(0));
    expect(aborted).toBe(true);
  });
});
