/** One listed node: its children's names, and what is known of each child. */

/** A row that stands under a node instead of children, or above them (stale). */
export type Note =
  | { readonly kind: 'empty' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly why: string }
  /** More children than are listed unasked. */
  | { readonly kind: 'wide'; readonly count: number }
  /** Changed since it was listed; too wide to be listed again by itself. */
  | { readonly kind: 'stale' };

/** What is known of a child. */
export const Mark = { known: 1, ephemeral: 2, locked: 4, gone: 8 } as const;

export const UNKNOWN_COUNT = -1;

export interface Listing {
  readonly id: number;
  readonly path: string;
  readonly parent: Listing | null;
  /** Which of the parent's names it is. */
  index: number;
  /** Of its rows; the roots have 0. */
  readonly depth: number;
  /** Sorted. */
  names: readonly string[];
  note: Note | null;
  /** Children's children, by index: known means `counts[i]` is not UNKNOWN_COUNT. */
  counts: Int32Array;
  marks: Uint8Array;
  /** When each child was asked about, by a clock that only goes on, ms. */
  askedAtMs: Float64Array;
  /** Children that were listed; each is shown when `expanded`. */
  readonly open: Map<number, Listing>;
  expanded: boolean;
  /** Rows that it takes when it is expanded, without its own. */
  rows: number;
}

/** A listing without names yet. */
export function newListing(id: number, path: string, parent: Listing | null, index: number): Listing {
  return {
    id, path, parent, index,
    depth: parent === null ? 0 : parent.depth + 1,
    names: [], note: null, counts: new Int32Array(0), marks: new Uint8Array(0), askedAtMs: new Float64Array(0),
    open: new Map(), expanded: false, rows: 0,
  };
}

/**
 * Gives a listing new names, and carries over what is known of those that stay.
 *
 * @param compare the order of both old and new names
 * @returns the listings of children that are gone
 */
export function renameAll(listing: Listing, names: readonly string[], compare: (a: string, b: string) => number): Listing[] {
  const counts = new Int32Array(names.length).fill(UNKNOWN_COUNT);
  const marks = new Uint8Array(names.length);
  const askedAtMs = new Float64Array(names.length);
  const open = [...listing.open.entries()];
  const old = listing.names;
  const moved = new Map<number, number>();
  const wanted = new Set(listing.open.keys());
  for (let i = 0, j = 0; i < old.length && j < names.length; ) {
    const a = old[i] as string;
    const b = names[j] as string;
    const way = a === b ? 0 : compare(a, b);
    if (way === 0) {
      counts[j] = listing.counts[i] as number;
      marks[j] = listing.marks[i] as number;
      askedAtMs[j] = listing.askedAtMs[i] as number;
      if (wanted.has(i)) moved.set(i, j);
    }
    if (way <= 0) i++;
    if (way >= 0) j++;
  }
  listing.names = names;
  listing.counts = counts;
  listing.marks = marks;
  listing.askedAtMs = askedAtMs;
  listing.open.clear();
  const lost: Listing[] = [];
  for (const [from, child] of open) {
    const to = moved.get(from);
    if (to === undefined) {
      lost.push(child);
    } else {
      child.index = to;
      listing.open.set(to, child);
    }
  }
  return lost;
}
