/**
 * Local sessions (facts 2.1; LocalSessionTracker): they begin, live and expire at one server and are no transactions,
 * so nobody else knows of them, and they end with the server's term. A session that wants an ephemeral node is taken
 * out here and opened anew, by a transaction, as one of the whole ensemble.
 */

import { ErrorCode } from '../../model/error-code.ts';
import { SessionTracker } from './session-tracker.ts';
import type { ExpiryBucket, OwnSessions } from './sessions.ts';

export class LocalSessions implements OwnSessions {
  readonly #tracker: SessionTracker;
  /** As they were opened with, in ms: that is what an upgrade tells the leader, whatever the client asked for since. */
  readonly #timeouts = new Map<bigint, number>();

  constructor(tickMs: number, nowMs: number) {
    this.#tracker = new SessionTracker(tickMs, 0n, nowMs);
  }

  get size(): number {
    return this.#timeouts.size;
  }

  get nextDeadlineMs(): number {
    return this.#tracker.nextDeadlineMs;
  }

  has(id: bigint): boolean {
    return this.#timeouts.has(id);
  }

  open(id: bigint, timeoutMs: number, nowMs: number): void {
    this.#timeouts.set(id, timeoutMs);
    this.#tracker.track(id, timeoutMs, nowMs);
  }

  touch(id: bigint, timeoutMs: number, nowMs: number): boolean {
    return this.#tracker.touch(id, timeoutMs, nowMs);
  }

  /** 0, the error code for a request of this session, or null when it is none of these. */
  check(id: bigint, owner: number): number | null {
    const code = this.#tracker.check(id, owner);
    return code === ErrorCode.UnknownSession ? null : code;
  }

  setOwner(id: bigint, owner: number): void {
    this.#tracker.setOwner(id, owner);
  }

  setClosing(id: bigint): void {
    this.#tracker.setClosing(id);
  }

  upgrade(id: bigint): number | null {
    const timeoutMs = this.#timeouts.get(id);
    if (timeoutMs === undefined) return null;
    this.remove(id);
    return timeoutMs;
  }

  remove(id: bigint): void {
    this.#timeouts.delete(id);
    this.#tracker.remove(id);
  }

  expire(nowMs: number): bigint[] {
    return this.#tracker.expire(nowMs);
  }

  buckets(): ExpiryBucket[] {
    return this.#tracker.buckets();
  }
}
