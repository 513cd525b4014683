/**
 * Child counts and marks of the rows on screen. In: which rows are shown. Out: `tree.stats` calls, once scrolling has
 * settled; one call at a time, cancelled when its rows have left the screen. Nothing is asked twice within FRESH_MS, and
 * nothing at all while nobody touches the tree.
 */

import type { Result } from '../../../contract/contract.ts';
import { NOTE_ROW, type FlatTree, type Place } from '../../base/tree/flat-tree.ts';
import { Mark, UNKNOWN_COUNT } from '../../base/tree/listing.ts';
import { backend } from '../backend.ts';

const SETTLE_MS = 80;
const PATHS_MAX = 60;
/** A count older than this is asked for again when the tree is next touched: no watch stands for it. */
const FRESH_MS = 30_000;

type RowStat = Result<'tree.stats'>[number];

export interface RowStatsOptions {
  readonly connectionId: string;
  readonly model: FlatTree;
  /** Whether asking makes sense now. */
  readonly isReady: () => boolean;
  /** Runs a change of the model, so that it is shown. */
  readonly change: (apply: () => void) => void;
}

export class RowStats {
  readonly #options: RowStatsOptions;
  #first = 0;
  #last = -1;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #running: { readonly paths: ReadonlySet<string>; readonly abort: AbortController } | null = null;
  #stopped = false;

  constructor(options: RowStatsOptions) {
    this.#options = options;
  }

  /** Says which rows are on screen, both included; also after they changed in place. */
  show(first: number, last: number): void {
    this.#first = first;
    this.#last = last;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settled(), SETTLE_MS);
  }

  /** Says that somebody touched the tree. */
  touch(): void {
    this.show(this.#first, this.#last);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#running?.abort.abort();
  }

  #settled(): void {
    this.#timer = null;
    const shown = this.#unknownPaths();
    const running = this.#running;
    if (running !== null) {
      // Answers that are still wanted are let in; the rest is asked for after them.
      if (!shown.some((path) => running.paths.has(path))) running.abort.abort();
      return;
    }
    if (shown.length > 0 && !this.#stopped && this.#options.isReady()) void this.#ask(shown.slice(0, PATHS_MAX));
  }

  #unknownPaths(): string[] {
    const { model } = this.#options;
    const out: string[] = [];
    const nowMs = performance.now();
    for (let row = this.#first; row <= this.#last && row < model.rowCount; row++) {
      const place = model.at(row);
      if (place.index !== NOTE_ROW && !isFresh(place, nowMs)) out.push(model.pathOf(place));
    }
    return out;
  }

  async #ask(paths: string[]): Promise<void> {
    const abort = new AbortController();
    this.#running = { paths: new Set(paths), abort };
    let answered = false;
    try {
      const { connectionId } = this.#options;
      const stats = await backend().call('tree.stats', { connectionId, paths }, { signal: abort.signal });
      answered = true;
      this.#options.change(() => paths.forEach((path, i) => this.#take(path, stats[i])));
    } catch {
      // Counts are a help, not an answer to anybody's question: without a connection they are left out.
    } finally {
      this.#running = null;
    }
    // The rest of a screen, or the rows that were scrolled to meanwhile.
    if (!this.#stopped && (answered || abort.signal.aborted)) this.#settled();
  }

  #take(path: string, row: RowStat | undefined): void {
    const place = this.#options.model.locate(path);
    if (place === null || row === undefined) return;
    const { stat, locked, error } = row;
    let marks = 0;
    if (stat !== null && stat.ephemeralOwner !== 0n) marks |= Mark.ephemeral;
    if (locked === true || error === 'NoAuth') marks |= Mark.locked;
    if (error === 'NoNode') marks |= Mark.gone;
    this.#options.model.know(place, marks, stat?.numChildren ?? UNKNOWN_COUNT, performance.now());
  }
}

function isFresh({ listing, index }: Place, nowMs: number): boolean {
  return ((listing.marks[index] ?? 0) & Mark.known) !== 0 && nowMs - (listing.askedAtMs[index] ?? 0) < FRESH_MS;
}
