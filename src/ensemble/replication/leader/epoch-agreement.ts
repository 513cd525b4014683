/**
 * How a leader and a quorum agree on a new epoch (facts 5.5; Leader.getEpochToPropose, waitForEpochAck). In: what
 * each server has accepted, then what each has in its log. Out: the epoch, and whether a quorum holds to it.
 * Must hold: the epoch is above every one that any member of the quorum had accepted.
 */

import type { QuorumRule } from '../messages.ts';

/** How far a server's history reaches: its epoch first, then its last transaction. */
export interface HistoryEnd {
  readonly currentEpoch: number;
  readonly lastZxid: bigint;
}

/** Whether `a` has more than `b` (StateSummary.isMoreRecentThan). */
export function isMoreRecent(a: HistoryEnd, b: HistoryEnd): boolean {
  return a.currentEpoch > b.currentEpoch || (a.currentEpoch === b.currentEpoch && a.lastZxid > b.lastZxid);
}

export class EpochAgreement {
  readonly #self: bigint;
  readonly #rule: QuorumRule;
  readonly #own: HistoryEnd;
  readonly #offered = new Set<bigint>();
  readonly #acked = new Set<bigint>();
  #highest = -1;
  #epoch: number | null = null;
  #agreed = false;

  constructor(self: bigint, rule: QuorumRule, own: HistoryEnd) {
    this.#self = self;
    this.#rule = rule;
    this.#own = own;
  }

  /** The new epoch, once a quorum with this server in it has come. */
  get epoch(): number | null {
    return this.#epoch;
  }

  /** Whether a quorum has acknowledged the epoch. */
  get agreed(): boolean {
    return this.#agreed;
  }

  /** A server came. After the epoch is chosen, a higher accepted one changes nothing here: that server refuses it itself. */
  offer(sid: bigint, acceptedEpoch: number): void {
    if (this.#epoch !== null) return;
    this.#highest = Math.max(this.#highest, acceptedEpoch);
    if (this.#rule.isVoter(sid)) this.#offered.add(sid);
    if (this.#offered.has(this.#self) && this.#rule.hasQuorum(this.#offered)) this.#epoch = this.#highest + 1;
  }

  /**
   * Whether the epoch is chosen and a voter has accepted a later one, so that it can never follow this leader. Apache's
   * leader leaves it outside until there is another leader; here that is made so: the next epoch is above both.
   */
  isBehind({ sid, acceptedEpoch }: { readonly sid: bigint; readonly acceptedEpoch: number }, rules: readonly QuorumRule[]): boolean {
    return this.#epoch !== null && acceptedEpoch > this.#epoch && rules.some((rule) => rule.isVoter(sid));
  }

  /**
   * A server accepted the epoch.
   *
   * @param end its history; currentEpoch -1 when it had accepted this epoch before, which counts for nothing
   * @returns false when its history reaches further than this server's: it must not be followed by this leader
   */
  ack(sid: bigint, end: HistoryEnd): boolean {
    if (this.#agreed || end.currentEpoch === -1) return true;
    if (isMoreRecent(end, this.#own)) return false;
    if (this.#rule.isVoter(sid)) this.#acked.add(sid);
    this.#agreed = this.#acked.has(this.#self) && this.#rule.hasQuorum(this.#acked);
    return true;
  }
}
