/**
 * Proposals under way (facts 5.7; Leader.outstandingProposals, tryToCommit). In: transactions and acknowledgements.
 * Out: transactions that are committed, strictly in the order of their zxids.
 * Must hold: nothing is committed that a quorum, and this server itself, does not have on disk.
 */

import { invariant } from '../../../base/invariant.ts';
import { formatId } from '../../../model/zxid.ts';
import type { Transaction } from '../../txn/transaction.ts';
import type { QuorumRule } from '../messages.ts';

interface Proposal {
  readonly txn: Transaction;
  /** The configuration in force, and the one that is being introduced. */
  readonly rules: readonly QuorumRule[];
}

export class Proposals {
  readonly #self: bigint;
  /** The last transaction that each server has on disk. A log has no holes, so this stands for all before it. */
  readonly #acked = new Map<bigint, bigint>();
  #outstanding: Proposal[] = [];
  #lastProposed: bigint;
  #lastCommitted: bigint;

  /** @param start the epoch's first zxid, which no transaction has */
  constructor(self: bigint, start: bigint) {
    this.#self = self;
    this.#lastProposed = start;
    this.#lastCommitted = start;
  }

  get lastProposed(): bigint {
    return this.#lastProposed;
  }

  get lastCommitted(): bigint {
    return this.#lastCommitted;
  }

  /** In order, oldest first. */
  get outstanding(): readonly Transaction[] {
    return this.#outstanding.map(({ txn }) => txn);
  }

  get size(): number {
    return this.#outstanding.length;
  }

  /** @param rules a quorum of each must have it */
  add(txn: Transaction, rules: readonly QuorumRule[]): void {
    const { zxid } = txn.header;
    invariant(zxid === this.#lastProposed + 1n, `${formatId(zxid)} proposed after ${formatId(this.#lastProposed)}`);
    this.#lastProposed = zxid;
    this.#outstanding.push({ txn, rules });
  }

  /** A server has everything up to here on disk. Older and repeated acknowledgements change nothing. */
  ack(sid: bigint, zxid: bigint): void {
    if (zxid > (this.#acked.get(sid) ?? 0n)) this.#acked.set(sid, zxid);
  }

  /** A server that has gone does not count until it has caught up again. */
  forget(sid: bigint): void {
    this.#acked.delete(sid);
  }

  /** The last transaction that each server has on disk. */
  get acked(): ReadonlyMap<bigint, bigint> {
    return this.#acked;
  }

  /** Takes out the next one that is committed by now; null when there is none. */
  takeCommitted(): Transaction | null {
    const [next] = this.#outstanding;
    if (next === undefined || !this.#isCommitted(next)) return null;
    this.#outstanding.shift();
    this.#lastCommitted = next.txn.header.zxid;
    return next.txn;
  }

  /** The oldest that a quorum has on disk without this server, which has not; 0 when there is none. */
  get waitsForSelf(): bigint {
    const [next] = this.#outstanding;
    return next !== undefined && this.durable < next.txn.header.zxid && this.#quorumHas(next) ? next.txn.header.zxid : 0n;
  }

  /** The last transaction that this server has on disk. */
  get durable(): bigint {
    return this.#acked.get(this.#self) ?? 0n;
  }

  #isCommitted(proposal: Proposal): boolean {
    return this.durable >= proposal.txn.header.zxid && this.#quorumHas(proposal);
  }

  #quorumHas({ txn, rules }: Proposal): boolean {
    const have = new Set<bigint>();
    for (const [sid, acked] of this.#acked) if (acked >= txn.header.zxid) have.add(sid);
    return rules.every((rule) => rule.hasQuorum(have));
  }
}
