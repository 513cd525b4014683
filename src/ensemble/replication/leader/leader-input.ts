/** What a leader is given: who it is among whom, and what happens to it. */

import type { Transaction } from '../../txn/transaction.ts';
import type { Task } from '../effects.ts';
import type { LearnerMessage, LinkId, QuorumRule } from '../messages.ts';
import type { CommittedLog } from './committed-log.ts';
import type { LivenessOptions } from './liveness.ts';

export interface LeaderOptions extends LivenessOptions {
  readonly sid: bigint;
  readonly rule: QuorumRule;
  /** Absent where the configuration never changes. */
  readonly reconfiguration?: Reconfiguration;
  /** Version of the configuration in force at the beginning; a learner with a later one is refused. */
  readonly configVersion: bigint;
  /** The configuration's text for NEWLEADER, made for the epoch that was agreed. */
  readonly configText: (epoch: number) => string;
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** The last transaction in the log; the tree has all of them. */
  readonly lastZxid: bigint;
  readonly committedLog: CommittedLog;
  /** snapshotSizeFactor of 0 or more. */
  readonly diskSyncAllowed: boolean;
  readonly forceSnapshot: boolean;
  /** So many learners at one time are sent snapshots, or transactions, before observers are turned away. */
  readonly syncsMax: { readonly snap: number; readonly diff: number };
}

/** What a leader has to know of configurations that change under it. */
export interface Reconfiguration {
  /** Of the configuration in force. */
  version(): bigint;
  /** A quorum of each is needed: the one in force, and the one that is being introduced. */
  rules(): readonly QuorumRule[];
  /** Who leads when this transaction is in force. @param acked the last transaction that each server has on disk */
  designate(txn: Transaction, acked: ReadonlyMap<bigint, bigint>): bigint;
}

export type LeaderInput =
  | { readonly kind: 'start'; readonly nowMs: number }
  | { readonly kind: 'message'; readonly link: LinkId; readonly message: LearnerMessage; readonly nowMs: number }
  | { readonly kind: 'linkClosed'; readonly link: LinkId }
  /** A learner takes in the tree that it is being sent. */
  | { readonly kind: 'progress'; readonly link: LinkId; readonly nowMs: number }
  /** A transaction made of a request, in the order of zxids. */
  | { readonly kind: 'propose'; readonly txn: Transaction }
  /** A client's sync, of this server (link null) or of a learner's. */
  | { readonly kind: 'sync'; readonly link: LinkId | null; readonly nowMs: number }
  | { readonly kind: 'revalidated'; readonly link: LinkId; readonly sessionId: bigint; readonly valid: boolean }
  | { readonly kind: 'durable'; readonly zxid: bigint }
  | { readonly kind: 'done'; readonly task: Task; readonly txns?: readonly Transaction[] }
  /** Every half tick. */
  | { readonly kind: 'tick'; readonly nowMs: number };
