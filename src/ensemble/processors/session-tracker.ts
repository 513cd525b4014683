/**
 * Which sessions live, and until when (facts 2.1; SessionTrackerImpl, ExpiryQueue). Deadlines are rounded up to
 * whole ticks, so that sessions expire in groups, between their timeout and one tick more.
 * In: touches and the time. Out: who has expired. Times are on the monotonic clock, in ms.
 */

import { ErrorCode } from '../../model/error-code.ts';
import type { DecidingSessions, Expiring, ExpiryBucket, Sessions } from './sessions.ts';

interface Session {
  timeoutMs: number;
  /** The bucket it stands in. */
  deadlineMs: number;
  closing: boolean;
  /** The server that its client is connected to, as Request.owner; null while nobody has spoken for it. */
  owner: number | null;
}

const LONG_MIN = -0x8000_0000_0000_0000n;

/**
 * The id from which a server counts up: its number in the top byte, then time (SessionTrackerImpl.initializeNextSessionId).
 *
 * @param serverId 0 to 255
 * @param nowMs any running count of ms; the wall clock keeps ids apart over restarts
 */
export function firstSessionId(serverId: number, nowMs: number): bigint {
  const time = BigInt.asUintN(64, BigInt(Math.floor(nowMs)) << 24n) >> 8n;
  const id = BigInt.asIntN(64, time | (BigInt(serverId) << 56n));
  // The container mark among ephemeral owners.
  return id === LONG_MIN ? id + 1n : id;
}

export class SessionTracker implements Sessions, DecidingSessions, Expiring {
  readonly local = null;
  readonly #tickMs: number;
  readonly #sessions = new Map<bigint, Session>();
  readonly #buckets = new Map<number, Set<bigint>>();
  #nextId: bigint;
  readonly #unknown: number;
  #nextDeadlineMs: number;

  /** @param unknown what a session is told that is not tracked: a leader says that it has expired */
  constructor(tickMs: number, firstId: bigint, nowMs: number, unknown: number = ErrorCode.UnknownSession) {
    this.#tickMs = tickMs;
    this.#unknown = unknown;
    this.#nextId = firstId;
    this.#nextDeadlineMs = this.#roundUp(nowMs);
  }

  get size(): number {
    return this.#sessions.size;
  }

  has(id: bigint): boolean {
    return this.#sessions.has(id);
  }

  /** A number that no session has: after a restart, old ones may lie ahead if the clock was set back. */
  newId(): bigint {
    let id = this.#nextId;
    while (this.#sessions.has(id)) id = BigInt.asIntN(64, id + 1n);
    this.#nextId = BigInt.asIntN(64, id + 1n);
    return id;
  }

  /** Begins to track a session, or touches one that is tracked. */
  track(id: bigint, timeoutMs: number, nowMs: number): void {
    if (!this.#sessions.has(id)) this.#sessions.set(id, { timeoutMs, deadlineMs: -1, closing: false, owner: null });
    this.touch(id, timeoutMs, nowMs);
  }

  confirmed(id: bigint, timeoutMs: number, nowMs: number): void {
    this.touch(id, timeoutMs, nowMs);
  }

  /** It has been tracked since its opening was decided, unless another leader decided it. */
  opened(id: bigint, timeoutMs: number, nowMs: number): void {
    if (!this.#sessions.has(id)) this.track(id, timeoutMs, nowMs);
  }

  upgrading(id: bigint, timeoutMs: number, nowMs: number): void {
    this.track(id, timeoutMs, nowMs);
  }

  /**
   * Moves a session's deadline ahead.
   *
   * @returns false when it is not there or is being closed
   */
  touch(id: bigint, timeoutMs: number, nowMs: number): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined || session.closing) return false;
    session.timeoutMs = timeoutMs;
    const deadlineMs = this.#roundUp(nowMs + timeoutMs);
    if (deadlineMs === session.deadlineMs) return true;
    this.#leaveBucket(id, session);
    session.deadlineMs = deadlineMs;
    const bucket = this.#buckets.get(deadlineMs);
    if (bucket === undefined) this.#buckets.set(deadlineMs, new Set([id]));
    else bucket.add(id);
    return true;
  }

  /**
   * 0, or the error code for a request of this session (SessionTrackerImpl.checkSession): a session speaks through one
   * server at a time.
   */
  check(id: bigint, owner = 0): number {
    const session = this.#sessions.get(id);
    if (session === undefined) return this.#unknown;
    if (session.closing) return ErrorCode.SessionExpired;
    session.owner ??= owner;
    return session.owner === owner ? 0 : ErrorCode.SessionMoved;
  }

  /** Its client is connected to this server from now on. */
  setOwner(id: bigint, owner: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.owner = owner;
  }

  /** The same for the creation of an ephemeral node (checkGlobalSession): an unknown session counts as expired. */
  checkGlobal(id: bigint, owner = 0): number {
    const code = this.check(id, owner);
    return code === 0 || code === ErrorCode.SessionMoved ? code : ErrorCode.SessionExpired;
  }

  /** Its closing is on the way: nothing more is done in its name. */
  setClosing(id: bigint): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    session.closing = true;
  }

  remove(id: bigint): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#leaveBucket(id, session);
    this.#sessions.delete(id);
  }

  /** When to ask `expire` next. */
  get nextDeadlineMs(): number {
    return this.#nextDeadlineMs;
  }

  /** The sessions whose time is up; each is marked as closing. */
  expire(nowMs: number): bigint[] {
    const out: bigint[] = [];
    while (this.#nextDeadlineMs <= nowMs) {
      const bucket = this.#buckets.get(this.#nextDeadlineMs);
      this.#buckets.delete(this.#nextDeadlineMs);
      this.#nextDeadlineMs += this.#tickMs;
      for (const id of bucket ?? []) {
        const session = this.#sessions.get(id);
        if (session === undefined) continue;
        session.deadlineMs = -1;
        if (session.closing) continue;
        session.closing = true;
        out.push(id);
      }
    }
    return out;
  }

  /** For the `dump` word: groups by deadline, the earliest first. */
  buckets(): ExpiryBucket[] {
    return [...this.#buckets]
      .sort(([a], [b]) => a - b)
      .map(([deadlineMs, sessions]) => ({ deadlineMs, sessions: [...sessions] }));
  }

  known(): null {
    return null;
  }

  #leaveBucket(id: bigint, session: Session): void {
    const bucket = this.#buckets.get(session.deadlineMs);
    if (bucket === undefined) return;
    bucket.delete(id);
    if (bucket.size === 0) this.#buckets.delete(session.deadlineMs);
  }

  #roundUp(timeMs: number): number {
    return (Math.floor(timeMs / this.#tickMs) + 1) * this.#tickMs;
  }
}
