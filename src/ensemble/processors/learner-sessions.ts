/**
 * Sessions as a server knows them that lets the leader decide when they end (LearnerSessionTracker): it only notes of
 * whom it has heard, for the next ping.
 */

import type { ExpiryBucket, Sessions } from './session-tracker.ts';

export class LearnerSessions implements Sessions {
  readonly #known: Map<bigint, number>;
  #touched = new Map<bigint, number>();
  #nextId: bigint;

  /** @param known the sessions that the state has, with their timeouts in ms */
  constructor(firstId: bigint, known: Iterable<readonly [bigint, number]>) {
    this.#known = new Map(known);
    this.#nextId = firstId;
  }

  get size(): number {
    return this.#known.size;
  }

  newId(): bigint {
    let id = this.#nextId;
    while (this.#known.has(id)) id = BigInt.asIntN(64, id + 1n);
    this.#nextId = BigInt.asIntN(64, id + 1n);
    return id;
  }

  track(id: bigint, timeoutMs: number): void {
    this.#known.set(id, timeoutMs);
    this.#touched.set(id, timeoutMs);
  }

  opened(id: bigint, timeoutMs: number): void {
    this.#known.set(id, timeoutMs);
  }

  touch(id: bigint, timeoutMs: number): boolean {
    this.#touched.set(id, timeoutMs);
    return true;
  }

  /** The leader judges every write, and a session that is over has no connection any more. */
  check(): number {
    return 0;
  }

  remove(id: bigint): void {
    this.#known.delete(id);
    this.#touched.delete(id);
  }

  /** The leader knows them. */
  buckets(): ExpiryBucket[] {
    return [];
  }

  /** Whom it has heard of since the last time. */
  takeTouched(): { readonly id: bigint; readonly timeoutMs: number }[] {
    const touched = this.#touched;
    this.#touched = new Map();
    return Array.from(touched, ([id, timeoutMs]) => ({ id, timeoutMs }));
  }
}
