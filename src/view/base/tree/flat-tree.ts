/**
 * A tree as a flat list of rows, for a window that shows some of them. In: roots, listings, expansions, a filter.
 * Out: rows by number. Must hold: the rows are the expanded nodes in depth-first order, each listing's note before its
 * names; without a filter, a change costs the rows it adds or removes and a move of memory, nothing for each other row.
 */

import { isWithin, joinPath } from '../../../model/zpath.ts';
import { Mark, newListing, renameAll, UNKNOWN_COUNT, type Listing, type Note } from './listing.ts';
import { compareNames, findName, sortNames, type NameOrder } from './name-order.ts';
import { RowList } from './row-list.ts';

/** A node in the tree: one name of a listing. */
export interface Place {
  readonly listing: Listing;
  readonly index: number;
}

/** The index of a row that is a listing's note. */
export const NOTE_ROW = -1;

export class FlatTree {
  readonly roots: Listing = newListing(0, '', null, 0);
  readonly #rows = new RowList();
  readonly #listings = new Map<number, Listing>([[0, this.roots]]);
  #lastId = 0;
  #order: NameOrder;
  #query = '';

  constructor(order: NameOrder = 'natural') {
    this.#order = order;
    this.roots.expanded = true;
  }

  get rowCount(): number {
    return this.#rows.length;
  }

  get order(): NameOrder {
    return this.#order;
  }

  get query(): string {
    return this.#query;
  }

  /** The node of a row, or its listing with index NOTE_ROW. */
  at(row: number): Place {
    return { listing: this.#listings.get(this.#rows.owner(row)) as Listing, index: this.#rows.index(row) };
  }

  pathOf({ listing, index }: Place): string {
    const name = listing.names[index] ?? '';
    return listing.depth === 0 ? name : joinPath(listing.path, name);
  }

  /** The row of a node, or -1 when it is not shown. */
  rowOf({ listing, index }: Place): number {
    return this.#rows.find(listing.id, index);
  }

  /** The node at a path, when it is listed; below the root that leads to it. */
  locate(path: string): Place | null {
    for (let root = 0; root < this.roots.names.length; root++) {
      const from = this.roots.names[root] as string;
      if (!isWithin(path, from)) continue;
      const found = this.#descend({ listing: this.roots, index: root }, path);
      if (found !== null) return found;
    }
    return null;
  }

  #descend(from: Place, path: string): Place | null {
    let place = from;
    for (;;) {
      const here = this.pathOf(place);
      if (here === path) return place;
      const listing = place.listing.open.get(place.index);
      if (listing === undefined) return null;
      const start = here === '/' ? 1 : here.length + 1;
      const slash = path.indexOf('/', start);
      const index = findName(listing.names, path.slice(start, slash === -1 ? undefined : slash), this.#order);
      if (index === -1) return null;
      place = { listing, index };
    }
  }

  /** What a node lists, whether shown or not. */
  listingOf({ listing, index }: Place): Listing | undefined {
    return listing.open.get(index);
  }

  isExpanded(place: Place): boolean {
    return this.listingOf(place)?.expanded ?? false;
  }

  /** Replaces the roots; those that stay keep what is open below them. The order is the one given. */
  setRoots(paths: readonly string[]): void {
    const kept = new Map<string, Listing>();
    for (const [index, listing] of this.roots.open) kept.set(this.roots.names[index] as string, listing);
    this.roots.names = paths;
    this.roots.counts = new Int32Array(paths.length).fill(UNKNOWN_COUNT);
    this.roots.marks = new Uint8Array(paths.length);
    this.roots.askedAtMs = new Float64Array(paths.length);
    this.roots.open.clear();
    paths.forEach((path, index) => {
      const listing = kept.get(path);
      if (listing === undefined) return;
      listing.index = index;
      this.roots.open.set(index, listing);
      kept.delete(path);
    });
    for (const listing of kept.values()) this.#forget(listing);
    this.rebuild();
  }

  /**
   * Sets what a node lists, in any order; children that stay keep what is open below them.
   * It is shown only after `expand`.
   */
  setChildren(place: Place, names: readonly string[], note: Note | null): Listing {
    const sorted = sortNames(names, this.#order);
    let listing = this.listingOf(place);
    if (listing === undefined) {
      listing = newListing(++this.#lastId, this.pathOf(place), place.listing, place.index);
      this.#listings.set(listing.id, listing);
      place.listing.open.set(place.index, listing);
    }
    const target = listing;
    this.#change(target, () => {
      for (const lost of renameAll(target, sorted, (a, b) => compareNames(a, b, this.#order))) this.#forget(lost);
      target.note = note;
    });
    return target;
  }

  /** Sets only the note of a listing. */
  setNote(listing: Listing, note: Note | null): void {
    this.#change(listing, () => {
      listing.note = note;
    });
  }

  /** Shows what a node lists. Nothing happens when it was not listed. */
  expand(place: Place): void {
    const listing = this.listingOf(place);
    if (listing === undefined || listing.expanded) return;
    this.#change(listing, () => {
      listing.expanded = true;
    });
  }

  collapse(place: Place): void {
    const listing = this.listingOf(place);
    if (listing === undefined || !listing.expanded) return;
    this.#change(listing, () => {
      listing.expanded = false;
    });
  }

  /** Collapses everything; what was listed is forgotten. */
  collapseAll(): void {
    for (const listing of this.roots.open.values()) this.#forget(listing);
    this.roots.open.clear();
    this.rebuild();
  }

  /**
   * Notes what is known of a child.
   *
   * @param count of its children, or UNKNOWN_COUNT to leave what is there
   * @param atMs when it was asked, by a clock that only goes on
   */
  know({ listing, index }: Place, marks: number, count: number, atMs: number): void {
    listing.marks[index] = marks | Mark.known;
    listing.askedAtMs[index] = atMs;
    if (count !== UNKNOWN_COUNT) listing.counts[index] = count;
  }

  /** What is known of a node is to be asked again; until then it stands. */
  unknow({ listing, index }: Place): void {
    listing.marks[index] = (listing.marks[index] ?? 0) & ~Mark.known;
  }

  /** The same for all of a node's children. */
  unknowAll({ marks }: Listing): void {
    for (let i = 0; i < marks.length; i++) marks[i] = (marks[i] as number) & ~Mark.known;
  }

  /** Sorts everything that is listed anew. */
  setOrder(order: NameOrder): void {
    if (order === this.#order) return;
    this.#order = order;
    const sort = (listing: Listing): void => {
      reorder(listing, order);
      for (const child of listing.open.values()) sort(child);
    };
    for (const listing of this.roots.open.values()) sort(listing);
    this.rebuild();
  }

  /**
   * Shows only names that hold `query`, and what leads to them; all with an empty one. Capitals count when the
   * query has some.
   */
  setQuery(query: string): void {
    if (query === this.#query) return;
    this.#query = query;
    this.rebuild();
  }

  /** The paths of all expanded nodes, parents before children. @param max no more than this */
  expandedPaths(max: number): string[] {
    const out: string[] = [];
    const queue = [this.roots];
    for (let at = 0; at < queue.length && out.length < max; at++) {
      const listing = queue[at] as Listing;
      if (listing !== this.roots) out.push(listing.path);
      for (const child of listing.open.values()) if (child.expanded) queue.push(child);
    }
    return out;
  }

  /** Every listing, shown or not, but the one that holds the roots. */
  *listings(): Generator<Listing> {
    for (const listing of this.#listings.values()) if (listing !== this.roots) yield listing;
  }

  /** Makes all rows anew. */
  rebuild(): void {
    this.#rows.clear();
    const { roots } = this;
    if (this.#query === '') {
      roots.rows = countRows(roots);
      this.#rows.open(0, roots.rows);
      this.#fill(roots, 0);
      return;
    }
    const sensitive = this.#query !== this.#query.toLowerCase();
    this.#fillMatching(roots, sensitive ? (name) => name : (name) => name.toLowerCase());
  }

  /** Makes a change to one listing, and to the rows where it is shown. */
  #change(listing: Listing, change: () => void): void {
    const row = this.#query === '' && this.#isShown(listing) ? this.#rowOfOwner(listing) : -1;
    if (row === -1) {
      change();
      listing.rows = countRows(listing);
      if (this.#query === '') addToAncestors(listing, null);
      else this.rebuild();
      return;
    }
    const before = listing.expanded ? listing.rows : 0;
    change();
    listing.rows = countRows(listing);
    const after = listing.expanded ? listing.rows : 0;
    this.#rows.remove(row + 1, before);
    this.#rows.open(row + 1, after);
    if (listing.expanded) this.#fill(listing, row + 1);
    addToAncestors(listing, after - before);
  }

  /** Whether the node that owns a listing has a row. */
  #isShown(listing: Listing): boolean {
    for (let at = listing.parent; at !== null; at = at.parent) if (!at.expanded) return false;
    return true;
  }

  #rowOfOwner(listing: Listing): number {
    return listing.parent === null ? -1 : this.#rows.find(listing.parent.id, listing.index);
  }

  /** Writes the rows of an expanded listing from `start` on. @returns the row after the last */
  #fill(listing: Listing, start: number): number {
    let row = start;
    if (listing.note !== null) this.#rows.set(row++, listing.id, NOTE_ROW);
    let from = 0;
    for (const index of expandedIndices(listing)) {
      this.#rows.setRange(row, listing.id, from, index + 1);
      row = this.#fill(listing.open.get(index) as Listing, row + index + 1 - from);
      from = index + 1;
    }
    this.#rows.setRange(row, listing.id, from, listing.names.length);
    return row + listing.names.length - from;
  }

  /** The same with a filter. @returns whether a row was added */
  #fillMatching(listing: Listing, fold: (name: string) => string): boolean {
    const before = this.#rows.length;
    const { names, open } = listing;
    for (let index = 0; index < names.length; index++) {
      const matches = fold(names[index] as string).includes(this.#query);
      const child = open.size === 0 ? undefined : open.get(index);
      if (child?.expanded === true) {
        this.#rows.push(listing.id, index);
        if (!this.#fillMatching(child, fold) && !matches) this.#rows.pop();
      } else if (matches) {
        this.#rows.push(listing.id, index);
      }
    }
    return this.#rows.length > before;
  }

  #forget(listing: Listing): void {
    this.#listings.delete(listing.id);
    for (const child of listing.open.values()) this.#forget(child);
  }
}

function expandedIndices(listing: Listing): number[] {
  const out: number[] = [];
  for (const [index, child] of listing.open) if (child.expanded) out.push(index);
  return out.sort((a, b) => a - b);
}

/** The rows below a listing, from what its expanded children take. */
function countRows(listing: Listing): number {
  let rows = listing.names.length + (listing.note === null ? 0 : 1);
  for (const child of listing.open.values()) if (child.expanded) rows += countRows(child);
  listing.rows = rows;
  return rows;
}

/** Corrects the row counts above a listing. @param delta null: count again */
function addToAncestors(listing: Listing, delta: number | null): void {
  for (let at = listing.parent; at !== null; at = at.parent) at.rows = delta === null ? countRows(at) : at.rows + delta;
}

/** Sorts a listing's names in another order, with all that is known of them. */
function reorder(listing: Listing, order: NameOrder): void {
  const before = new Map(listing.names.map((name, index) => [name, index]));
  const { counts, marks, askedAtMs } = listing;
  const open = [...listing.open.values()];
  listing.names = sortNames(listing.names, order);
  listing.counts = new Int32Array(listing.names.length);
  listing.marks = new Uint8Array(listing.names.length);
  listing.askedAtMs = new Float64Array(listing.names.length);
  const to = new Int32Array(listing.names.length);
  listing.names.forEach((name, index) => {
    const from = before.get(name) as number;
    listing.counts[index] = counts[from] as number;
    listing.marks[index] = marks[from] as number;
    listing.askedAtMs[index] = askedAtMs[from] as number;
    to[from] = index;
  });
  listing.open.clear();
  for (const child of open) {
    child.index = to[child.index] as number;
    listing.open.set(child.index, child);
  }
}
