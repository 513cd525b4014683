/**
 * The watch rules of facts 3.2 and 3.3 as a list that is searched from end to end: what the tables are compared with.
 * It gives sets where the rules leave the order between connections open.
 */

import type { TreeChange } from '../../../../src/ensemble/tree/changes.ts';
import type { WatchKind } from '../../../../src/ensemble/watches/watch-tables.ts';
import { isWithin, parentPath } from '../../../../src/model/zpath.ts';

export interface SimpleWatch {
  readonly connection: number;
  readonly path: string;
  /** exist watches are data watches */
  readonly kind: Exclude<WatchKind, 'exist'>;
}

export type SimpleEvent = `${number} ${number} ${string}`;

export class SimpleWatches {
  watches: SimpleWatch[] = [];

  add(connection: number, path: string, kind: WatchKind): void {
    const watch: SimpleWatch = { connection, path, kind: kind === 'exist' ? 'data' : kind };
    if (!this.watches.some((other) => same(other, watch))) this.watches.push(watch);
  }

  /** removeWatches by type: 1 children, 2 data, 3 any, 4 persistent, 5 recursive. */
  remove(connection: number, path: string, type: number): boolean {
    const kinds: Record<number, readonly string[]> = {
      1: ['child'], 2: ['data'], 3: ['child', 'data', 'persistent', 'recursive'], 4: ['persistent'], 5: ['recursive'],
    };
    const before = this.watches.length;
    this.watches = this.watches.filter(
      (watch) => !(watch.connection === connection && watch.path === path && kinds[type]?.includes(watch.kind)),
    );
    return this.watches.length < before;
  }

  /** The groups of events, in order; within a group the order is open. */
  trigger(change: TreeChange): SimpleEvent[][] {
    const { path } = change;
    const parent = parentPath(path) ?? '/';
    const type = { created: 1, deleted: 2, data: 3 }[change.kind];
    const onNode = this.#who((watch) => (watch.kind === 'recursive' ? isWithin(path, watch.path) : watch.path === path && watch.kind !== 'child'));
    const groups = [[...onNode].map((connection): SimpleEvent => `${connection} ${type} ${path}`)];
    this.watches = this.watches.filter((watch) => !(watch.path === path && watch.kind === 'data'));
    if (change.kind === 'data') return groups;
    if (change.kind === 'deleted') {
      const onChildren = this.#who((watch) => watch.path === path && (watch.kind === 'child' || watch.kind === 'persistent'));
      groups.push([...onChildren].filter((connection) => !onNode.has(connection)).map((connection): SimpleEvent => `${connection} 2 ${path}`));
      this.watches = this.watches.filter((watch) => !(watch.path === path && watch.kind === 'child'));
    }
    const onParent = this.#who((watch) => watch.path === parent && (watch.kind === 'child' || watch.kind === 'persistent'));
    groups.push([...onParent].map((connection): SimpleEvent => `${connection} 4 ${parent}`));
    this.watches = this.watches.filter((watch) => !(watch.path === parent && watch.kind === 'child'));
    return groups;
  }

  #who(matches: (watch: SimpleWatch) => boolean): Set<number> {
    return new Set(this.watches.filter(matches).map((watch) => watch.connection));
  }
}

function same(a: SimpleWatch, b: SimpleWatch): boolean {
  return a.connection === b.connection && a.path === b.path && a.kind === b.kind;
}
