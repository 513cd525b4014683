/**
 * Who watches what (facts 3; ZKWatchManager). In go registrations and events, out come the watchers to call.
 * Paths are the server's: with the chroot. Watchers are functions, the same one counts once.
 */

import { EventType, WatcherType } from '../model/watch.ts';
import { pathLineage } from '../model/zpath.ts';
import type { Watcher } from './api.ts';

/** The table that a watcher stands in. */
export type WatchKind = 'data' | 'exist' | 'child' | 'persistent' | 'recursive';

export const WATCH_KINDS: readonly WatchKind[] = ['data', 'exist', 'child', 'persistent', 'recursive'];

const KINDS_OF_TYPE: Readonly<Record<WatcherType, readonly WatchKind[]>> = {
  [WatcherType.Children]: ['child'],
  [WatcherType.Data]: ['data', 'exist'],
  [WatcherType.Any]: WATCH_KINDS,
  [WatcherType.Persistent]: ['persistent'],
  [WatcherType.PersistentRecursive]: ['recursive'],
};

type Table = Map<string, Set<Watcher>>;

export class WatchRegistry {
  readonly #tables: Readonly<Record<WatchKind, Table>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };
  #size = 0;

  /** Watchers, each counted once for each table and path. */
  get size(): number {
    return this.#size;
  }

  add(kind: WatchKind, path: string, watcher: Watcher): void {
    const table = this.#tables[kind];
    let watchers = table.get(path);
    if (watchers === undefined) {
      watchers = new Set();
      table.set(path, watchers);
    }
    if (watchers.has(watcher)) return;
    watchers.add(watcher);
    this.#size++;
  }

  /** The watchers that an event concerns, each once; one-shot ones are taken out. */
  fire(type: number, path: string): Watcher[] {
    const out = new Set<Watcher>();
    if (type === EventType.NodeDataChanged || type === EventType.NodeCreated) {
      this.#take('data', path, out);
      this.#take('exist', path, out);
    } else if (type === EventType.NodeChildrenChanged) {
      this.#take('child', path, out);
      this.#collect('persistent', path, out);
      // Recursive watchers learn of a child by its own event (facts 3.2).
      return [...out];
    } else if (type === EventType.NodeDeleted) {
      this.#take('data', path, out);
      this.#take('exist', path, out);
      this.#take('child', path, out);
    } else {
      return [];
    }
    this.#collect('persistent', path, out);
    if (this.#tables.recursive.size > 0) {
      for (const ancestor of pathLineage(path)) this.#collect('recursive', ancestor, out);
    }
    return [...out];
  }

  /** Whether anything would be removed. @param watcher null for whichever */
  has(path: string, watcher: Watcher | null, type: WatcherType): boolean {
    return KINDS_OF_TYPE[type].some((kind) => {
      const watchers = this.#tables[kind].get(path);
      return watchers !== undefined && (watcher === null || watchers.has(watcher));
    });
  }

  /** Whether the path would still have a watcher of any kind after the removal. */
  hasOthers(path: string, watcher: Watcher | null, type: WatcherType): boolean {
    const going = KINDS_OF_TYPE[type];
    return WATCH_KINDS.some((kind) => {
      const watchers = this.#tables[kind].get(path);
      if (watchers === undefined) return false;
      if (!going.includes(kind)) return true;
      return watcher !== null && (watchers.size > 1 || !watchers.has(watcher));
    });
  }

  /** Takes watchers out, and says which went from which table. @param watcher null for all of the type */
  remove(path: string, watcher: Watcher | null, type: WatcherType): { readonly kind: WatchKind; readonly watcher: Watcher }[] {
    const out: { kind: WatchKind; watcher: Watcher }[] = [];
    for (const kind of KINDS_OF_TYPE[type]) {
      for (const each of [...(this.#tables[kind].get(path) ?? [])]) {
        if (watcher !== null && each !== watcher) continue;
        this.#delete(kind, path, each);
        out.push({ kind, watcher: each });
      }
    }
    return out;
  }

  /** The watched paths of one table. */
  paths(kind: WatchKind): IterableIterator<string> {
    return this.#tables[kind].keys();
  }

  /** Every watcher, each once; none is left afterwards. */
  takeAll(): Watcher[] {
    const out = new Set<Watcher>();
    for (const kind of WATCH_KINDS) {
      for (const watchers of this.#tables[kind].values()) for (const watcher of watchers) out.add(watcher);
      this.#tables[kind].clear();
    }
    this.#size = 0;
    return [...out];
  }

  #collect(kind: WatchKind, path: string, into: Set<Watcher>): void {
    const watchers = this.#tables[kind].get(path);
    if (watchers !== undefined) for (const watcher of watchers) into.add(watcher);
  }

  #take(kind: WatchKind, path: string, into: Set<Watcher>): void {
    const watchers = this.#tables[kind].get(path);
    if (watchers === undefined) return;
    for (const watcher of watchers) into.add(watcher);
    this.#size -= watchers.size;
    this.#tables[kind].delete(path);
  }

  #delete(kind: WatchKind, path: string, watcher: Watcher): void {
    const watchers = this.#tables[kind].get(path);
    if (watchers?.delete(watcher) !== true) return;
    this.#size--;
    if (watchers.size === 0) this.#tables[kind].delete(path);
  }
}
