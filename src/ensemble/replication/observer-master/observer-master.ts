/**
 * A follower that brings observers up to date in the leader's place (facts 5.8; ObserverMaster, LearnerHandler). In:
 * observers' messages, what this follower has applied, the disk's word, ticks. Out: effects.
 * Must hold: an observer is told only what is committed, all of it in one order, from where its own log ends.
 */

import { makeZxid } from '../../../model/zxid.ts';
import type { Transaction } from '../../txn/transaction.ts';
import type { LeaderEffects, Task } from '../effects.ts';
import type { CommittedLog } from '../leader/committed-log.ts';
import { Learners, type Learner } from '../leader/learners.ts';
import { Liveness, type LivenessOptions } from '../leader/liveness.ts';
import { LeaderOutbox } from '../leader/outbox.ts';
import { planMessages, planSync } from '../leader/sync-plan.ts';
import type { LearnerMessage, LinkId } from '../messages.ts';

export interface ObserverMasterOptions extends LivenessOptions {
  /** The epoch in which this server follows. */
  readonly epoch: number;
  /** Version of the configuration in force; an observer with a later one is refused. */
  readonly configVersion: () => bigint;
  /** The configuration last seen, for NEWLEADER. */
  readonly configText: () => string;
  /** What this server has applied: the last transaction, and the newest ones. */
  readonly lastApplied: () => bigint;
  readonly committedLog: CommittedLog;
  /** So many observers at one time are sent snapshots, or transactions, before others are turned away (LearnerSyncThrottler). */
  readonly syncsMax: { readonly snap: number; readonly diff: number };
}

export type ObserverMasterInput =
  | { readonly kind: 'message'; readonly link: LinkId; readonly message: LearnerMessage; readonly nowMs: number }
  | { readonly kind: 'linkClosed'; readonly link: LinkId }
  /** An observer takes in the tree that it is being sent. */
  | { readonly kind: 'progress'; readonly link: LinkId; readonly nowMs: number }
  /** Applied here. @property designatedLeader of a reconfiguration; null for everything else */
  | { readonly kind: 'committed'; readonly txn: Transaction; readonly designatedLeader: bigint | null }
  /** The leader has answered an observer's sync. */
  | { readonly kind: 'synced'; readonly link: LinkId }
  | { readonly kind: 'revalidated'; readonly link: LinkId; readonly sessionId: bigint; readonly valid: boolean }
  | { readonly kind: 'done'; readonly task: Task; readonly txns: readonly Transaction[] }
  /** Every half tick. */
  | { readonly kind: 'tick'; readonly nowMs: number };

/** Stages in which an observer is told of everything as it happens. */
const IN_STREAM: ReadonlySet<Learner['stage']> = new Set<Learner['stage']>(['syncing', 'serving']);

export class ObserverMaster {
  readonly #options: ObserverMasterOptions;
  readonly #observers = new Learners();
  readonly #liveness: Liveness;
  readonly #out = new LeaderOutbox();
  #lastTold = 0n;

  constructor(options: ObserverMasterOptions) {
    this.#options = options;
    this.#liveness = new Liveness(options);
  }

  /** Observers that are told of everything. */
  get synced(): number {
    return this.#observers.in('serving').length;
  }

  /** Events are `forwarded`, `touched` and `revalidate`; nothing is ever persisted, applied or ended. */
  step(input: ObserverMasterInput): LeaderEffects {
    switch (input.kind) {
      case 'message':
        this.#message(input.link, input.message, input.nowMs);
        break;
      case 'linkClosed':
        this.#drop(input.link);
        break;
      case 'progress':
        this.#liveness.progress(input.link, input.nowMs);
        break;
      case 'committed':
        this.#committed(input.txn, input.designatedLeader);
        break;
      case 'synced':
        if (this.#observers.get(input.link)?.stage === 'serving') this.#out.send(input.link, { kind: 'sync' });
        break;
      case 'revalidated':
        if (this.#observers.get(input.link) !== undefined) {
          this.#out.send(input.link, { kind: 'revalidated', sessionId: input.sessionId, valid: input.valid });
        }
        break;
      case 'done':
        this.#read(input.task, input.txns);
        break;
      case 'tick':
        this.#tick(input.nowMs);
    }
    return this.#out.take();
  }

  #message(link: LinkId, message: LearnerMessage, nowMs: number): void {
    if (message.kind === 'info') {
      this.#join(link, message, nowMs);
      return;
    }
    const observer = this.#observers.get(link);
    if (observer === undefined) {
      this.#out.close(link);
      return;
    }
    this.#liveness.heard(link, nowMs);
    if (message.kind === 'ackEpoch') this.#promised(observer, message.lastZxid);
    else if (message.kind === 'ack') this.#acknowledged(observer, message.zxid, nowMs);
    else if (observer.stage === 'serving') this.#serve(observer, message);
    else this.#drop(link, true);
  }

  /** What only an observer that serves clients may send. */
  #serve({ link }: Learner, message: Extract<LearnerMessage, { kind: 'ping' | 'revalidate' | 'request' }>): void {
    if (message.kind === 'ping') this.#out.event({ kind: 'touched', sessions: message.sessions });
    else if (message.kind === 'request') this.#out.event({ kind: 'forwarded', link, request: message.request });
    else this.#out.event({ kind: 'revalidate', link, sessionId: message.sessionId, timeoutMs: message.timeoutMs });
  }

  #join(link: LinkId, info: Extract<LearnerMessage, { kind: 'info' }>, nowMs: number): void {
    // A voter must be counted by the leader itself.
    if (!info.observer || this.#observers.get(link) !== undefined || info.configVersion > this.#options.configVersion()) {
      this.#drop(link, true);
      return;
    }
    this.#observers.add({ link, sid: info.sid, observer: true, stage: 'epoch', peerZxid: 0n });
    this.#liveness.add(link, null, nowMs);
    this.#out.send(link, { kind: 'leaderInfo', epoch: this.#options.epoch });
  }

  #promised(observer: Learner, lastZxid: bigint): void {
    if (observer.stage !== 'epoch') {
      this.#drop(observer.link, true);
      return;
    }
    observer.peerZxid = lastZxid;
    this.#synchronise(observer, null);
  }

  #read(task: Task, txns: readonly Transaction[]): void {
    if (task.kind !== 'readLog') return;
    const observer = this.#observers.get(task.link);
    if (observer?.stage === 'reading') this.#synchronise(observer, txns);
  }

  #synchronise(observer: Learner, onDisk: readonly Transaction[] | null): void {
    const { link, peerZxid } = observer;
    const { epoch, lastApplied, committedLog, configText } = this.#options;
    const plan = planSync({ peerZxid, lastProcessed: lastApplied(), committed: committedLog.txns, onDisk, diskAllowed: true, forceSnapshot: false });
    if (plan.kind === 'readDisk') {
      observer.stage = 'reading';
      this.#out.task({ kind: 'readLog', link, from: peerZxid });
      return;
    }
    observer.bySnapshot = plan.kind === 'snap';
    if (this.#observers.syncing(observer.bySnapshot) >= this.#options.syncsMax[plan.kind === 'snap' ? 'snap' : 'diff']) {
      this.#drop(link, true);
      return;
    }
    for (const message of planMessages(plan, [])) this.#out.send(link, message);
    observer.stage = 'syncing';
    this.#out.send(link, { kind: 'newLeader', epoch, config: configText() });
  }

  #acknowledged(observer: Learner, zxid: bigint, nowMs: number): void {
    // The answer to UPTODATE; observers acknowledge nothing else.
    if (observer.stage === 'serving') return;
    if (observer.stage !== 'syncing' || zxid !== makeZxid(this.#options.epoch, 0)) {
      this.#drop(observer.link, true);
      return;
    }
    observer.stage = 'serving';
    this.#liveness.synced(observer.link, 0n, nowMs);
    this.#out.send(observer.link, { kind: 'upToDate' });
  }

  #committed(txn: Transaction, designatedLeader: bigint | null): void {
    this.#lastTold = txn.header.zxid;
    for (const { link, stage } of this.#observers.all()) {
      if (!IN_STREAM.has(stage)) continue;
      if (designatedLeader === null) this.#out.send(link, { kind: 'inform', txn });
      else this.#out.send(link, { kind: 'informAndActivate', txn, designatedLeader });
    }
  }

  #tick(nowMs: number): void {
    for (const link of this.#liveness.silent(0n, nowMs)) this.#drop(link, true);
    for (const { link } of this.#observers.in('serving')) this.#out.send(link, { kind: 'ping', zxid: this.#lastTold });
  }

  /** @param close whether the connection still stands */
  #drop(link: LinkId, close = false): void {
    if (close) this.#out.close(link);
    this.#observers.remove(link);
    this.#liveness.remove(link);
  }
}
