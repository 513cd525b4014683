/**
 * A follower or observer of a leader (facts 5.5 to 5.8; Learner, Follower, Observer). In: the leader's messages, what
 * this server's clients ask, the disk's word, ticks. Out: effects. Must hold: nothing is promised or acknowledged
 * before it is durable; the epoch is this server's own only when it has all of the leader's history on disk.
 */

import { counterOf, epochOf, formatId, makeZxid } from '../../../model/zxid.ts';
import type { Transaction } from '../../txn/transaction.ts';
import type { LearnerEffects, LearnerEvent, LearnerStep, Task } from '../effects.ts';
import type { ForwardedRequest, LeaderMessage, LearnerMessage, TouchedSession } from '../messages.ts';
import { Pace } from '../pace.ts';
import { CommitQueue } from './commit-queue.ts';

export interface LearnerOptions {
  readonly sid: bigint;
  readonly observer: boolean;
  readonly configVersion: bigint;
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** The last transaction in the log; the tree has all of them. */
  readonly lastZxid: bigint;
  /**
   * What the leader wanted cut off could not be, so its whole tree is asked for, on a new connection in the epoch that
   * this server has promised already. false when absent.
   */
  readonly wantsTree?: boolean;
  readonly tickMs: number;
  /** Ticks without a word from the leader, until this server has all of its history. */
  readonly initLimit: number;
  /** The same, afterwards. */
  readonly syncLimit: number;
  /** The sessions that were heard of since it was asked last. */
  readonly touched: () => readonly TouchedSession[];
}

export type LearnerInput =
  | { readonly kind: 'start'; readonly nowMs: number }
  /** A `snap` is handed in when the tree that follows it is all there. */
  | { readonly kind: 'message'; readonly message: LeaderMessage; readonly nowMs: number }
  /** A part of the tree has come: the leader is there. */
  | { readonly kind: 'progress'; readonly nowMs: number }
  | { readonly kind: 'durable'; readonly zxid: bigint }
  | { readonly kind: 'done'; readonly task: Task }
  /** A client's write or sync. */
  | { readonly kind: 'forward'; readonly request: ForwardedRequest }
  | { readonly kind: 'revalidate'; readonly sessionId: bigint; readonly timeoutMs: number }
  | { readonly kind: 'tick'; readonly nowMs: number };

/**
 * - discovery: the leader's epoch is awaited
 * - promising: the promise is on its way to the disk
 * - choosing: DIFF, TRUNC or SNAP is awaited
 * - replacing: what this server had is being cut or replaced
 * - syncing: what it lacks is coming
 * - accepting: all of it is on its way to the disk, and then the epoch
 * - acked: the leader's word to serve is awaited
 * - serving
 */
type Phase = 'discovery' | 'promising' | 'choosing' | 'replacing' | 'syncing' | 'accepting' | 'acked' | 'serving';

/** ZooDefs.OpCode.reconfig, as a transaction */
const RECONFIG = 16;

/**
 * No transaction has this zxid (the counter never gets so far), and no leader's history goes on from it, so any leader
 * answers it with its tree (LearnerHandler.queueCommittedProposals: no TRUNC across an epoch).
 */
const NOBODYS_ZXID = makeZxid(0, 0xffff_ffff);

/** Phases in which the next message must wait. */
const WAITING: ReadonlySet<Phase> = new Set<Phase>(['promising', 'replacing']);
/** Phases in which proposals and commits are expected. */
const STREAMING: ReadonlySet<Phase> = new Set<Phase>(['syncing', 'accepting', 'acked', 'serving']);

type Streamed = Extract<LeaderMessage, { kind: 'proposal' | 'inform' | 'commit' | 'commitAndActivate' | 'informAndActivate' | 'sync' }>;

interface Draft {
  persist: Transaction[];
  tasks: Task[];
  send: LearnerMessage[];
  events: LearnerStep[];
  ended: string | null;
}

const emptyDraft = (): Draft => ({ persist: [], tasks: [], send: [], events: [], ended: null });

export class Learner {
  readonly #options: LearnerOptions;
  readonly #queue: CommitQueue;
  #phase: Phase = 'discovery';
  #epoch = -1;
  /** Messages that came while the disk was at work. */
  #held: LeaderMessage[] = [];
  #lastLogged: bigint;
  #durable: bigint;
  readonly #disk = new Pace();
  /** Where the leader's tree ended, if one was taken. */
  #installed = -1n;
  /** Logged, to be acknowledged when they are on disk; each by itself, as Apache's leader counts them. */
  #unacked: bigint[] = [];
  #heardMs = 0;
  #draft = emptyDraft();
  #ended = false;

  constructor(options: LearnerOptions) {
    this.#options = options;
    this.#lastLogged = options.lastZxid;
    this.#durable = options.lastZxid;
    this.#queue = new CommitQueue(options.lastZxid);
  }

  get serving(): boolean {
    return this.#phase === 'serving' && !this.#ended;
  }

  /** Whether a message handed in now would have to wait: the carrier need not read on. */
  get waiting(): boolean {
    return WAITING.has(this.#phase);
  }

  /** The epoch that the leader offered; -1 before it did. */
  get epoch(): number {
    return this.#epoch;
  }

  /** In the log here and not applied, oldest first. */
  get unapplied(): readonly Transaction[] {
    return this.#queue.unapplied;
  }

  step(input: LearnerInput): LearnerEffects {
    if (!this.#ended) this.#take(input);
    const { persist, tasks, send, events, ended } = this.#draft;
    this.#draft = emptyDraft();
    if (ended !== null) this.#ended = true;
    return { persist, tasks, send, steps: [...this.#queue.take(), ...events], ended };
  }

  #take(input: LearnerInput): void {
    switch (input.kind) {
      case 'start':
        return this.#start(input.nowMs);
      case 'message':
        this.#heardMs = input.nowMs;
        if (this.waiting) this.#held.push(input.message);
        else this.#message(input.message);
        return;
      case 'progress':
        this.#heardMs = input.nowMs;
        return;
      case 'durable':
        return this.#onDurable(input.zxid);
      case 'done':
        return this.#done(input.task);
      case 'forward':
        return this.#whenServing({ kind: 'request', request: input.request });
      case 'revalidate':
        return this.#whenServing({ kind: 'revalidate', sessionId: input.sessionId, timeoutMs: input.timeoutMs });
      case 'tick':
        return this.#tick(input.nowMs);
    }
  }

  #start(nowMs: number): void {
    const { sid, observer, acceptedEpoch, configVersion } = this.#options;
    this.#heardMs = nowMs;
    this.#draft.send.push({ kind: 'info', sid, observer, acceptedEpoch, configVersion });
  }

  #message(message: LeaderMessage): void {
    switch (message.kind) {
      case 'leaderInfo':
        return this.#offered(message.epoch);
      case 'diff':
        return this.#choose(() => this.#enter('syncing'));
      case 'trunc':
        return this.#choose(() => this.#replace({ kind: 'truncate', zxid: message.zxid }));
      case 'snap':
        return this.#choose(() => this.#replace({ kind: 'install', zxid: message.zxid }));
      case 'newLeader':
        return this.#newLeader(message.epoch, message.config);
      case 'upToDate':
        return this.#upToDate();
      case 'ping':
        return this.#ping(message.zxid);
      case 'revalidated':
        return this.#event({ kind: 'revalidated', sessionId: message.sessionId, valid: message.valid });
      default:
        return this.#streamed(message);
    }
  }

  #streamed(message: Streamed): void {
    if (!STREAMING.has(this.#phase)) return this.#end(`${message.kind} before the leader said where to begin`);
    if (this.#inTree(message)) return;
    switch (message.kind) {
      case 'proposal':
        if (!this.#log(message.txn)) return;
        this.#queue.propose(message.txn);
        if (message.txn.body.type === RECONFIG) this.#event({ kind: 'configProposed', txn: message.txn });
        return;
      case 'inform':
      case 'informAndActivate':
        if (!this.#log(message.txn)) return;
        this.#queue.inform(message.txn);
        if (message.kind === 'informAndActivate') this.#activate(message.txn, message.designatedLeader);
        return;
      case 'commit':
        this.#commit(message.zxid);
        return;
      case 'commitAndActivate': {
        const txn = this.#commit(message.zxid);
        if (txn !== null) this.#activate(txn, message.designatedLeader);
        return;
      }
      case 'sync':
        this.#queue.event({ kind: 'synced' });
    }
  }

  /**
   * Apache's leader begins to forward where it stood before it wrote its tree, which may have more: what comes of that
   * once more is committed (LearnerHandler.run, startForwarding before the zxid of SNAP is read).
   */
  #inTree(message: Streamed): boolean {
    if (message.kind === 'sync') return false;
    return ('txn' in message ? message.txn.header.zxid : message.zxid) <= this.#installed;
  }

  #offered(epoch: number): void {
    const { acceptedEpoch } = this.#options;
    if (this.#phase !== 'discovery') return this.#end('the leader offered an epoch twice');
    if (epoch < acceptedEpoch) return this.#end(`the leader offers epoch ${epoch}, and epoch ${acceptedEpoch} was promised`);
    this.#epoch = epoch;
    if (epoch === acceptedEpoch) return this.#promised(-1);
    this.#phase = 'promising';
    this.#draft.tasks.push({ kind: 'saveAcceptedEpoch', epoch });
  }

  /** @param currentEpoch -1: this epoch had been promised before, which must not count again */
  #promised(currentEpoch: number): void {
    const { wantsTree = false, lastZxid } = this.#options;
    // Only where it does not count: a leader must know what those have whose promises make it one.
    const says = wantsTree && currentEpoch === -1 ? NOBODYS_ZXID : lastZxid;
    this.#draft.send.push({ kind: 'ackEpoch', lastZxid: says, currentEpoch });
    this.#enter('choosing');
  }

  #choose(go: () => void): void {
    if (this.#phase === 'choosing') go();
    else this.#end('the leader said twice where to begin');
  }

  #replace(task: Task): void {
    this.#phase = 'replacing';
    this.#draft.tasks.push(task);
  }

  #done(task: Task): void {
    if (task.kind === 'saveAcceptedEpoch' && this.#phase === 'promising') this.#promised(this.#options.currentEpoch);
    else if ((task.kind === 'truncate' || task.kind === 'install') && this.#phase === 'replacing') {
      this.#lastLogged = task.zxid;
      this.#durable = task.zxid;
      if (task.kind === 'install') this.#installed = task.zxid;
      this.#queue.reset(task.zxid);
      this.#enter('syncing');
    } else if (task.kind === 'saveCurrentEpoch' && this.#phase === 'accepting') {
      this.#draft.send.push({ kind: 'ack', zxid: makeZxid(this.#epoch, 0) });
      this.#enter('acked');
      this.#acknowledge();
    }
  }

  /** Goes on, and takes up what had to wait. */
  #enter(phase: Phase): void {
    this.#phase = phase;
    while (this.#held.length > 0 && !this.waiting && this.#draft.ended === null) this.#message(this.#held.shift() as LeaderMessage);
  }

  #newLeader(epoch: number, config: string | null): void {
    if (this.#phase !== 'syncing' || epoch !== this.#epoch) return this.#end(`NEWLEADER of epoch ${epoch} is not awaited`);
    if (config !== null) this.#event({ kind: 'configSeen', config });
    this.#draft.tasks.push({ kind: 'saveCurrentEpoch', epoch });
    this.#phase = 'accepting';
  }

  #upToDate(): void {
    if (this.#phase !== 'acked') return this.#end('UPTODATE is not awaited');
    this.#draft.send.push({ kind: 'ack', zxid: makeZxid(this.#epoch, 0) });
    this.#phase = 'serving';
    this.#queue.event({ kind: 'serve', epoch: this.#epoch });
  }

  /** @returns false when it cannot follow what is in the log */
  #log(txn: Transaction): boolean {
    const { zxid } = txn.header;
    const last = this.#lastLogged;
    const next = zxid === last + 1n || (counterOf(zxid) === 1 && epochOf(zxid) > epochOf(last));
    if (!next) {
      this.#end(`the leader proposes ${formatId(zxid)} after ${formatId(last)}: something is missing between them`);
      return false;
    }
    this.#lastLogged = zxid;
    this.#draft.persist.push(txn);
    if (!this.#options.observer) this.#unacked.push(zxid);
    return true;
  }

  #commit(zxid: bigint): Transaction | null {
    const txn = this.#queue.commit(zxid);
    if (txn === null) this.#end(`the leader commits ${formatId(zxid)}, which is not the next one`);
    return txn;
  }

  #activate(txn: Transaction, designatedLeader: bigint): void {
    this.#queue.event({ kind: 'activate', txn, designatedLeader });
  }

  #onDurable(zxid: bigint): void {
    if (zxid > this.#durable) this.#durable = zxid;
    this.#queue.durable(zxid);
    this.#acknowledge();
  }

  /** What came before NEWLEADER is acknowledged by the answer to that, unless it is of the leader's own epoch. */
  #acknowledge(): void {
    if (this.#phase !== 'acked' && this.#phase !== 'serving') return;
    let count = 0;
    for (const zxid of this.#unacked) {
      if (zxid > this.#durable) break;
      if (epochOf(zxid) === this.#epoch) this.#draft.send.push({ kind: 'ack', zxid });
      count++;
    }
    this.#unacked.splice(0, count);
  }

  #whenServing(message: LearnerMessage): void {
    if (this.#phase === 'serving') this.#draft.send.push(message);
  }

  /** Not before NEWLEADER is answered: Apache's leader takes the first packet for that answer, and anything else for a fault. */
  #ping(zxid: bigint): void {
    if (this.#phase !== 'acked' && this.#phase !== 'serving') return;
    this.#draft.send.push({ kind: 'ping', zxid, sessions: this.#options.touched() });
  }

  #tick(nowMs: number): void {
    const { tickMs, initLimit, syncLimit } = this.#options;
    const begun = this.#phase === 'acked' || this.#phase === 'serving';
    const limit = begun ? syncLimit : initLimit;
    if (nowMs - this.#heardMs > limit * tickMs) this.#end(`nothing was heard of the leader for ${limit} ticks`);
    // Nothing is applied that is not on disk: its clients would read what was, and wait for their writes, for ever.
    if (this.#phase === 'serving' && this.#disk.behindMs(this.#durable, this.#lastLogged, nowMs) > syncLimit * tickMs) {
      this.#end(`this server’s disk did not take in for ${syncLimit} ticks what the leader has`);
    }
  }

  #event(event: LearnerEvent): void {
    this.#draft.events.push({ kind: 'event', event });
  }

  #end(reason: string): void {
    this.#draft.ended ??= reason;
  }
}
