/**
 * The tree of one connection: what is listed, expanded and selected, and the calls that keep it so.
 * In: what a person does, `tree.stale`, the connection's state. Out: rows (model) and a version that counts their changes.
 * Must hold: a node is listed by one call at a time; expansion, cursor and scroll position survive a listing.
 */

import { reactive, shallowRef } from 'vue';
import type { EventPayload, Result } from '../../../contract/contract.ts';
import type { Failure } from '../../../contract/shapes.ts';
import { isWithin, parentPath, pathLineage } from '../../../model/zpath.ts';
import { FlatTree, NOTE_ROW, type Place } from '../../base/tree/flat-tree.ts';
import { Mark, UNKNOWN_COUNT, type Note } from '../../base/tree/listing.ts';
import type { NameOrder } from '../../base/tree/name-order.ts';
import { parseNames } from '../../base/tree/names.ts';
import { backend, failureOf } from '../backend.ts';
import { rowsMoved } from './anchor.ts';
import { Relister } from './relister.ts';
import { RowStats } from './row-stats.ts';

const EXPANDED_KEPT_MAX = 100;

export interface TreeSessionOptions {
  readonly connectionId: string;
  /** More children than this are asked about before they are listed. */
  readonly wideAbove: () => number;
  /** Whether to be told of changes. */
  readonly live: () => boolean;
  readonly isConnected: () => boolean;
  /** Keeps what is expanded, and the roots beside `/`. */
  readonly keep: (expanded: readonly string[], roots: readonly string[]) => void;
}

export class TreeSession {
  readonly model = new FlatTree();
  /** Counts the changes of the rows. */
  readonly version = shallowRef(0);
  /** The key of the row that the keyboard is on. */
  readonly cursor = shallowRef<string | null>(null);
  /** Rows that came (or, below 0, went) above the topmost one on screen, to scroll by. */
  readonly shift = shallowRef({ rows: 0 });
  /** Set while the tree wants the row of this key on screen. */
  readonly wanted = shallowRef<string | null>(null);
  /** Paths being listed. */
  readonly loading = reactive(new Set<string>());
  readonly #options: TreeSessionOptions;
  readonly #stats: RowStats;
  readonly #relister: Relister;
  readonly #listings = new Map<string, { readonly done: Promise<void>; readonly abort: AbortController }>();
  /** Listed without a watch, or whose watch has fired: to be listed again when they are expanded. */
  readonly #stale = new Set<string>();
  /** Wide nodes that a person said yes to. */
  readonly #agreed = new Set<string>();
  #extraRoots: readonly string[] = [];
  #topRow = 0;
  #started = false;

  constructor(options: TreeSessionOptions) {
    this.#options = options;
    this.#stats = new RowStats({
      connectionId: options.connectionId,
      model: this.model,
      isReady: options.isConnected,
      change: (apply) => this.#change(apply),
    });
    this.#relister = new Relister(async (path) => {
      // A listing under way may have been read before the change that asked for this one.
      await this.#listings.get(path)?.done;
      await this.list(path);
    });
    this.model.setRoots(['/']);
  }

  /** Lists what was expanded before, top down; once. */
  async start(expanded: readonly string[], roots: readonly string[]): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    this.#setRoots(roots);
    for (const path of expanded) {
      const place = this.model.locate(path);
      if (place === null || this.model.isExpanded(place)) continue;
      await this.list(path);
      const listed = this.model.locate(path);
      if (listed !== null) this.#change(() => this.model.expand(listed));
    }
  }

  stop(): void {
    this.#stats.stop();
    this.#relister.stop();
    for (const { abort } of this.#listings.values()) abort.abort();
  }

  /** Said by the window: the topmost row, and the rows on screen. */
  showing(first: number, last: number): void {
    this.#topRow = first;
    this.#stats.show(first, last);
  }

  /** The key of a row: its path, or for a note the path and a word that no path can hold. */
  keyOf(place: Place): string {
    return place.index === NOTE_ROW ? `${place.listing.path}//note` : this.model.pathOf(place);
  }

  /** The row of a key, or -1. */
  rowOf(key: string): number {
    const path = key.endsWith('//note') ? key.slice(0, -6) : key;
    const place = this.model.locate(path);
    if (place === null) return -1;
    if (path === key) return this.model.rowOf(place);
    const listing = this.model.listingOf(place);
    return listing === undefined ? -1 : this.model.rowOf({ listing, index: NOTE_ROW });
  }

  /** Puts the cursor on a row, and the row on screen. */
  select(key: string): void {
    this.point(key);
    this.wanted.value = key;
  }

  /** Puts the cursor on a row that is on screen. */
  point(key: string): void {
    this.cursor.value = key;
    this.#stats.touch();
  }

  /** Puts the cursor on the first row, if it is on none. */
  pointFirst(): void {
    if (this.cursor.value === null && this.model.rowCount > 0) this.cursor.value = this.keyOf(this.model.at(0));
  }

  /** The row that is wanted on screen, once. */
  takeWanted(): string | null {
    const wanted = this.wanted.value;
    this.wanted.value = null;
    return wanted;
  }

  async expand(place: Place): Promise<void> {
    const path = this.model.pathOf(place);
    const listing = this.model.listingOf(place);
    if (listing !== undefined) {
      this.#change(() => this.model.expand(place));
      this.#relistStaleBelow(path);
      // What is known is on screen at once; it is asked for again unless a watch still stands for it.
      if (!this.#stale.has(path)) return this.#keep();
    }
    await this.list(path);
    const listed = this.model.locate(path);
    if (listed !== null) this.#change(() => this.model.expand(listed));
    this.#keep();
  }

  collapse(place: Place): void {
    const path = this.model.pathOf(place);
    this.#change(() => this.model.collapse(place));
    const cursor = this.cursor.value;
    if (cursor !== null && cursor !== path && isWithin(cursor.replace(/\/\/note$/, ''), path)) this.cursor.value = path;
    this.#keep();
  }

  toggle(place: Place): void {
    if (this.model.isExpanded(place)) this.collapse(place);
    else void this.expand(place);
  }

  /** Expands the node and its siblings (the `*` key), at most `max` of them. */
  async expandSiblings(place: Place, max = 30): Promise<void> {
    const { listing } = place;
    for (let index = 0, opened = 0; index < listing.names.length && opened < max; index++) {
      const sibling = { listing, index };
      if (this.model.isExpanded(sibling) || (listing.counts[index] ?? 0) <= 0) continue;
      opened++;
      await this.expand(sibling);
    }
  }

  collapseAll(): void {
    this.#change(() => {
      this.model.collapseAll();
    });
    this.cursor.value = '/';
    this.#keep();
  }

  /** Lists a node, whatever its width. */
  async listAnyway(path: string): Promise<void> {
    this.#agreed.add(path);
    await this.list(path);
    const place = this.model.locate(path);
    if (place !== null) this.#change(() => this.model.expand(place));
  }

  /** Lists a node again, and forgets what is known of its children. */
  async refresh(path: string): Promise<void> {
    const place = this.model.locate(path);
    if (place === null) return;
    const listing = this.model.listingOf(place);
    this.#change(() => {
      if (listing !== undefined) this.model.unknowAll(listing);
      this.model.unknow(place);
    });
    if (listing?.expanded === true) await this.list(path);
    else this.#stale.add(path);
  }

  /** Lists everything that is expanded again, top down. */
  async refreshAll(): Promise<void> {
    for (const path of this.model.expandedPaths(EXPANDED_KEPT_MAX)) await this.refresh(path);
  }

  /** The connection is back: what failed meanwhile is listed again. */
  recover(): void {
    for (const { path, note, expanded } of this.model.listings()) {
      if (expanded && note?.kind === 'failed') this.#relister.request(path);
    }
  }

  setOrder(order: NameOrder): void {
    this.#change(() => this.model.setOrder(order));
  }

  setQuery(query: string): void {
    this.model.setQuery(query);
    this.version.value++;
    // With all rows back, the one that was chosen among the few may be far away.
    if (query === '') this.wanted.value = this.cursor.value;
  }

  /**
   * Shows a node in the tree, listing its ancestors where needed. Where one of them cannot be listed, or is wide, the
   * node becomes a root of its own.
   */
  async reveal(path: string): Promise<void> {
    await this.showCreated(path);
    if (this.model.locate(path) === null) this.#setRoots([...this.#extraRoots, path]);
    this.select(path);
  }

  /** Opens the tree down to a node that was just created; where it cannot be listed, the tree stays as it is. */
  async showCreated(path: string): Promise<void> {
    if (this.model.query !== '') this.setQuery('');
    for (const ancestor of pathLineage(path).slice(0, -1)) {
      const place = this.model.locate(ancestor);
      if (place !== null && !this.model.isExpanded(place)) await this.expand(place);
    }
    this.follow(path);
  }

  /** Puts the cursor on an open node if it is in the tree; asks for nothing. */
  follow(path: string): void {
    if (this.model.locate(path) !== null) this.select(path);
  }

  removeRoot(path: string): void {
    this.#setRoots(this.#extraRoots.filter((root) => root !== path));
  }

  isExtraRoot(path: string): boolean {
    return this.#extraRoots.includes(path);
  }

  /** Something changed, as a watch told. */
  stale({ path, what }: Pick<EventPayload<'tree.stale'>, 'path' | 'what'>): void {
    if (what === 'data') return;
    const place = this.model.locate(path);
    if (place === null) return;
    if (what === 'deleted') {
      this.#markGone(place, path);
      return;
    }
    const listing = this.model.listingOf(place);
    if (listing === undefined) return;
    this.#stale.add(path);
    if (!listing.expanded || this.model.rowOf(place) === -1) return;
    if (listing.names.length > this.#options.wideAbove()) {
      this.#change(() => this.model.setNote(listing, { kind: 'stale' }));
    } else {
      this.#relister.request(path);
    }
  }

  /** A node was created, changed or deleted here: its parent is listed again, if it is on screen. */
  nodeChanged(path: string): void {
    const parent = parentPath(path);
    if (parent === null) return;
    this.stale({ path: parent, what: 'children' });
    // A parent that is not open shows its number of children all the same.
    for (const changed of [parent, path]) {
      const place = this.model.locate(changed);
      if (place !== null) this.#change(() => this.model.unknow(place));
    }
  }

  /** Lists a node: one call, however many children; what is on screen stays until the answer is there. */
  list(path: string): Promise<void> {
    const running = this.#listings.get(path);
    if (running !== undefined) return running.done;
    const abort = new AbortController();
    const done = this.#listNow(path, abort.signal).finally(() => {
      this.#listings.delete(path);
      this.loading.delete(path);
    });
    this.#listings.set(path, { done, abort });
    this.loading.add(path);
    return done;
  }

  async #listNow(path: string, signal: AbortSignal): Promise<void> {
    const { connectionId, wideAbove, live } = this.#options;
    const watch = live();
    try {
      const limit = this.#agreed.has(path) ? null : wideAbove();
      const answer = await backend().call('tree.children', { connectionId, path, wideAbove: limit, watch }, { signal });
      if (answer.kind === 'listed' && watch) this.#stale.delete(path);
      else this.#stale.add(path);
      this.#take(path, answer);
    } catch (thrown) {
      this.#stale.add(path);
      const failure = failureOf(thrown);
      if (failure.kind !== 'cancelled') this.#refused(path, failure);
    }
  }

  #take(path: string, answer: Result<'tree.children'>): void {
    const names = answer.kind === 'listed' ? parseNames(answer.names) : [];
    const note: Note | null =
      answer.kind === 'wide' ? { kind: 'wide', count: answer.count } : names.length === 0 ? { kind: 'empty' } : null;
    this.#change(() => {
      const place = this.model.locate(path);
      if (place === null) return;
      this.model.setChildren(place, names, note);
      const marks = (place.listing.marks[place.index] ?? 0) & ~Mark.gone;
      place.listing.marks[place.index] = marks;
      place.listing.counts[place.index] = answer.count;
    });
  }

  #refused(path: string, failure: Failure): void {
    const note: Note =
      failure.code === 'NoAuth' ? { kind: 'denied' }
      : failure.code === 'NoNode' ? { kind: 'gone' }
      : { kind: 'failed', why: failure.code };
    this.#change(() => {
      const place = this.model.locate(path);
      if (place === null) return;
      const listing = this.model.listingOf(place);
      // Names that were read before stay readable through a bad connection.
      if (note.kind === 'failed' && listing !== undefined && listing.names.length > 0) this.model.setNote(listing, note);
      else this.model.setChildren(place, [], note);
      if (note.kind === 'denied') this.model.know(place, (place.listing.marks[place.index] ?? 0) | Mark.locked, UNKNOWN_COUNT, performance.now());
    });
  }

  #markGone(place: Place, path: string): void {
    this.#change(() => {
      this.model.know(place, Mark.gone, UNKNOWN_COUNT, performance.now());
      if (this.model.listingOf(place) !== undefined) this.model.setChildren(place, [], { kind: 'gone' });
    });
    // The parent's own watch tells as well, unless it was listed without one.
    const parent = parentPath(path);
    if (parent !== null && this.#stale.has(parent)) this.stale({ path: parent, what: 'children' });
  }

  #relistStaleBelow(path: string): void {
    for (const stale of this.#stale) {
      if (stale === path || !isWithin(stale, path)) continue;
      const place = this.model.locate(stale);
      const listing = place === null ? undefined : this.model.listingOf(place);
      if (place === null || listing?.expanded !== true || this.model.rowOf(place) === -1) continue;
      if (listing.note?.kind === 'wide') continue;
      if (listing.names.length > this.#options.wideAbove()) this.#change(() => this.model.setNote(listing, { kind: 'stale' }));
      else this.#relister.request(stale);
    }
  }

  #setRoots(roots: readonly string[]): void {
    this.#extraRoots = [...new Set(roots)].filter((root) => root !== '/');
    this.#change(() => this.model.setRoots(['/', ...this.#extraRoots]));
    this.#keep();
  }

  #keep(): void {
    this.#options.keep(this.model.expandedPaths(EXPANDED_KEPT_MAX), this.#extraRoots);
  }

  /** Makes a change of the model; whatever comes or goes above, the rows on screen stay where they are. */
  #change(apply: () => void): void {
    const rows = rowsMoved(this.model, this.#topRow, apply);
    this.version.value++;
    if (rows === 0) return;
    this.#topRow += rows;
    this.shift.value = { rows };
  }
}
