/**
 * What a machine of this folder wants done. The order of the fields is the order in which it must be done: nothing is
 * sent before what it speaks of is on its way to the disk, nothing is applied before it is sent.
 */

import type { Transaction } from '../txn/transaction.ts';
import type { ForwardedRequest, LeaderMessage, LearnerMessage, LinkId } from './messages.ts';

/**
 * Work on the disk that takes its time. The machine goes no further with what depends on it until `done` comes back
 * with the same object.
 */
export type Task =
  | { readonly kind: 'saveAcceptedEpoch'; readonly epoch: number }
  /** Everything persisted before must be durable, then the epoch is written. */
  | { readonly kind: 'saveCurrentEpoch'; readonly epoch: number }
  /** Leader: the log from the newest transaction at or before `from`; empty when it does not reach back so far. */
  | { readonly kind: 'readLog'; readonly link: LinkId; readonly from: bigint }
  /** Learner: cut everything after `zxid` out of log, snapshots and tree. */
  | { readonly kind: 'truncate'; readonly zxid: bigint }
  /** Learner: the tree that was received takes the place of everything, on disk as well. */
  | { readonly kind: 'install'; readonly zxid: bigint };

/** What a leader hands to the one who runs it. */
export type LeaderEvent =
  /** The epoch is established: the tree stands at `zxid`, clients may be served. */
  | { readonly kind: 'serve'; readonly epoch: number; readonly zxid: bigint }
  /** A learner's client asks: make a transaction of it and give it to `propose`. */
  | { readonly kind: 'forwarded'; readonly link: LinkId; readonly request: ForwardedRequest }
  /** A learner has heard of these sessions. */
  | { readonly kind: 'touched'; readonly sessions: readonly { readonly id: bigint; readonly timeoutMs: number }[] }
  /** Answer with `revalidated`. */
  | { readonly kind: 'revalidate'; readonly link: LinkId; readonly sessionId: bigint; readonly timeoutMs: number }
  /** A reconfiguration is committed. */
  | { readonly kind: 'activate'; readonly txn: Transaction; readonly designatedLeader: bigint }
  /** This server's own clients' syncs may be answered: as many as are named, in order. */
  | { readonly kind: 'synced'; readonly count: number };

/** In order: a sync is answered behind what was committed before it, and before what is committed after it. */
export type LeaderStep =
  | { readonly kind: 'apply'; readonly txn: Transaction }
  | { readonly kind: 'event'; readonly event: LeaderEvent };

export interface LeaderEffects {
  readonly persist: readonly Transaction[];
  readonly tasks: readonly Task[];
  readonly send: readonly { readonly link: LinkId; readonly message: LeaderMessage }[];
  readonly steps: readonly LeaderStep[];
  /** Links to be closed. Those that close by themselves are told by `linkClosed`. */
  readonly close: readonly LinkId[];
  /** Why this server leads no more; it goes back to looking for a leader. */
  readonly ended: string | null;
}

/** What a learner hands to the one who runs it. */
export type LearnerEvent =
  /** Brought up to date: clients may be served. */
  | { readonly kind: 'serve'; readonly epoch: number }
  /** The oldest sync that was forwarded may be answered: everything before it is applied. */
  | { readonly kind: 'synced' }
  | { readonly kind: 'revalidated'; readonly sessionId: bigint; readonly valid: boolean }
  /** The leader's configuration, to be kept as the one last seen. */
  | { readonly kind: 'configSeen'; readonly config: string }
  /** A reconfiguration is proposed: the configuration last seen. */
  | { readonly kind: 'configProposed'; readonly txn: Transaction }
  /** A reconfiguration is committed. */
  | { readonly kind: 'activate'; readonly txn: Transaction; readonly designatedLeader: bigint };

/** In the order of the leader's word: transactions and events of one step may depend on each other's order. */
export type LearnerStep =
  | { readonly kind: 'apply'; readonly txn: Transaction }
  | { readonly kind: 'event'; readonly event: LearnerEvent };

export interface LearnerEffects {
  readonly persist: readonly Transaction[];
  readonly tasks: readonly Task[];
  readonly send: readonly LearnerMessage[];
  readonly steps: readonly LearnerStep[];
  /** Why this server follows no more; it goes back to looking for a leader. */
  readonly ended: string | null;
}
