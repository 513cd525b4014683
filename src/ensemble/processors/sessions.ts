/** What the stages ask of sessions, whichever server keeps them: one alone, a leader, or one that has a leader. */

/** One group of sessions that expire together. */
export interface ExpiryBucket {
  /** On the monotonic clock, ms. */
  readonly deadlineMs: number;
  readonly sessions: readonly bigint[];
}

/** Sessions whose time this server measures. Times are on the monotonic clock, in ms. */
export interface Expiring {
  /** When to ask `expire` next. */
  readonly nextDeadlineMs: number;
  /** The sessions whose time is up; each is marked as closing. */
  expire(nowMs: number): bigint[];
}

/** Sessions of which only this server knows (local-sessions.ts). */
export interface OwnSessions extends Expiring {
  readonly size: number;
  has(id: bigint): boolean;
  open(id: bigint, timeoutMs: number, nowMs: number): void;
  /** Takes a session out, for it to become one of the whole ensemble. @returns its timeout in ms; null when it is none of these */
  upgrade(id: bigint): number | null;
  buckets(): ExpiryBucket[];
}

/** What a server knows of sessions, whether it lets them expire or the leader does. */
export interface Sessions {
  /** Those that the whole ensemble knows. */
  readonly size: number;
  /** Null where every session is a transaction. */
  readonly local: OwnSessions | null;
  /** An id that no session has. */
  newId(): bigint;
  /** The leader has found it alive, for the client that comes with it. */
  confirmed(id: bigint, timeoutMs: number, nowMs: number): void;
  /** A transaction has opened it. */
  opened(id: bigint, timeoutMs: number, nowMs: number): void;
  /** A transaction that is to open it, in place of a local one, is on its way. */
  upgrading(id: bigint, timeoutMs: number, nowMs: number): void;
  /** 0, or the error code for a request of this session. */
  check(id: bigint): number;
  /** Something was heard of it. @returns false when it is not there or is being closed */
  touch(id: bigint, timeoutMs: number, nowMs: number): boolean;
  remove(id: bigint): void;
  /** Groups of those that this server lets expire for the whole ensemble, by deadline, the earliest first. */
  buckets(): ExpiryBucket[];
  /** Timeouts in ms of the sessions that the leader lets expire; null where this server does. */
  known(): ReadonlyMap<bigint, number> | null;
}

/** What the stage that decides asks. An owner is what Request.owner says. */
export interface DecidingSessions {
  track(id: bigint, timeoutMs: number, nowMs: number): void;
  setOwner(id: bigint, owner: number): void;
  /** 0, or the error code for a request of this session. */
  check(id: bigint, owner?: number): number;
  /** The same for the creation of an ephemeral node. */
  checkGlobal(id: bigint, owner?: number): number;
  /** Its closing is on the way: nothing more is done in its name. */
  setClosing(id: bigint): void;
}
