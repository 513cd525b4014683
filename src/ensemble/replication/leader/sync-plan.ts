/**
 * How a learner is brought up to date (facts 5.6; LearnerHandler.syncFollower, queueCommittedProposals). In: where its
 * log ends, and what this server has. Out: what to send, decided in Apache's order.
 * Must hold: a TRUNC goes to the end of this server's log, or to a place within one epoch; and what is sent follows
 * without a hole on what the learner keeps.
 */

import { counterOf, epochOf } from '../../../model/zxid.ts';
import type { Transaction } from '../../txn/transaction.ts';
import type { LeaderMessage } from '../messages.ts';

export interface SyncFacts {
  /** The last transaction in the learner's log. */
  readonly peerZxid: bigint;
  /** The last transaction of this server's tree, or the beginning of its epoch. */
  readonly lastProcessed: bigint;
  /** Committed transactions in memory, oldest first. */
  readonly committed: readonly Transaction[];
  /** Transactions of the log on disk, from the newest one at or before `peerZxid`; null: not looked for. */
  readonly onDisk: readonly Transaction[] | null;
  /** Whether the log on disk may be asked (snapshotSizeFactor of 0 or more). */
  readonly diskAllowed: boolean;
  readonly forceSnapshot: boolean;
}

export type SyncPlan =
  /** Ask the disk for the log from the learner's end, then decide again. */
  | { readonly kind: 'readDisk' }
  | { readonly kind: 'snap'; readonly lastQueued: bigint }
  /** DIFF or TRUNC to `zxid`, then these, each proposed and committed. */
  | { readonly kind: 'diff' | 'trunc'; readonly zxid: bigint; readonly txns: readonly Transaction[]; readonly lastQueued: bigint };

/** Decides. */
export function planSync(facts: SyncFacts): SyncPlan {
  const { peerZxid, lastProcessed, committed } = facts;
  const min = committed[0]?.header.zxid ?? lastProcessed;
  const max = committed.at(-1)?.header.zxid ?? lastProcessed;
  const snap: SyncPlan = { kind: 'snap', lastQueued: lastProcessed };
  if (facts.forceSnapshot) return snap;
  if (peerZxid === lastProcessed) return { kind: 'diff', zxid: peerZxid, txns: [], lastQueued: peerZxid };
  if (peerZxid > max && !isEpochStart(peerZxid)) return { kind: 'trunc', zxid: max, txns: [], lastQueued: max };
  const walk = new Walk(peerZxid, max);
  if (min <= peerZxid && peerZxid <= max) {
    walk.through(committed, null);
    return walk.plan ?? snap;
  }
  if (peerZxid > max || !facts.diskAllowed) return snap;
  if (facts.onDisk === null) return { kind: 'readDisk' };
  if (facts.onDisk.length === 0) return snap;
  walk.through(facts.onDisk, min);
  // The disk's log must reach the first one in memory, or something between would be missing.
  if (walk.lastQueued < min) return snap;
  walk.through(committed, null);
  return walk.plan ?? snap;
}

/**
 * What a decided plan has the leader say: where the learner begins, then each transaction proposed and committed.
 *
 * @param outstanding proposed and not committed, for a learner that is to acknowledge it
 */
export function planMessages(plan: Exclude<SyncPlan, { kind: 'readDisk' }>, outstanding: readonly Transaction[]): LeaderMessage[] {
  const begin: LeaderMessage = plan.kind === 'snap' ? { kind: 'snap', zxid: plan.lastQueued } : { kind: plan.kind, zxid: plan.zxid };
  const committed = plan.kind === 'snap' ? [] : plan.txns;
  return [
    begin,
    ...committed.flatMap((txn): LeaderMessage[] => [{ kind: 'proposal', txn }, { kind: 'commit', zxid: txn.header.zxid }]),
    ...outstanding.filter(({ header: { zxid } }) => zxid > plan.lastQueued).map((txn): LeaderMessage => ({ kind: 'proposal', txn })),
  ];
}

const isEpochStart = (zxid: bigint): boolean => counterOf(zxid) === 0;

/** Goes through committed transactions and collects what the learner lacks. */
class Walk {
  readonly #peerZxid: bigint;
  readonly #max: bigint;
  readonly #txns: Transaction[] = [];
  #start: { readonly kind: 'diff' | 'trunc'; readonly zxid: bigint } | null = null;
  #previous: bigint | null = null;
  #impossible = false;
  lastQueued: bigint;

  constructor(peerZxid: bigint, max: bigint) {
    this.#peerZxid = peerZxid;
    this.#max = max;
    this.lastQueued = peerZxid;
  }

  /** Null when only a snapshot helps. */
  get plan(): SyncPlan | null {
    if (this.#impossible) return null;
    const fresh: { readonly kind: 'diff'; readonly zxid: bigint } = { kind: 'diff', zxid: this.#max };
    const start = this.#start ?? (isEpochStart(this.#peerZxid) ? fresh : null);
    return start === null ? null : { ...start, txns: this.#txns, lastQueued: this.lastQueued };
  }

  through(txns: readonly Transaction[], upTo: bigint | null): void {
    for (const txn of txns) {
      const { zxid } = txn.header;
      if (this.#impossible || (upTo !== null && zxid > upTo)) return;
      if (zxid < this.#peerZxid) {
        this.#previous = zxid;
        continue;
      }
      if (this.#start === null && !this.#begin(zxid)) continue;
      if (zxid <= this.lastQueued) continue;
      this.#txns.push(txn);
      this.lastQueued = zxid;
    }
  }

  /** @returns whether this transaction itself may have to be sent */
  #begin(zxid: bigint): boolean {
    if (zxid === this.#peerZxid || isEpochStart(this.#peerZxid)) {
      this.#start = { kind: 'diff', zxid: this.#max };
      return zxid !== this.#peerZxid;
    }
    // The learner has something that this server never committed. It can be cut off within one epoch only.
    if (epochOf(zxid) !== epochOf(this.#peerZxid) || this.#previous === null) {
      this.#impossible = true;
      return false;
    }
    this.#start = { kind: 'trunc', zxid: this.#previous };
    this.lastQueued = this.#previous;
    return true;
  }
}
