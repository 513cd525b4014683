/** Sessions as the log and snapshots know them: id and timeout. Deadlines and connections are others' business. */

import type { Transaction } from '../txn/transaction.ts';

export class SessionTable {
  readonly #timeouts = new Map<bigint, number>();

  get size(): number {
    return this.#timeouts.size;
  }

  /** The timeout in ms, or undefined for a session that is not there. */
  timeoutOf(id: bigint): number | undefined {
    return this.#timeouts.get(id);
  }

  has(id: bigint): boolean {
    return this.#timeouts.has(id);
  }

  /** Ids and timeouts (ms), oldest first. */
  entries(): IterableIterator<[bigint, number]> {
    return this.#timeouts.entries();
  }

  add(id: bigint, timeoutMs: number): void {
    this.#timeouts.set(id, timeoutMs);
  }

  remove(id: bigint): boolean {
    return this.#timeouts.delete(id);
  }

  /** Takes in createSession and closeSession; every other transaction changes nothing here. */
  apply(txn: Transaction): void {
    if (txn.body.type === -10) this.add(txn.header.sessionId, txn.body.timeoutMs);
    else if (txn.body.type === -11) this.remove(txn.header.sessionId);
  }
}
