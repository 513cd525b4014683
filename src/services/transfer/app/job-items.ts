/** The report of a job: its items in the order of the tree, by action, a page at a time. Bounded. */

import type { TransferAction, TransferItem } from '../../../contract/transfer.ts';
import { compareRelative } from '../order.ts';

/** Items of one job that are kept in memory; beyond them there are only the job's counts. */
export const ITEMS_MAX = 200_000;

export class JobItems {
  #items: TransferItem[] = [];
  #sorted: TransferItem[] | null = null;
  #byActions: { readonly key: string; readonly items: readonly TransferItem[] } | null = null;

  add(items: readonly TransferItem[]): void {
    for (const item of items) if (this.#items.length < ITEMS_MAX) this.#items.push(item);
    this.#sorted = null;
    this.#byActions = null;
  }

  clear(): void {
    this.#items = [];
    this.#sorted = null;
    this.#byActions = null;
  }

  page(actions: readonly TransferAction[] | null, from: number, count: number): { items: TransferItem[]; total: number } {
    const items = this.#of(actions);
    return { items: items.slice(from, from + count), total: items.length };
  }

  /** What was left or failed, in order; at most `max`. */
  troubles(max: number): readonly TransferItem[] {
    return this.#of(['leave', 'fail']).slice(0, max);
  }

  #of(actions: readonly TransferAction[] | null): readonly TransferItem[] {
    this.#sorted ??= [...this.#items].sort((a, b) => compareRelative(a.path, b.path));
    if (actions === null) return this.#sorted;
    const key = [...actions].sort().join();
    if (this.#byActions?.key !== key) this.#byActions = { key, items: this.#sorted.filter(({ action }) => actions.includes(action)) };
    return this.#byActions.items;
  }
}
