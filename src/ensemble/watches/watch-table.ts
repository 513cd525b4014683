/**
 * One table of watches: which connections watch which paths, and how (Apache's WatchManager). A path with one
 * watching connection, by far the most common case, costs one map entry and no object.
 */

/** A connection as the server numbers it: a whole number from 0, used again only after it was removed. */
export type ConnectionKey = number;

/** How a connection watches a path: a sum of these. */
export const Mode = { ONCE: 1, PERSISTENT: 2, RECURSIVE: 4 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

const ANY_MODE = 7;
const MODES = 8;

type Modes = number;
/** One connection and its modes in a number, or several connections. */
type Watchers = number | Map<ConnectionKey, Modes>;

export class WatchTable {
  readonly #watchers = new Map<string, Watchers>();
  readonly #paths = new Map<ConnectionKey, Set<string>>();
  #size = 0;
  #recursive = 0;

  /** Pairs of connection and path. */
  get size(): number {
    return this.#size;
  }

  get connectionCount(): number {
    return this.#paths.size;
  }

  get pathCount(): number {
    return this.#watchers.size;
  }

  add(connection: ConnectionKey, path: string, mode: Mode): void {
    const before = this.#modes(path, connection);
    if ((before & mode) !== 0) return;
    this.#set(path, connection, before, before | mode);
  }

  /** Takes a mode away. @returns whether it was there */
  remove(connection: ConnectionKey, path: string, mode: Mode | null): boolean {
    const before = this.#modes(path, connection);
    const after = before & ~(mode ?? ANY_MODE);
    if (after === before) return false;
    this.#set(path, connection, before, after);
    return true;
  }

  /** @param mode null for any */
  has(connection: ConnectionKey, path: string, mode: Mode | null): boolean {
    return (this.#modes(path, connection) & (mode ?? ANY_MODE)) !== 0;
  }

  removeConnection(connection: ConnectionKey): void {
    for (const path of [...(this.#paths.get(connection) ?? [])]) this.remove(connection, path, null);
  }

  /**
   * Collects who watches a change at a path: those at the path itself, whose one-shot watches are used up, and the
   * recursive ones at it and above it. Each connection once, the nearest watch first.
   */
  fire(path: string): Set<ConnectionKey> | null {
    if (this.#size === 0) return null;
    const found = new Set<ConnectionKey>();
    this.#fireAt(path, found);
    if (this.#recursive > 0) this.#fireAbove(path, found);
    return found.size === 0 ? null : found;
  }

  *byConnection(): IterableIterator<readonly [ConnectionKey, readonly string[]]> {
    for (const [connection, paths] of this.#paths) yield [connection, [...paths]];
  }

  *byPath(): IterableIterator<readonly [string, readonly ConnectionKey[]]> {
    for (const [path, watchers] of this.#watchers) {
      yield [path, typeof watchers === 'number' ? [Math.floor(watchers / MODES)] : [...watchers.keys()]];
    }
  }

  #fireAt(path: string, found: Set<ConnectionKey>): void {
    const watchers = this.#watchers.get(path);
    if (watchers === undefined) return;
    if (typeof watchers === 'number') {
      found.add(Math.floor(watchers / MODES));
      this.#use(path, Math.floor(watchers / MODES), watchers % MODES);
      return;
    }
    for (const [connection, modes] of [...watchers]) {
      found.add(connection);
      this.#use(path, connection, modes);
    }
  }

  #use(path: string, connection: ConnectionKey, modes: Modes): void {
    if ((modes & Mode.ONCE) !== 0) this.#set(path, connection, modes, modes & ~Mode.ONCE);
  }

  #fireAbove(path: string, found: Set<ConnectionKey>): void {
    for (let end = path.lastIndexOf('/'); end >= 0 && path !== '/'; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      const watchers = this.#watchers.get(end === 0 ? '/' : path.slice(0, end));
      if (watchers === undefined) continue;
      if (typeof watchers === 'number') {
        if ((watchers % MODES & Mode.RECURSIVE) !== 0) found.add(Math.floor(watchers / MODES));
        continue;
      }
      for (const [connection, modes] of watchers) if ((modes & Mode.RECURSIVE) !== 0) found.add(connection);
    }
  }

  #modes(path: string, connection: ConnectionKey): Modes {
    const watchers = this.#watchers.get(path);
    if (watchers === undefined) return 0;
    if (typeof watchers !== 'number') return watchers.get(connection) ?? 0;
    return Math.floor(watchers / MODES) === connection ? watchers % MODES : 0;
  }

  #set(path: string, connection: ConnectionKey, before: Modes, after: Modes): void {
    this.#recursive += ((after & Mode.RECURSIVE) - (before & Mode.RECURSIVE)) / Mode.RECURSIVE;
    if (after === 0) this.#unlink(path, connection);
    else this.#link(path, connection, after);
    if (before === 0) this.#count(path, connection);
  }

  #link(path: string, connection: ConnectionKey, modes: Modes): void {
    const watchers = this.#watchers.get(path);
    if (typeof watchers === 'object') watchers.set(connection, modes);
    else if (watchers === undefined || Math.floor(watchers / MODES) === connection) {
      this.#watchers.set(path, connection * MODES + modes);
    } else {
      this.#watchers.set(path, new Map([[Math.floor(watchers / MODES), watchers % MODES], [connection, modes]]));
    }
  }

  #count(path: string, connection: ConnectionKey): void {
    this.#size++;
    const paths = this.#paths.get(connection);
    if (paths === undefined) this.#paths.set(connection, new Set([path]));
    else paths.add(path);
  }

  #unlink(path: string, connection: ConnectionKey): void {
    this.#size--;
    const watchers = this.#watchers.get(path);
    if (typeof watchers === 'object') {
      watchers.delete(connection);
      if (watchers.size === 0) this.#watchers.delete(path);
    } else {
      this.#watchers.delete(path);
    }
    const paths = this.#paths.get(connection);
    paths?.delete(path);
    if (paths?.size === 0) this.#paths.delete(connection);
  }
}
