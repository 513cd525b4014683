/**
 * Says which members cannot be called, once that has gone on for a while: a wrong name or port in a `server.N` line, a
 * firewall, or a machine that is off. Must hold: members that start one after the other, or are restarted, fill no log.
 */

import type { Logger } from '../../../base/logger.ts';

const WARN_AFTER_MS = 10_000;
const AGAIN_AFTER_MS = 60_000;
/** Nobody calls while there is a leader: a failure after such a time has nothing to do with those before. */
const FORGET_AFTER_MS = 150_000;

interface Trouble {
  readonly sinceMs: number;
  lastMs: number;
  warnedMs: number | null;
}

export class UnreachedMembers {
  readonly #logger: Logger;
  readonly #troubles = new Map<bigint, Trouble>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A call to a member failed. @param reason with the address, for a person @param nowMs of a clock that never goes back */
  failed(sid: bigint, reason: string, nowMs: number): void {
    const before = this.#troubles.get(sid);
    const trouble = before === undefined || nowMs - before.lastMs > FORGET_AFTER_MS ? { sinceMs: nowMs, lastMs: nowMs, warnedMs: null } : before;
    trouble.lastMs = nowMs;
    this.#troubles.set(sid, trouble);
    if (nowMs - trouble.sinceMs < WARN_AFTER_MS || (trouble.warnedMs !== null && nowMs - trouble.warnedMs < AGAIN_AFTER_MS)) return;
    trouble.warnedMs = nowMs;
    this.#logger.log('warn', 'a member cannot be called for elections', { sid, reason, seconds: Math.round((nowMs - trouble.sinceMs) / 1000) });
  }

  /** There is a connection to it. */
  reached(sid: bigint): void {
    this.#troubles.delete(sid);
  }
}
