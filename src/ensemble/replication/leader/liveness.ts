/**
 * Whether a leader still has its quorum (facts 5.7; Leader.lead, LearnerHandler.synced). In: what is heard of each
 * learner, and the time. Out: who is silent, and whether the leader must step down.
 */

import type { LinkId, QuorumRule } from '../messages.ts';
import { Pace } from '../pace.ts';

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
  /** When the pings were sent that it has not answered yet, oldest first. */
  readonly pings: number[];
  /** The last transaction that it has on disk, as far as it matters: at first, the last that there was when it was in step. */
  reached: bigint;
  readonly pace: Pace;
  /** It follows until syncLimit ticks after this at least, unless it closes the connection: it was sent a word then, and has answered it. */
  answeredMs: number;
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
    this.#links.set(link, { sid, deadlineMs: nowMs + tickMs * (initLimit + syncLimit), synced: false, pings: [], reached: 0n, pace: new Pace(), answeredMs: -Infinity });
  }

  /** It takes in the tree that it is being sent: however long that is, it is not silent (LearnerHandler only limits each write). */
  progress(link: LinkId, nowMs: number): void {
    const { tickMs, initLimit, syncLimit } = this.#options;
    const heard = this.#links.get(link);
    if (heard !== undefined && !heard.synced) heard.deadlineMs = nowMs + tickMs * (initLimit + syncLimit);
  }

  /** It has what the others have: from here on it must be heard every syncLimit ticks. @param zxid the last that was proposed */
  synced(link: LinkId, zxid: bigint, nowMs: number): void {
    const heard = this.#links.get(link);
    if (heard === undefined) return;
    heard.synced = true;
    heard.reached = zxid;
    heard.answeredMs = nowMs;
    this.heard(link, nowMs);
  }

  /** A learner that serves is sent a ping. */
  pinged(link: LinkId, nowMs: number): void {
    this.#links.get(link)?.pings.push(nowMs);
  }

  /** It has answered the oldest one. */
  answered(link: LinkId): void {
    const heard = this.#links.get(link);
    const sentMs = heard?.pings.shift();
    if (heard !== undefined && sentMs !== undefined) heard.answeredMs = sentMs;
  }

  /** It has this transaction on disk. */
  acknowledged(link: LinkId, zxid: bigint): void {
    const heard = this.#links.get(link);
    if (heard !== undefined && zxid > heard.reached) heard.reached = zxid;
  }

  heard(link: LinkId, nowMs: number): void {
    const heard = this.#links.get(link);
    if (heard === undefined || !heard.synced) return;
    heard.deadlineMs = nowMs + this.#options.tickMs * this.#options.syncLimit;
  }

  remove(link: LinkId): void {
    this.#links.delete(link);
  }

  /**
   * Links on which nothing came for too long, and those of learners that fell too far behind: whose disk does not take
   * in what was proposed, though its server answers, and on whose line so much waits that answers come too late. What
   * waits for them would grow without end.
   *
   * @param proposed the last that was proposed; 0 where learners acknowledge nothing
   */
  silent(proposed: bigint, nowMs: number): LinkId[] {
    const mostMs = this.#options.tickMs * this.#options.syncLimit;
    return [...this.#links].filter(([, { sid, synced, deadlineMs, pings, reached, pace }]) => {
      const behindMs = sid !== null && synced ? pace.behindMs(reached, proposed, nowMs) : 0;
      return nowMs > deadlineMs || behindMs > mostMs || nowMs - (pings[0] ?? nowMs) > mostMs;
    }).map(([link]) => link);
  }

  /** Whether this server and the learners that are in step make a quorum by every rule. */
  hasQuorum(self: bigint, rules: readonly QuorumRule[], nowMs: number): boolean {
    const present = new Set([self]);
    for (const { sid, synced, deadlineMs } of this.#links.values()) if (sid !== null && synced && nowMs <= deadlineMs) present.add(sid);
    return rules.every((rule) => rule.hasQuorum(present));
  }

  /**
   * Whether no other leader can have been followed by a quorum meanwhile, as far as clocks tell: learners leave a leader
   * that they have not heard of for syncLimit ticks. What was heard of them is no proof: it may have waited for long.
   */
  isSurelyLeader(self: bigint, rules: readonly QuorumRule[], nowMs: number): boolean {
    const { tickMs, syncLimit } = this.#options;
    const loyal = new Set([self]);
    for (const { sid, synced, answeredMs } of this.#links.values()) if (sid !== null && synced && nowMs <= answeredMs + tickMs * syncLimit) loyal.add(sid);
    return rules.every((rule) => rule.hasQuorum(loyal));
  }
}
