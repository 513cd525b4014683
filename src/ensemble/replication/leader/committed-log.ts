/** The newest committed transactions, kept to bring learners up to date without a snapshot (ZKDatabase.committedLog). */

import type { Transaction } from '../../txn/transaction.ts';

/** commitLogCount */
export const COMMIT_LOG_COUNT = 500;

export class CommittedLog {
  readonly #max: number;
  #txns: Transaction[];
  /** Where the oldest stands: what is before it is given up in one go. */
  #head = 0;

  /** @param txns in order; the newest `max` of them are kept */
  constructor(max: number = COMMIT_LOG_COUNT, txns: readonly Transaction[] = []) {
    this.#max = Math.max(1, max);
    this.#txns = txns.slice(-this.#max);
  }

  add(txn: Transaction): void {
    this.#txns.push(txn);
    if (this.#txns.length - this.#head > this.#max) this.#head++;
    if (this.#head < this.#max) return;
    this.#txns = this.#txns.slice(this.#head);
    this.#head = 0;
  }

  clear(): void {
    this.#txns = [];
    this.#head = 0;
  }

  /** Oldest first. */
  get txns(): readonly Transaction[] {
    return this.#head === 0 ? this.#txns : this.#txns.slice(this.#head);
  }
}
