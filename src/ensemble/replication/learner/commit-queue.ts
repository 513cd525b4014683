/**
 * What the leader has said is committed, and what may be done only after it (facts 5.7; Follower.processPacket,
 * FollowerZooKeeperServer.commit). In: proposals, commits, events, the disk's word. Out: steps, in the leader's order.
 * Must hold: nothing is applied that this server does not have on disk, and nothing out of order.
 */

import type { Transaction } from '../../txn/transaction.ts';
import type { LearnerEvent, LearnerStep } from '../effects.ts';

export class CommitQueue {
  /** Proposed and not committed, oldest first. */
  #proposed: Transaction[] = [];
  #ready: LearnerStep[] = [];
  #durable: bigint;

  /** @param durable the last transaction on disk */
  constructor(durable: bigint) {
    this.#durable = durable;
  }

  /** What is in the log here and not applied yet, oldest first. */
  get unapplied(): readonly Transaction[] {
    return [...this.#ready.flatMap((step) => (step.kind === 'apply' ? [step.txn] : [])), ...this.#proposed];
  }

  /** The log was replaced: it ends here now. */
  reset(durable: bigint): void {
    this.#proposed = [];
    this.#ready = [];
    this.#durable = durable;
  }

  propose(txn: Transaction): void {
    this.#proposed.push(txn);
  }

  /** The leader says that this transaction is committed. @returns it; null when it is not the next one */
  commit(zxid: bigint): Transaction | null {
    const [next] = this.#proposed;
    if (next?.header.zxid !== zxid) return null;
    this.#proposed.shift();
    this.#ready.push({ kind: 'apply', txn: next });
    return next;
  }

  /** A transaction that comes committed (INFORM). */
  inform(txn: Transaction): void {
    this.#ready.push({ kind: 'apply', txn });
  }

  /** To be done after everything that is committed by now. */
  event(event: LearnerEvent): void {
    this.#ready.push({ kind: 'event', event });
  }

  durable(zxid: bigint): void {
    if (zxid > this.#durable) this.#durable = zxid;
  }

  /** Takes out what may be done by now. */
  take(): LearnerStep[] {
    let count = 0;
    for (const step of this.#ready) {
      if (step.kind === 'apply' && step.txn.header.zxid > this.#durable) break;
      count++;
    }
    return count === 0 ? [] : this.#ready.splice(0, count);
  }
}
