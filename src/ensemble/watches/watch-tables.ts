/**
 * All watches of one server: who is told what when the tree changes (facts 3; Apache's DataTree with its two watch
 * managers). In: watches and changes. Out: notifications in the order in which they must be sent.
 */

import type { Acl } from '../../model/acl.ts';
import { EventType, WatcherType } from '../../model/watch.ts';
import type { TreeChange } from '../tree/changes.ts';
import { Mode, WatchTable, type ConnectionKey } from './watch-table.ts';

export type { ConnectionKey };

/** data: getData; exist: exists; child: getChildren; the last two: addWatch 0 and 1. */
export type WatchKind = 'data' | 'exist' | 'child' | 'persistent' | 'recursive';

/** One event for one connection. */
export interface Notification {
  readonly connection: ConnectionKey;
  readonly type: EventType;
  readonly path: string;
  /** The transaction that caused it; -1 for events of `reset`. */
  readonly zxid: bigint;
  /** READ on this is needed to see it, where events are filtered (3.8.4 and later); null: never filtered. */
  readonly acl: readonly Acl[] | null;
}

/** The watches that a client registers again after it reconnected (setWatches, setWatches2). */
export interface WatchLists {
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
  readonly persistentWatches?: readonly string[];
  readonly persistentRecursiveWatches?: readonly string[];
}

/** What `reset` must know of a node; a TreeReader fits. */
export interface WatchedNodes {
  stat(path: string): { readonly mzxid: bigint; readonly pzxid: bigint } | undefined;
}

export interface WatchSummary {
  readonly connections: number;
  readonly paths: number;
  readonly watches: number;
}

const NO_ZXID = -1n;
const NONE: readonly Notification[] = [];

export class WatchTables {
  readonly #data = new WatchTable();
  readonly #child = new WatchTable();
  readonly #onFired: (type: EventType, watchers: number) => void;

  /** @param onFired is told how many connections had a watch that a change met, one event after the other */
  constructor(onFired: (type: EventType, watchers: number) => void = () => undefined) {
    this.#onFired = onFired;
  }

  add(connection: ConnectionKey, path: string, kind: WatchKind): void {
    switch (kind) {
      case 'data':
      case 'exist':
        this.#data.add(connection, path, Mode.ONCE);
        return;
      case 'child':
        this.#child.add(connection, path, Mode.ONCE);
        return;
      case 'persistent':
        this.#data.add(connection, path, Mode.PERSISTENT);
        this.#child.add(connection, path, Mode.PERSISTENT);
        return;
      case 'recursive':
        this.#data.add(connection, path, Mode.RECURSIVE);
    }
  }

  /** removeWatches. @returns whether any was there; if not, the answer is NoWatcher */
  remove(connection: ConnectionKey, path: string, type: WatcherType): boolean {
    switch (type) {
      case WatcherType.Children:
        return this.#child.remove(connection, path, Mode.ONCE);
      case WatcherType.Data:
        return this.#data.remove(connection, path, Mode.ONCE);
      case WatcherType.PersistentRecursive:
        return this.#data.remove(connection, path, Mode.RECURSIVE);
      case WatcherType.Persistent:
      case WatcherType.Any: {
        const mode = type === WatcherType.Any ? null : Mode.PERSISTENT;
        const fromChild = this.#child.remove(connection, path, mode);
        return this.#data.remove(connection, path, mode) || fromChild;
      }
    }
  }

  /** checkWatches. @returns whether one is there */
  check(connection: ConnectionKey, path: string, type: WatcherType): boolean {
    switch (type) {
      case WatcherType.Children:
        return this.#child.has(connection, path, Mode.ONCE);
      case WatcherType.Data:
        return this.#data.has(connection, path, Mode.ONCE);
      case WatcherType.Persistent:
        return this.#data.has(connection, path, Mode.PERSISTENT);
      case WatcherType.PersistentRecursive:
        return this.#data.has(connection, path, Mode.RECURSIVE);
      case WatcherType.Any:
        return this.#child.has(connection, path, null) || this.#data.has(connection, path, null);
    }
  }

  /** Forgets a connection that was closed. */
  removeConnection(connection: ConnectionKey): void {
    this.#data.removeConnection(connection);
    this.#child.removeConnection(connection);
  }

  /** Who is told of a change, in order; one-shot watches that it meets are used up. */
  trigger(change: TreeChange): readonly Notification[] {
    if (this.#data.size === 0 && this.#child.size === 0) return NONE;
    const out: Notification[] = [];
    const { path, acl, parentAcl } = change;
    switch (change.kind) {
      case 'data':
        this.#tell(out, this.#data.fire(path), EventType.NodeDataChanged, change, path, acl);
        break;
      case 'created':
        this.#tell(out, this.#data.fire(path), EventType.NodeCreated, change, path, acl);
        this.#tellParent(out, change, parentAcl);
        break;
      case 'deleted': {
        const told = this.#data.fire(path);
        this.#tell(out, told, EventType.NodeDeleted, change, path, acl);
        // Their watches are used up all the same, but nobody hears of one deletion twice.
        this.#tell(out, this.#child.fire(path), EventType.NodeDeleted, change, path, acl, told);
        this.#tellParent(out, change, parentAcl);
      }
    }
    return out;
  }

  /**
   * setWatches: registers what a client had before, and tells it at once of what changed while it was away
   * (DataTree.setWatches). These events come before the reply, and none of them is filtered by ACL.
   *
   * @param relativeZxid the last transaction the client knows of
   */
  reset(connection: ConnectionKey, relativeZxid: bigint, lists: WatchLists, nodes: WatchedNodes): Notification[] {
    const out: Notification[] = [];
    const tell = (type: EventType, path: string): void => {
      out.push({ connection, type, path, zxid: NO_ZXID, acl: null });
    };
    for (const path of lists.dataWatches) {
      const stat = nodes.stat(path);
      if (stat === undefined) tell(EventType.NodeDeleted, path);
      else if (stat.mzxid > relativeZxid) tell(EventType.NodeDataChanged, path);
      else this.add(connection, path, 'data');
    }
    for (const path of lists.existWatches) {
      if (nodes.stat(path) !== undefined) tell(EventType.NodeCreated, path);
      else this.add(connection, path, 'exist');
    }
    for (const path of lists.childWatches) {
      const stat = nodes.stat(path);
      if (stat === undefined) tell(EventType.NodeDeleted, path);
      else if (stat.pzxid > relativeZxid) tell(EventType.NodeChildrenChanged, path);
      else this.add(connection, path, 'child');
    }
    for (const path of lists.persistentWatches ?? []) this.add(connection, path, 'persistent');
    for (const path of lists.persistentRecursiveWatches ?? []) this.add(connection, path, 'recursive');
    return out;
  }

  /** mntr's zk_watch_count: pairs of connection and path, over both tables. */
  get watchCount(): number {
    return this.#data.size + this.#child.size;
  }

  /** wchs: what Apache reports is the data table only. */
  summary(): WatchSummary {
    return { connections: this.#data.connectionCount, paths: this.#data.pathCount, watches: this.#data.size };
  }

  /** wchc: connections and the paths of the data table that they watch. */
  byConnection(): IterableIterator<readonly [ConnectionKey, readonly string[]]> {
    return this.#data.byConnection();
  }

  /** wchp: paths of the data table and the connections that watch them. */
  byPath(): IterableIterator<readonly [string, readonly ConnectionKey[]]> {
    return this.#data.byPath();
  }

  #tellParent(out: Notification[], change: TreeChange, acl: readonly Acl[]): void {
    if (this.#child.size === 0) return;
    const slash = change.path.lastIndexOf('/');
    const parent = slash <= 0 ? '/' : change.path.slice(0, slash);
    this.#tell(out, this.#child.fire(parent), EventType.NodeChildrenChanged, change, parent, acl);
  }

  #tell(
    out: Notification[],
    connections: ReadonlySet<ConnectionKey> | null,
    type: EventType,
    change: TreeChange,
    path: string,
    acl: readonly Acl[],
    except: ReadonlySet<ConnectionKey> | null = null,
  ): void {
    if (connections === null || connections.size === 0) return;
    this.#onFired(type, connections.size);
    for (const connection of connections) {
      if (except?.has(connection) !== true) out.push({ connection, type, path, zxid: change.zxid, acl });
    }
  }
}
