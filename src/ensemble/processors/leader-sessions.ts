/**
 * Sessions as a leader knows them (LeaderSessionTracker): those of the whole ensemble, which it lets expire, its own
 * local ones, and that other servers may have local ones of which it knows nothing.
 */

import { ErrorCode } from '../../model/error-code.ts';
import type { LocalSessions } from './local-sessions.ts';
import type { SessionTracker } from './session-tracker.ts';
import type { DecidingSessions, ExpiryBucket, Sessions } from './sessions.ts';

const SERVER_SHIFT = 56n;
const SERVER_BITS = 8;

export class LeaderSessions implements Sessions, DecidingSessions {
  readonly local: LocalSessions | null;
  readonly #global: SessionTracker;
  readonly #sid: bigint;

  /** @param sid this server's id, which stands in the top byte of its sessions' ids */
  constructor(global: SessionTracker, local: LocalSessions | null, sid: bigint) {
    this.#global = global;
    this.local = local;
    this.#sid = sid;
  }

  get size(): number {
    return this.#global.size;
  }

  newId(): bigint {
    let id = this.#global.newId();
    while (this.local?.has(id) === true) id = this.#global.newId();
    return id;
  }

  track(id: bigint, timeoutMs: number, nowMs: number): void {
    this.#global.track(id, timeoutMs, nowMs);
  }

  confirmed(id: bigint, timeoutMs: number, nowMs: number): void {
    this.touch(id, timeoutMs, nowMs);
  }

  /** It may have become a local one again meanwhile, of this server or another (commitSession). */
  opened(id: bigint, timeoutMs: number, nowMs: number): void {
    this.#global.opened(id, timeoutMs, nowMs);
    this.local?.remove(id);
  }

  /** Tracked from now on, lest it expire on its way to being decided. */
  upgrading(id: bigint, timeoutMs: number, nowMs: number): void {
    this.#global.track(id, timeoutMs, nowMs);
  }

  touch(id: bigint, timeoutMs: number, nowMs: number): boolean {
    return this.local?.touch(id, timeoutMs, nowMs) === true || this.#global.touch(id, timeoutMs, nowMs);
  }

  /** The same of a session that a learner's client comes back with: only the whole ensemble's can move (checkIfValidGlobalSession). */
  touchGlobal(id: bigint, timeoutMs: number, nowMs: number): boolean {
    return this.#global.touch(id, timeoutMs, nowMs);
  }

  setOwner(id: bigint, owner: number): void {
    if (this.local?.has(id) === true) this.local.setOwner(id, owner);
    else this.#global.setOwner(id, owner);
  }

  /**
   * Sessions that are not known here are expired, unless they may be another server's local ones: whose they are says
   * the top byte of the id.
   */
  check(id: bigint, owner = 0): number {
    const local = this.local?.check(id, owner) ?? null;
    if (local !== null && (local !== 0 || !this.#global.has(id))) return local;
    if (this.local === null || this.#global.has(id)) return this.#global.check(id, owner);
    return BigInt.asUintN(SERVER_BITS, id >> SERVER_SHIFT) === this.#sid ? ErrorCode.SessionExpired : 0;
  }

  checkGlobal(id: bigint, owner = 0): number {
    return this.#global.checkGlobal(id, owner);
  }

  setClosing(id: bigint): void {
    this.local?.setClosing(id);
    this.#global.setClosing(id);
  }

  remove(id: bigint): void {
    this.local?.remove(id);
    this.#global.remove(id);
  }

  buckets(): ExpiryBucket[] {
    return this.#global.buckets();
  }

  known(): null {
    return null;
  }
}
