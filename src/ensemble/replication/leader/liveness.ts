/**
 * Whether a leader still has its quorum (facts 5.7; Leader.lead, LearnerHandler.synced). In: what is heard of each
 * learner, and the time. Out: who is silent, and whether the leader must step down.
 */

import type { LinkId, QuorumRule } from '../messages.ts';

export interface LivenessOptions {
  readonly tickMs: number;
  /** Ticks. */
  readonly initLimit: number;
  /** Ticks. */
  readonly syncLimit: number;
}

interface Heard {
  /** null: an observer, which counts for nothing, even while it is being made a voter. */
  readonly sid: bigint | null;
  /** Silent until here, in ms on the monotonic clock. */
  deadlineMs: number;
  synced: boolean;
}

export class Liveness {
  readonly #options: LivenessOptions;
  readonly #links = new Map<LinkId, Heard>();

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** A learner has begun: it has initLimit ticks to be brought up to date. @param sid null: an observer */
  add(link: LinkId, sid: bigint | null, nowMs: number): void {
    const { tickMs, initLimit, syncLimit } = this.#options;
    this.#links.set(link, { sid, deadlineMs: nowMs + tickMs * (initLimit + syncLimit), synced: false });
  }

  /** It has what the others have: from here on it must be heard every syncLimit ticks. */
  synced(link: LinkId, nowMs: number): void {
    const heard = this.#links.get(link);
    if (heard === undefined) return;
    heard.synced = true;
    this.heard(link, nowMs);
  }

  heard(link: LinkId, nowMs: number): void {
    const heard = this.#links.get(link);
    if (heard === undefined || !heard.synced) return;
    heard.deadlineMs = nowMs + this.#options.tickMs * this.#options.syncLimit;
  }

  remove(link: LinkId): void {
    this.#links.delete(link);
  }

  /** Links on which nothing came for too long. */
  silent(nowMs: number): LinkId[] {
    return [...this.#links].filter(([, { deadlineMs }]) => nowMs > deadlineMs).map(([link]) => link);
  }

  /** Whether this server and the learners that are in step make a quorum by every rule. */
  hasQuorum(self: bigint, rules: readonly QuorumRule[], nowMs: number): boolean {
    const present = new Set([self]);
    for (const { sid, synced, deadlineMs } of this.#links.values()) if (sid !== null && synced && nowMs <= deadlineMs) present.add(sid);
    return rules.every((rule) => rule.hasQuorum(present));
  }
}
