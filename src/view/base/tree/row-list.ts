/**
 * A growing list of rows in two typed arrays: whose listing a row is of, and which name in it (-1: its note).
 * Inserting 100,000 rows moves memory and allocates nothing for each row.
 */

export class RowList {
  #owners = new Int32Array(256);
  #indices = new Int32Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  owner(row: number): number {
    return this.#owners[row] as number;
  }

  index(row: number): number {
    return this.#indices[row] as number;
  }

  clear(): void {
    this.#length = 0;
  }

  push(owner: number, index: number): void {
    this.#reserve(this.#length + 1);
    this.#owners[this.#length] = owner;
    this.#indices[this.#length] = index;
    this.#length++;
  }

  /** Forgets the last row. */
  pop(): void {
    this.#length--;
  }

  /** Makes room for `count` rows at `at`; what they are is set next. */
  open(at: number, count: number): void {
    this.#reserve(this.#length + count);
    this.#owners.copyWithin(at + count, at, this.#length);
    this.#indices.copyWithin(at + count, at, this.#length);
    this.#length += count;
  }

  remove(at: number, count: number): void {
    this.#owners.copyWithin(at, at + count, this.#length);
    this.#indices.copyWithin(at, at + count, this.#length);
    this.#length -= count;
  }

  set(row: number, owner: number, index: number): void {
    this.#owners[row] = owner;
    this.#indices[row] = index;
  }

  /** Rows for the names `from` to `to` (without it) of one listing. */
  setRange(row: number, owner: number, from: number, to: number): void {
    this.#owners.fill(owner, row, row + to - from);
    const indices = this.#indices;
    for (let index = from, at = row; index < to; index++, at++) indices[at] = index;
  }

  /** The row of a name, or -1. */
  find(owner: number, index: number): number {
    const owners = this.#owners;
    const indices = this.#indices;
    for (let row = 0; row < this.#length; row++) {
      if (indices[row] === index && owners[row] === owner) return row;
    }
    return -1;
  }

  #reserve(length: number): void {
    if (length <= this.#owners.length) return;
    const capacity = Math.max(length, this.#owners.length * 2);
    const owners = new Int32Array(capacity);
    const indices = new Int32Array(capacity);
    owners.set(this.#owners.subarray(0, this.#length));
    indices.set(this.#indices.subarray(0, this.#length));
    this.#owners = owners;
    this.#indices = indices;
  }
}
