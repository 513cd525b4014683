/** Who hears of what, and in which order: rule by rule, and against the simple list on random watches and changes. */

import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../../src/base/random.ts';
import type { TreeChange } from '../../../../src/ensemble/tree/changes.ts';
import { WatchTables, type Notification, type WatchKind } from '../../../../src/ensemble/watches/watch-tables.ts';
import { OPEN_ACL, READ_ACL } from '../../../../src/model/acl.ts';
import { eventName, type WatcherType } from '../../../../src/model/watch.ts';
import { SimpleWatches, type SimpleEvent } from './simple-watches.ts';

const change = (kind: TreeChange['kind'], path: string): TreeChange => ({ kind, path, zxid: 7n, acl: OPEN_ACL, parentAcl: READ_ACL });
const shown = (events: readonly Notification[]): string[] =>
  events.map(({ connection, type, path }) => `${connection} ${eventName(type)} ${path}`);

/** What each kind of watch on /a/b hears of a life, with a fresh watch after each event. */
function life(kind: WatchKind): string[] {
  const tables = new WatchTables();
  const steps = [
    change('created', '/a/b'), change('data', '/a/b'), change('created', '/a/b/c'), change('data', '/a/b/c'),
    change('created', '/a/b/c/d'), change('deleted', '/a/b/c/d'), change('deleted', '/a/b/c'), change('deleted', '/a/b'),
    change('created', '/a/other'), change('data', '/a'),
  ];
  return steps.flatMap((step) => {
    tables.add(1, '/a/b', kind);
    return shown(tables.trigger(step));
  });
}

describe('kinds', () => {
  test('exists and getData', () => {
    const heard = ['1 NodeCreated /a/b', '1 NodeDataChanged /a/b', '1 NodeDeleted /a/b'];
    expect(life('exist')).toEqual(heard);
    expect(life('data')).toEqual(heard);
  });

  test('getChildren', () => {
    expect(life('child')).toEqual(['1 NodeChildrenChanged /a/b', '1 NodeChildrenChanged /a/b', '1 NodeDeleted /a/b']);
  });

  test('persistent', () => {
    expect(life('persistent')).toEqual([
      '1 NodeCreated /a/b', '1 NodeDataChanged /a/b', '1 NodeChildrenChanged /a/b', '1 NodeChildrenChanged /a/b', '1 NodeDeleted /a/b',
    ]);
  });

  test('persistent recursive never hears NodeChildrenChanged', () => {
    expect(life('recursive')).toEqual([
      '1 NodeCreated /a/b', '1 NodeDataChanged /a/b', '1 NodeCreated /a/b/c', '1 NodeDataChanged /a/b/c',
      '1 NodeCreated /a/b/c/d', '1 NodeDeleted /a/b/c/d', '1 NodeDeleted /a/b/c', '1 NodeDeleted /a/b',
    ]);
  });

  test('one-shot watches are used up, the others stay', () => {
    const tables = new WatchTables();
    for (const kind of ['data', 'child', 'persistent', 'recursive'] as const) tables.add(1, '/a', kind);
    tables.trigger(change('data', '/a'));
    tables.trigger(change('created', '/a/x'));
    expect([2, 1, 4, 5].map((type) => tables.check(1, '/a', type as WatcherType))).toEqual([false, false, true, true]);
    expect(tables.watchCount).toBe(2);
  });
});

describe('one change', () => {
  test('is told once to a connection, however many of its watches it meets', () => {
    const tables = new WatchTables();
    tables.add(1, '/a', 'recursive');
    tables.add(1, '/a/b', 'recursive');
    tables.add(1, '/a/b', 'persistent');
    tables.add(1, '/a/b', 'data');
    tables.add(1, '/a/b', 'child');
    expect(shown(tables.trigger(change('deleted', '/a/b')))).toEqual(['1 NodeDeleted /a/b']);
  });

  test('goes to watchers of the node, then to watchers of its children, then to those of the parent', () => {
    const tables = new WatchTables();
    tables.add(3, '/', 'child');
    tables.add(2, '/a', 'child');
    tables.add(1, '/a', 'data');
    tables.add(2, '/', 'persistent');
    expect(shown(tables.trigger(change('deleted', '/a')))).toEqual([
      '1 NodeDeleted /a', '2 NodeDeleted /a', '3 NodeChildrenChanged /', '2 NodeChildrenChanged /',
    ]);
    expect(tables.watchCount).toBe(2);
  });

  test('uses up the child watch of a connection that heard of the deletion already', () => {
    const tables = new WatchTables();
    tables.add(1, '/a', 'data');
    tables.add(1, '/a', 'child');
    expect(shown(tables.trigger(change('deleted', '/a')))).toEqual(['1 NodeDeleted /a']);
    expect(tables.watchCount).toBe(0);
  });

  test('carries its zxid, and the ACL that must let the watcher read', () => {
    const tables = new WatchTables();
    tables.add(1, '/a', 'data');
    tables.add(1, '/', 'child');
    expect(tables.trigger(change('created', '/a'))).toEqual([
      { connection: 1, type: 1, path: '/a', zxid: 7n, acl: OPEN_ACL },
      { connection: 1, type: 4, path: '/', zxid: 7n, acl: READ_ACL },
    ]);
  });

  test('of a path that only begins alike is not told', () => {
    const tables = new WatchTables();
    tables.add(1, '/a', 'recursive');
    expect(tables.trigger(change('data', '/ab'))).toEqual([]);
    expect(shown(tables.trigger(change('data', '/a/b')))).toEqual(['1 NodeDataChanged /a/b']);
    tables.add(2, '/', 'recursive');
    expect(shown(tables.trigger(change('data', '/ab')))).toEqual(['2 NodeDataChanged /ab']);
    expect(shown(tables.trigger(change('data', '/')))).toEqual(['2 NodeDataChanged /']);
  });
});

describe('after a reconnect', () => {
  const nodes = new Map([['/old', { mzxid: 5n, pzxid: 5n }], ['/new', { mzxid: 15n, pzxid: 15n }]]);
  const view = { stat: (path: string) => nodes.get(path) };

  test('what was missed is told at once, the rest is registered', () => {
    const tables = new WatchTables();
    const all = ['/old', '/new', '/gone'];
    const lists = {
      dataWatches: all, existWatches: all, childWatches: all, persistentWatches: all, persistentRecursiveWatches: all,
    };
    const events = tables.reset(1, 10n, lists, view);
    expect(shown(events)).toEqual([
      '1 NodeDataChanged /new', '1 NodeDeleted /gone', '1 NodeCreated /old', '1 NodeCreated /new',
      '1 NodeChildrenChanged /new', '1 NodeDeleted /gone',
    ]);
    expect(events.every(({ zxid, acl }) => zxid === -1n && acl === null)).toBe(true);
    expect(all.map((path) => tables.check(1, path, 2))).toEqual([true, false, true]);
    expect(all.map((path) => tables.check(1, path, 1))).toEqual([true, false, false]);
    expect(all.map((path) => [tables.check(1, path, 4), tables.check(1, path, 5)]).flat()).toEqual(Array(6).fill(true));
  });
});

describe('counts', () => {
  test('wchs, wchc and wchp show the data table, watch_count both', () => {
    const tables = new WatchTables();
    tables.add(1, '/a', 'data');
    tables.add(1, '/a', 'exist');
    tables.add(2, '/a', 'persistent');
    tables.add(2, '/b', 'recursive');
    tables.add(3, '/c', 'child');
    expect(tables.summary()).toEqual({ connections: 2, paths: 2, watches: 3 });
    expect(tables.watchCount).toBe(5);
    expect([...tables.byConnection()]).toEqual([[1, ['/a']], [2, ['/a', '/b']]]);
    expect([...tables.byPath()]).toEqual([['/a', [1, 2]], ['/b', [2]]]);
    tables.removeConnection(2);
    tables.removeConnection(9);
    expect(tables.summary()).toEqual({ connections: 1, paths: 1, watches: 1 });
    expect(tables.watchCount).toBe(2);
  });
});

describe('against the simple list', () => {
  const paths = ['/', '/a', '/a/b', '/a/b/c', '/a/bc', '/d'];
  const kinds = ['data', 'exist', 'child', 'persistent', 'recursive'] as const;

  test.each([1, 2, 3, 4])('seed %i', (seed) => {
    const random = seededRandom(seed);
    const pick = <T>(items: readonly T[]): T => items[below(random, items.length)] as T;
    const tables = new WatchTables();
    const simple = new SimpleWatches();
    for (let i = 0; i < 5000; i++) {
      const dice = below(random, 100);
      const connection = below(random, seed + 1);
      const path = pick(paths);
      if (dice < 60) {
        const kind = pick(kinds);
        tables.add(connection, path, kind);
        simple.add(connection, path, kind);
      } else if (dice < 75) {
        const type = (1 + below(random, 5)) as WatcherType;
        expect(tables.check(connection, path, type)).toBe(new SimpleWatchesView(simple).has(connection, path, type));
        expect(tables.remove(connection, path, type)).toBe(simple.remove(connection, path, type));
      } else if (dice < 77) {
        tables.removeConnection(connection);
        simple.watches = simple.watches.filter((watch) => watch.connection !== connection);
      } else {
        compare(tables, simple, change(path === '/' ? 'data' : pick(['created', 'deleted', 'data'] as const), path));
      }
    }
  });

  function compare(tables: WatchTables, simple: SimpleWatches, step: TreeChange): void {
    const events = tables.trigger(step).map(({ connection, type, path }): SimpleEvent => `${connection} ${type} ${path}`);
    for (const group of simple.trigger(step)) {
      expect(events.splice(0, group.length).sort()).toEqual(group.sort());
    }
    expect(events).toEqual([]);
  }
});

class SimpleWatchesView extends SimpleWatches {
  constructor(of: SimpleWatches) {
    super();
    this.watches = [...of.watches];
  }

  has(connection: number, path: string, type: number): boolean {
    return this.remove(connection, path, type);
  }
}
