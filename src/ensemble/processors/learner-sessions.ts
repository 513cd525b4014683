/**
 * Sessions as a server knows them that lets the leader decide when they end (LearnerSessionTracker): it only notes of
 * whom it has heard, for the next ping. Its own local sessions it lets expire itself.
 */

import type { LocalSessions } from './local-sessions.ts';
import type { ExpiryBucket, Sessions } from './sessions.ts';

export class LearnerSessions implements Sessions {
  readonly local: LocalSessions | null;
  readonly #known: Map<bigint, number>;
  /** No local sessions any more, and the transactions that open them have not come back yet. */
  readonly #upgrading = new Set<bigint>();
  #touched = new Map<bigint, number>();
  #nextId: bigint;

  /**
   * @param known the sessions that the state has, with their timeouts in ms
   * @param local null where every session is a transaction
   */
  constructor(firstId: bigint, known: Iterable<readonly [bigint, number]>, local: LocalSessions | null = null) {
    this.#known = new Map(known);
    this.#nextId = firstId;
    this.local = local;
  }

  get size(): number {
    return this.#known.size;
  }

  newId(): bigint {
    let id = this.#nextId;
    while (this.#known.has(id) || this.#upgrading.has(id) || this.local?.has(id) === true) id = BigInt.asIntN(64, id + 1n);
    this.#nextId = BigInt.asIntN(64, id + 1n);
    return id;
  }

  confirmed(id: bigint, timeoutMs: number): void {
    this.#known.set(id, timeoutMs);
    this.#touched.set(id, timeoutMs);
  }

  /** It may have become a local one again meanwhile, when its client came back (commitSession). */
  opened(id: bigint, timeoutMs: number): void {
    this.#known.set(id, timeoutMs);
    if (this.local === null) return;
    this.#touched.set(id, timeoutMs);
    this.#upgrading.delete(id);
    this.local.remove(id);
  }

  upgrading(id: bigint): void {
    this.#upgrading.add(id);
  }

  /** Without local sessions the leader knows which ones are there. */
  touch(id: bigint, timeoutMs: number, nowMs: number): boolean {
    if (this.local !== null) {
      if (this.local.touch(id, timeoutMs, nowMs)) return true;
      if (!this.#known.has(id) && !this.#upgrading.has(id)) return false;
    }
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
    this.#upgrading.delete(id);
    this.local?.remove(id);
  }

  /** The leader knows them. */
  buckets(): ExpiryBucket[] {
    return [];
  }

  known(): ReadonlyMap<bigint, number> {
    return this.#known;
  }

  /** Whom it has heard of since the last time. */
  takeTouched(): { readonly id: bigint; readonly timeoutMs: number }[] {
    const touched = this.#touched;
    this.#touched = new Map();
    return Array.from(touched, ([id, timeoutMs]) => ({ id, timeoutMs }));
  }
}
