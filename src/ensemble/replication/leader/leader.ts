/**
 * The leader of an ensemble (facts 5.5 to 5.7; Leader, LearnerHandler). In: learners' messages, its own clients'
 * transactions, the disk's word, ticks. Out: effects.
 * Must hold: no epoch is led without a quorum that promised it; nothing is committed without a quorum that has it;
 * every learner is told everything in one order, from where its own log ends.
 */

import { invariant } from '../../../base/invariant.ts';
import { counterOf, epochOf, formatId, makeZxid } from '../../../model/zxid.ts';
import type { Transaction } from '../../txn/transaction.ts';
import type { LeaderEffects, Task } from '../effects.ts';
import type { LeaderMessage, LearnerMessage, LinkId, QuorumRule } from '../messages.ts';
import { EpochAgreement } from './epoch-agreement.ts';
import type { LeaderInput, LeaderOptions } from './leader-input.ts';
import { LeaderOutbox } from './outbox.ts';
import { Liveness } from './liveness.ts';
import { Learners, UNSYNCED, type Learner, type LearnerView } from './learners.ts';
import { Pace } from '../pace.ts';
import { Proposals } from './proposals.ts';
import { Syncs } from './syncs.ts';
import { planMessages, planSync } from './sync-plan.ts';

/** REQUEST's type of a sync (ZooDefs.OpCode.sync). */
const SYNC = 9;
/** ZooDefs.OpCode.reconfig, as a transaction */
const RECONFIG = 16;
const COUNTER_MAX = 0xffff_ffff;

export class Leader {
  readonly #options: LeaderOptions;
  readonly #agreement: EpochAgreement;
  readonly #learners = new Learners();
  readonly #liveness: Liveness;
  readonly #syncs = new Syncs();
  readonly #disk = new Pace();
  readonly #out = new LeaderOutbox();
  readonly #newLeaderAcks = new Set<bigint>();
  #proposals: Proposals | null = null;
  #startedMs = 0;
  #halfTicks = 0;
  #serving = false;
  /** Another is to lead. */
  #retired = false;
  #ended = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    const own = { currentEpoch: options.currentEpoch, lastZxid: options.lastZxid };
    this.#agreement = new EpochAgreement(options.sid, options.rule, own);
    this.#liveness = new Liveness(options);
  }

  get serving(): boolean {
    return this.#serving && !this.#ended;
  }

  /** The epoch that it leads, once it is agreed. */
  get epoch(): number | null {
    return this.#agreement.epoch;
  }

  /** Proposed and not committed, in order: on this server's disk, or on its way there. */
  get outstanding(): readonly Transaction[] {
    return this.#proposals?.outstanding ?? [];
  }

  /** What the epoch's history has reached. */
  get lastCommitted(): bigint {
    return this.#proposals?.lastCommitted ?? this.#options.lastZxid;
  }

  /** Who may be counted for a new configuration: those in step. Nobody once another is to lead: who logged it would wait for ever. */
  get synced(): ReadonlySet<bigint> {
    if (this.#retired) return new Set();
    return new Set([this.#options.sid, ...this.#learners.synced()]);
  }

  /** Syncs that wait for what was proposed before them. */
  get pendingSyncs(): number {
    return this.#syncs.size;
  }

  /** For `mntr`: learners by sid with whether they are in step. */
  get learners(): readonly LearnerView[] {
    return this.#learners.view();
  }

  step(input: LeaderInput): LeaderEffects {
    if (!this.#ended) this.#take(input);
    const effects = this.#out.take();
    if (effects.ended !== null) this.#ended = true;
    return effects;
  }

  #take(input: LeaderInput): void {
    switch (input.kind) {
      case 'start':
        return this.#start(input.nowMs);
      case 'message':
        return this.#message(input.link, input.message, input.nowMs);
      case 'linkClosed':
        return this.#drop(input.link);
      case 'progress':
        return this.#liveness.progress(input.link, input.nowMs);
      case 'propose':
        return this.#propose(input.txn, this.#rules());
      case 'sync':
        return this.#sync(input.link, input.nowMs);
      case 'revalidated':
        return this.#out.send(input.link, { kind: 'revalidated', sessionId: input.sessionId, valid: input.valid });
      case 'durable':
        this.#proposals?.ack(this.#options.sid, input.zxid);
        return this.#commit();
      case 'done':
        return this.#done(input.task, input.txns ?? []);
      case 'tick':
        return this.#tick(input.nowMs);
    }
  }

  #start(nowMs: number): void {
    this.#startedMs = nowMs;
    this.#agreement.offer(this.#options.sid, this.#options.acceptedEpoch);
    this.#considerEpoch();
  }

  #message(link: LinkId, message: LearnerMessage, nowMs: number): void {
    if (message.kind === 'info') {
      this.#join(link, message, nowMs);
      return;
    }
    const learner = this.#learners.get(link);
    if (learner === undefined) {
      this.#out.close(link);
      return;
    }
    this.#liveness.heard(link, nowMs);
    if (message.kind === 'ackEpoch') this.#ackEpoch(learner, message.currentEpoch, message.lastZxid);
    else if (message.kind === 'ack') this.#ack(learner, message.zxid, nowMs);
    else if (learner.stage === 'serving') this.#serve(learner, message, nowMs);
    else this.#drop(link, true);
  }

  /** What only a learner that serves clients may send. */
  #serve(learner: Learner, message: Extract<LearnerMessage, { kind: 'ping' | 'revalidate' | 'request' }>, nowMs: number): void {
    const { link } = learner;
    switch (message.kind) {
      case 'ping':
        this.#out.event({ kind: 'touched', sessions: message.sessions });
        this.#liveness.answered(link);
        this.#takeSyncs(nowMs);
        return;
      case 'revalidate':
        this.#out.event({ kind: 'revalidate', link, sessionId: message.sessionId, timeoutMs: message.timeoutMs });
        return;
      case 'request':
        if (message.request.type === SYNC) this.#sync(link, nowMs);
        else this.#out.event({ kind: 'forwarded', link, request: message.request });
    }
  }

  #join(link: LinkId, info: Extract<LearnerMessage, { kind: 'info' }>, nowMs: number): void {
    const { sid, reconfiguration, configVersion } = this.#options;
    const known = this.#learners.get(link);
    if (known !== undefined || info.sid === sid || info.configVersion > (reconfiguration?.version() ?? configVersion)) {
      this.#drop(link, true);
      return;
    }
    // The same server, come again: its former connection is dead, though this side has not noticed.
    const former = this.#learners.ofServer(info.sid);
    if (former !== undefined && !info.observer) this.#drop(former.link, true);
    this.#learners.add({ link, sid: info.sid, observer: info.observer, stage: 'epoch', peerZxid: 0n });
    this.#liveness.add(link, info.observer ? null : info.sid, nowMs);
    const settled = this.#agreement.epoch !== null;
    this.#agreement.offer(info.sid, info.acceptedEpoch);
    if (!settled) this.#considerEpoch();
    else if (this.#agreement.isBehind(info, this.#rules())) this.#out.task({ kind: 'saveAcceptedEpoch', epoch: info.acceptedEpoch });
    else this.#offerEpoch(link);
  }

  /** With a quorum present the epoch is chosen; it is promised here first, then to the others. */
  #considerEpoch(): void {
    const { epoch } = this.#agreement;
    if (epoch !== null) this.#out.task({ kind: 'saveAcceptedEpoch', epoch });
  }

  #offerEpoch(link: LinkId): void {
    const { epoch } = this.#agreement;
    // Not before this server's own promise is durable: then everybody who waits is told at once.
    if (epoch !== null && this.#proposals !== null) this.#out.send(link, { kind: 'leaderInfo', epoch });
  }

  #done(task: Task, txns: readonly Transaction[]): void {
    const { sid, currentEpoch, lastZxid } = this.#options;
    if (task.kind === 'saveAcceptedEpoch' && task.epoch > this.#epoch()) {
      this.#out.end(`a voter has promised epoch ${task.epoch}, and cannot follow epoch ${this.#epoch()}`);
    } else if (task.kind === 'saveAcceptedEpoch') {
      this.#proposals = new Proposals(sid, makeZxid(task.epoch, 0));
      for (const { link } of this.#learners.in('epoch')) this.#offerEpoch(link);
      this.#agreement.ack(sid, { currentEpoch, lastZxid });
      this.#considerAgreed();
    } else if (task.kind === 'saveCurrentEpoch') {
      this.#newLeaderAcks.add(sid);
      this.#considerServing();
    } else if (task.kind === 'readLog') {
      const learner = this.#learners.get(task.link);
      if (learner?.stage === 'reading') this.#synchronise(learner, txns);
    }
  }

  #ackEpoch(learner: Learner, currentEpoch: number, lastZxid: bigint): void {
    if (learner.stage !== 'epoch' || this.#proposals === null || !this.#agreement.ack(learner.sid, { currentEpoch, lastZxid })) {
      this.#drop(learner.link, true);
      return;
    }
    learner.stage = 'promised';
    learner.peerZxid = lastZxid;
    if (this.#learners.agreed) this.#synchronise(learner, null);
    else this.#considerAgreed();
  }

  /** A quorum has promised: whoever waited is brought up to date. */
  #considerAgreed(): void {
    if (!this.#agreement.agreed || this.#learners.agreed) return;
    this.#learners.agreed = true;
    this.#out.task({ kind: 'saveCurrentEpoch', epoch: this.#epoch() });
    for (const learner of this.#learners.in('promised')) this.#synchronise(learner, null);
  }

  #synchronise(learner: Learner, onDisk: readonly Transaction[] | null): void {
    const { diskSyncAllowed: diskAllowed, forceSnapshot, committedLog } = this.#options;
    const plan = planSync({
      peerZxid: learner.peerZxid,
      lastProcessed: this.#lastProcessed(),
      committed: committedLog.txns,
      onDisk, diskAllowed, forceSnapshot,
    });
    if (plan.kind === 'readDisk') {
      learner.stage = 'reading';
      this.#out.task({ kind: 'readLog', link: learner.link, from: learner.peerZxid });
      return;
    }
    learner.bySnapshot = plan.kind === 'snap';
    // Those that vote are wanted; an observer may come again.
    if (learner.observer && this.#learners.syncing(learner.bySnapshot) >= this.#options.syncsMax[plan.kind === 'snap' ? 'snap' : 'diff']) {
      this.#drop(learner.link, true);
      return;
    }
    const { link, observer } = learner;
    for (const message of planMessages(plan, observer ? [] : this.outstanding)) this.#out.send(link, message);
    learner.stage = 'syncing';
    this.#out.send(link, { kind: 'newLeader', epoch: this.#epoch(), config: this.#options.configText(this.#epoch()) });
  }

  #ack(learner: Learner, zxid: bigint, nowMs: number): void {
    if (UNSYNCED.has(learner.stage) || (learner.stage === 'syncing' && zxid !== makeZxid(this.#epoch(), 0))) {
      this.#drop(learner.link, true);
      return;
    }
    if (learner.stage === 'syncing') {
      learner.stage = this.#serving ? 'serving' : 'acked';
      this.#liveness.synced(learner.link, this.#lastProposed, nowMs);
      if (!learner.observer) this.#newLeaderAcks.add(learner.sid);
      if (this.#serving) this.#out.send(learner.link, { kind: 'upToDate' });
      else this.#considerServing();
      return;
    }
    // The first transaction of an epoch has no zxid of its own to be acknowledged.
    if (counterOf(zxid) === 0 || learner.observer || epochOf(zxid) !== this.#epoch()) return;
    this.#proposals?.ack(learner.sid, zxid);
    this.#liveness.acknowledged(learner.link, zxid);
    this.#commit();
  }

  #considerServing(): void {
    if (this.#serving || !this.#newLeaderAcks.has(this.#options.sid)) return;
    if (!this.#rules().every((rule) => rule.hasQuorum(this.#newLeaderAcks))) return;
    this.#serving = true;
    this.#out.event({ kind: 'serve', epoch: this.#epoch(), zxid: makeZxid(this.#epoch(), 0) });
    for (const learner of this.#learners.in('acked')) {
      learner.stage = 'serving';
      this.#out.send(learner.link, { kind: 'upToDate' });
    }
  }

  #propose(txn: Transaction, rules: readonly QuorumRule[]): void {
    const proposals = this.#proposals;
    invariant(this.#serving && proposals !== null, `${formatId(txn.header.zxid)} proposed before the epoch is established`);
    if (counterOf(txn.header.zxid) === COUNTER_MAX) {
      this.#out.end('the counter of zxids has reached its end: a new epoch is needed');
      return;
    }
    proposals.add(txn, rules);
    this.#out.persist(txn);
    for (const { link, observer } of this.#learners.inStream()) if (!observer) this.#out.send(link, { kind: 'proposal', txn });
  }

  #commit(): void {
    const proposals = this.#proposals;
    if (proposals === null || !this.#serving) return;
    while (!this.#retired) {
      const txn = proposals.takeCommitted();
      if (txn === null) return;
      const { zxid } = txn.header;
      this.#out.synced(this.#syncs.before(zxid), this.#learners);
      this.#options.committedLog.add(txn);
      this.#out.apply(txn);
      if (txn.body.type === RECONFIG) this.#activate(txn, proposals.acked);
      else this.#tell((observer) => (observer ? { kind: 'inform', txn } : { kind: 'commit', zxid }));
      this.#out.synced(this.#syncs.ready(zxid), this.#learners);
    }
  }

  /** The new configuration is in force with its commit. A leader that is not to lead on commits nothing more. */
  #activate(txn: Transaction, acked: ReadonlyMap<bigint, bigint>): void {
    const { reconfiguration, sid } = this.#options;
    const { zxid } = txn.header;
    const designatedLeader = reconfiguration?.designate(txn, acked) ?? sid;
    this.#tell((observer) => (observer ? { kind: 'informAndActivate', txn, designatedLeader } : { kind: 'commitAndActivate', zxid, designatedLeader }));
    this.#out.event({ kind: 'activate', txn, designatedLeader });
    this.#retired = designatedLeader !== sid;
  }

  #tell(message: (observer: boolean) => LeaderMessage): void {
    for (const { link, observer } of this.#learners.inStream()) this.#out.send(link, message(observer));
  }

  #rules(): readonly QuorumRule[] {
    return this.#options.reconfiguration?.rules() ?? [this.#options.rule];
  }

  /**
   * A sync is answered behind everything that was proposed before it (Leader.processSync). Apache's leader answers even
   * when it was paused for so long that another one may lead by now, and what is read then is from before that; here
   * it waits until a quorum has answered, or it goes down with this leader.
   */
  #sync(link: LinkId | null, nowMs: number): void {
    this.#syncs.ask(link, this.#lastProposed);
    this.#takeSyncs(nowMs);
  }

  #takeSyncs(nowMs: number): void {
    if (this.#retired || !this.#syncs.doubtful || !this.#liveness.isSurelyLeader(this.#options.sid, this.#rules(), nowMs)) return;
    this.#syncs.confirm();
    this.#out.synced(this.#syncs.ready(this.lastCommitted), this.#learners);
  }

  #tick(nowMs: number): void {
    const { tickMs, initLimit, sid } = this.#options;
    const zxid = this.#lastProposed;
    for (const link of this.#liveness.silent(zxid, nowMs)) this.#drop(link, true);
    if (!this.#serving) {
      if (nowMs - this.#startedMs > initLimit * tickMs) this.#out.end(`no quorum came within ${initLimit} ticks`);
      return;
    }
    this.#checkDisk(nowMs);
    for (const { link } of this.#learners.in('serving')) {
      this.#out.send(link, { kind: 'ping', zxid });
      this.#liveness.pinged(link, nowMs);
    }
    if (++this.#halfTicks % 2 === 0 && !this.#liveness.hasQuorum(sid, this.#rules(), nowMs)) {
      this.#out.end('fewer learners than a quorum are in step');
    }
  }

  /** Others can go on without this server, whose disk has stopped: nothing would be written as long as it leads. */
  #checkDisk(nowMs: number): void {
    const { tickMs, syncLimit } = this.#options;
    const { durable = 0n, waitsForSelf = 0n } = this.#proposals ?? {};
    if (this.#disk.behindMs(durable, waitsForSelf, nowMs) > tickMs * syncLimit) this.#out.end(`this server’s disk did not take in for ${syncLimit} ticks what the others have`);
  }

  /** @param close whether the connection still stands */
  #drop(link: LinkId, close = false): void {
    if (close) this.#out.close(link);
    const learner = this.#learners.remove(link);
    this.#liveness.remove(link);
    if (learner !== undefined && !learner.observer) this.#proposals?.forget(learner.sid);
  }

  get #lastProposed(): bigint {
    return this.#proposals?.lastProposed ?? 0n;
  }

  #lastProcessed(): bigint {
    const { committedLog, lastZxid } = this.#options;
    if (this.#serving) return this.#proposals?.lastCommitted ?? lastZxid;
    return committedLog.txns.at(-1)?.header.zxid ?? lastZxid;
  }

  #epoch(): number {
    const { epoch } = this.#agreement;
    invariant(epoch !== null, 'no epoch is agreed');
    return epoch;
  }
}
