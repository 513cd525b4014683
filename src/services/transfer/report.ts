/** What a job did, node by node: counted, told in batches, and, where something was left or failed, kept for its log. */

import { ITEM_ACTIONS, type ItemAction, type JobCounts, type JobItem } from './api.ts';

const TOLD_AT_ONCE = 200;
/** Items of interest that a log holds; beyond them there are only counts. */
export const LOGGED_ITEMS_MAX = 10_000;

export interface ReportState {
  readonly counts: JobCounts;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly changed: number;
}

export class Report {
  readonly #onItems: (items: readonly JobItem[]) => void;
  #counts: Record<ItemAction, number> = zeroCounts();
  #leftOut: Record<string, number> = {};
  #told: JobItem[] = [];
  #toLog: JobItem[] = [];
  #logged = 0;
  /** Nodes that changed while they were read. */
  changed = 0;

  constructor(onItems: (items: readonly JobItem[]) => void) {
    this.#onItems = onItems;
  }

  get counts(): JobCounts {
    return { ...this.#counts };
  }

  /** Nodes that were left out by rule, by reason. */
  get leftOut(): Readonly<Record<string, number>> {
    return { ...this.#leftOut };
  }

  /** Counts a node, and tells of it. @param leftOut whether a rule left it out, and not its own state */
  add(item: JobItem, leftOut = false): void {
    this.count(item.action, leftOut ? item.reason : null);
    this.#told.push(item);
    if (this.#told.length >= TOLD_AT_ONCE) this.flush();
    const matters = item.action === 'leave' || item.action === 'fail' || item.reason !== null;
    if (matters && this.#logged < LOGGED_ITEMS_MAX) {
      this.#logged++;
      this.#toLog.push(item);
    }
  }

  /** Counts a node of which nothing is told. */
  count(action: ItemAction, leftOut: string | null = null): void {
    this.#counts[action]++;
    if (leftOut !== null) this.#leftOut[leftOut] = (this.#leftOut[leftOut] ?? 0) + 1;
  }

  /** No node at all. */
  get none(): JobCounts {
    return zeroCounts();
  }

  /** Tells what was gathered. */
  flush(): void {
    if (this.#told.length === 0) return;
    const items = this.#told;
    this.#told = [];
    this.#onItems(items);
  }

  /** What is to be logged since the last call. */
  takeLogged(): JobItem[] {
    const items = this.#toLog;
    this.#toLog = [];
    return items;
  }

  get state(): ReportState {
    return { counts: this.counts, leftOut: this.leftOut, changed: this.changed };
  }

  /** Goes on where an interrupted job was; its items are told again. */
  restore(state: ReportState, items: readonly JobItem[]): void {
    this.#counts = { ...zeroCounts(), ...state.counts };
    this.#leftOut = { ...state.leftOut };
    this.changed = state.changed;
    this.#logged = items.length;
    if (items.length > 0) this.#onItems(items);
  }
}

function zeroCounts(): Record<ItemAction, number> {
  return Object.fromEntries(ITEM_ACTIONS.map((action) => [action, 0])) as Record<ItemAction, number>;
}
