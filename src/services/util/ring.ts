/** The newest entries of an endless list, each with a number that counts up from 1 without gaps. */

import { invariant } from '../../base/invariant.ts';

export class Ring<T extends { readonly seq: number }> {
  readonly #entriesMax: number;
  #entries: T[] = [];
  #nextSeq = 1;

  /** @param entriesMax how many are kept; the oldest make room */
  constructor(entriesMax: number) {
    invariant(entriesMax > 0, `a ring of ${entriesMax} entries`);
    this.#entriesMax = entriesMax;
  }

  /** Adds an entry made for the number it gets. */
  push(make: (seq: number) => T): T {
    const entry = make(this.#nextSeq);
    invariant(entry.seq === this.#nextSeq, `entry ${entry.seq} in the place of ${this.#nextSeq}`);
    this.#nextSeq++;
    this.#entries.push(entry);
    // Cut in large steps: a shift for each entry would move the whole array every time.
    if (this.#entries.length >= this.#entriesMax * 2) this.#entries = this.#entries.slice(-this.#entriesMax);
    return entry;
  }

  /** Puts a fuller version in the place of an entry; one that has been dropped meanwhile is ignored. */
  replace(entry: T): void {
    const at = this.#indexAfter(entry.seq - 1);
    if (this.#entries[at]?.seq === entry.seq) this.#entries[at] = entry;
  }

  /** The entries with a higher number, oldest first. */
  after(seq: number): T[] {
    const oldestAt = Math.max(0, this.#entries.length - this.#entriesMax);
    return this.#entries.slice(Math.max(oldestAt, this.#indexAfter(seq)));
  }

  /** The number of the newest entry; 0 before the first. */
  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  #indexAfter(seq: number): number {
    const first = this.#entries[0]?.seq ?? this.#nextSeq;
    return Math.max(0, seq + 1 - first);
  }
}
