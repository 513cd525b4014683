/** Two sides brought together, node by node, in the one order. */

import { compareRelative } from '../order.ts';
import { isLeft, type SourceEntry } from '../source.ts';

/** One node on both sides; null where a side does not have it. */
export interface Pair {
  readonly path: string;
  readonly a: SourceEntry | null;
  readonly b: SourceEntry | null;
}

export type Entries = AsyncIterable<readonly SourceEntry[]>;

/** Hands out the entries of a stream one at a time; waits only between batches. */
class Cursor {
  readonly #batches: AsyncIterator<readonly SourceEntry[]>;
  #batch: readonly SourceEntry[] = [];
  #index = 0;

  constructor(entries: Entries) {
    this.#batches = entries[Symbol.asyncIterator]();
  }

  /** The next entry, if it is here already. */
  get here(): SourceEntry | null {
    return this.#batch[this.#index] ?? null;
  }

  skip(): void {
    this.#index++;
  }

  /** @returns false at the end */
  async more(): Promise<boolean> {
    while (this.#index >= this.#batch.length) {
      const next = await this.#batches.next();
      if (next.done === true) return false;
      this.#batch = next.value;
      this.#index = 0;
    }
    return true;
  }

  async end(): Promise<void> {
    await this.#batches.return?.();
  }
}

/** Merges two whole streams. Both are ended when it is. */
export async function* mergePairs(entriesA: Entries, entriesB: Entries): AsyncGenerator<readonly Pair[]> {
  const a = new Cursor(entriesA);
  const b = new Cursor(entriesB);
  try {
    for (;;) {
      // Both sides are waited for at once: each reads ahead meanwhile.
      const [moreA, moreB] = await Promise.all([a.more(), b.more()]);
      if (!moreA && !moreB) return;
      const batch: Pair[] = [];
      while ((a.here !== null || !moreA) && (b.here !== null || !moreB) && (a.here !== null || b.here !== null)) {
        batch.push(takeNext(a, b));
      }
      yield batch;
    }
  } finally {
    await Promise.all([a.end(), b.end()]);
  }
}

function takeNext(a: Cursor, b: Cursor): Pair {
  const left = a.here;
  const right = b.here;
  const order = left === null ? 1 : right === null ? -1 : compareRelative(left.path, right.path);
  if (order <= 0) a.skip();
  if (order >= 0) b.skip();
  return { path: (order <= 0 ? left?.path : right?.path) ?? '', a: order <= 0 ? left : null, b: order >= 0 ? right : null };
}

/** A side that stays empty: every node of the other is alone. */
export async function* alone(entries: Entries, side: 'a' | 'b'): AsyncGenerator<readonly Pair[]> {
  for await (const batch of entries) {
    yield batch.map((entry) => (side === 'a' ? { path: entry.path, a: entry, b: null } : { path: entry.path, a: null, b: entry }));
  }
}

/** The data that an entry holds in memory, bytes. */
export function heldBytes(entry: SourceEntry | null): number {
  return entry === null || isLeft(entry) ? 0 : (entry.data?.length ?? 0);
}
