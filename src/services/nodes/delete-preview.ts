/**
 * What a deletion would take: a walk of the subtree, breadth first, one getChildren2 for each node (which brings its
 * stat along, and no data). Bounded in requests under way and in nodes.
 */

import type { CancelSignal } from '../../base/signal.ts';
import type { Stat } from '../../model/stat.ts';
import { joinPath } from '../../model/zpath.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import { createCancel, throwIfCancelled } from '../util/cancel.ts';
import { isAnswer } from './read-write.ts';

/** Requests of a walk under way at once. */
const WALK_AT_ONCE_MAX = 32;
/** However many a view asks for. */
const NODES_MAX = 500_000;

export interface PlannedNode {
  readonly path: string;
  readonly version: number;
  readonly ephemeral: boolean;
  readonly dataLength: number;
}

export interface Walk {
  /** Parents before children. Without those whose stat could not be read. */
  readonly planned: readonly PlannedNode[];
  /** Nodes that were found, readable or not. */
  readonly found: number;
  readonly unreadable: readonly string[];
  /** There are more nodes than the limit: the plan is not whole. */
  readonly truncated: boolean;
}

/**
 * Walks a subtree.
 *
 * @param limit most nodes, the topmost included
 * @param onProgress told how many nodes have been looked at, of how many that are known
 * @throws KeeperError NoNode when the topmost node is not there; CancelledError; weather
 */
export async function walkSubtree(
  connection: OpenConnection,
  path: string,
  limit: number,
  signal: CancelSignal,
  onProgress: (done: number, found: number) => void,
): Promise<Walk> {
  const walker = new Walker(connection, Math.min(limit, NODES_MAX), signal, onProgress);
  return walker.run(path);
}

interface Looked {
  readonly stat: Stat | null;
  readonly children: readonly string[];
  readonly readable: boolean;
}

class Walker {
  readonly #connection: OpenConnection;
  readonly #limit: number;
  readonly #signal: CancelSignal;
  readonly #onProgress: (done: number, found: number) => void;
  readonly #planned: PlannedNode[] = [];
  readonly #unreadable: string[] = [];
  #found = 1;
  #done = 0;
  #truncated = false;

  constructor(connection: OpenConnection, limit: number, signal: CancelSignal, onProgress: (done: number, found: number) => void) {
    this.#connection = connection;
    this.#limit = limit;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  async run(top: string): Promise<Walk> {
    // Level by level keeps parents before children without sorting.
    for (let level = [top]; level.length > 0 && !this.#truncated; ) level = await this.#walkLevel(level, top);
    return {
      planned: this.#planned,
      found: this.#found,
      unreadable: this.#unreadable,
      truncated: this.#truncated,
    };
  }

  async #walkLevel(level: readonly string[], top: string): Promise<string[]> {
    const below: string[] = [];
    let next = 0;
    const source = createCancel(this.#signal);
    const worker = async (): Promise<void> => {
      while (next < level.length && !this.#truncated) {
        throwIfCancelled(source.signal);
        const path = level[next++] as string;
        this.#take(path, await this.#look(path, path === top, source.signal), below);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(WALK_AT_ONCE_MAX, level.length) }, worker));
    } finally {
      source.cancel();
      source.release();
    }
    return below;
  }

  #take(path: string, looked: Looked | null, below: string[]): void {
    this.#done++;
    // Gone since its parent was listed: nothing to delete.
    if (looked === null) {
      this.#found--;
    } else {
      const { stat, children, readable } = looked;
      if (!readable) this.#unreadable.push(path);
      if (stat !== null) {
        const ephemeral = stat.ephemeralOwner !== 0n;
        this.#planned.push({ path, version: stat.version, ephemeral, dataLength: stat.dataLength });
      }
      this.#found += children.length;
      if (this.#found > this.#limit) this.#truncated = true;
      else for (const name of children) below.push(joinPath(path, name));
    }
    this.#onProgress(this.#done, this.#found);
  }

  /** @returns null when there is no such node, and it is not the topmost */
  async #look(path: string, isTop: boolean, signal: CancelSignal): Promise<Looked | null> {
    try {
      const { children, stat } = await this.#connection.client.getChildren(path, { signal });
      return { stat, children, readable: true };
    } catch (error) {
      if (isAnswer(error, 'NoNode') && !isTop) return null;
      if (!isAnswer(error, 'NoAuth')) throw error;
    }
    return this.#lookFromOutside(path, signal);
  }

  /** exists needs no permission before 3.8.4, and tells the version that the deletion needs. */
  async #lookFromOutside(path: string, signal: CancelSignal): Promise<Looked | null> {
    try {
      const { stat } = await this.#connection.client.exists(path, { signal });
      return stat === null ? null : { stat, children: [], readable: false };
    } catch (error) {
      if (isAnswer(error, 'NoAuth')) return { stat: null, children: [], readable: false };
      throw error;
    }
  }
}
