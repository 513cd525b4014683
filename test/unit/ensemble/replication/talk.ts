/**
 * Conversations of the machines of a leader and of a learner, as lines that can be read: what it hears, what it has the
 * disk do, what it says, what it applies. Zxids are epoch:counter. `<` is heard, `>` is said.
 */

import { CommittedLog } from '../../../../src/ensemble/replication/leader/committed-log.ts';
import type { LeaderEffects, LearnerEffects, Task } from '../../../../src/ensemble/replication/effects.ts';
import { Leader } from '../../../../src/ensemble/replication/leader/leader.ts';
import type { LeaderInput, LeaderOptions } from '../../../../src/ensemble/replication/leader/leader-input.ts';
import { Learner, type LearnerInput, type LearnerOptions } from '../../../../src/ensemble/replication/learner/learner.ts';
import type { LeaderMessage, LearnerMessage } from '../../../../src/ensemble/replication/messages.ts';
import { majority } from '../../../../src/ensemble/replication/quorum/quorum-verifier.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import { makeZxid } from '../../../../src/model/zxid.ts';
import { formatEvent, formatLeaderMessage, formatLearnerMessage, formatReason, formatTask, formatZxid, zxidOf } from './talk-words.ts';

const TICK_MS = 100;
const LIMITS = { tickMs: TICK_MS, initLimit: 10, syncLimit: 5 };

/** A transaction that changes nothing. @param place such as `1:3` */
export function txn(place: string): Transaction {
  const header = { sessionId: 7n, cxid: 1, zxid: zxidOf(place), timeMs: 0n, type: -1 };
  return { header, body: { type: -1, err: -101 }, digest: null };
}

/** Transactions in order. */
export const txns = (...places: string[]): Transaction[] => places.map(txn);

class Transcript {
  readonly #lines: string[] = [];
  protected readonly tasks: Task[] = [];
  nowMs = 0;

  /** What was noted since the last time. */
  take(): string[] {
    return this.#lines.splice(0);
  }

  protected note(line: string): void {
    this.#lines.push(line);
  }
}

export interface LeaderHas {
  /** Its log, and what it has in memory of it. */
  readonly committed?: readonly Transaction[];
  readonly lastZxid?: string;
  readonly acceptedEpoch?: number;
  readonly currentEpoch?: number;
  readonly configVersion?: bigint;
  /** Who is to lead when a reconfiguration is in force; absent: there are none. */
  readonly designated?: bigint;
  /** So many learners of each kind are brought up to date before observers are turned away. */
  readonly syncsMax?: { readonly snap: number; readonly diff: number };
}

/** Server 1 of three voters, 1 to 3; server 4 observes. A link has the number of its server. */
export class LeaderTalk extends Transcript {
  readonly machine: Leader;

  constructor({ committed = [], lastZxid, acceptedEpoch = 0, currentEpoch = 0, configVersion = 0n, designated, syncsMax = { snap: 10, diff: 100 } }: LeaderHas = {}) {
    super();
    const rule = majority(new Set([1n, 2n, 3n]));
    const options: LeaderOptions = {
      ...LIMITS, sid: 1n, rule, configVersion, acceptedEpoch, currentEpoch,
      configText: () => 'servers',
      lastZxid: lastZxid === undefined ? (committed.at(-1)?.header.zxid ?? 0n) : zxidOf(lastZxid),
      committedLog: new CommittedLog(500, committed),
      diskSyncAllowed: true,
      forceSnapshot: false, syncsMax,
      ...(designated === undefined ? {} : { reconfiguration: { version: () => configVersion, rules: () => [rule], designate: () => designated } }),
    };
    this.machine = new Leader(options);
    this.#step({ kind: 'start', nowMs: 0 });
  }

  hear(sid: number, message: LearnerMessage): this {
    this.note(`< ${sid} ${formatLearnerMessage(message)}`);
    this.#step({ kind: 'message', link: sid, message, nowMs: this.nowMs });
    return this;
  }

  /** Learners come, and promise the epoch as soon as they are offered it. */
  info(sid: number, acceptedEpoch = 0, observer = false): this {
    return this.hear(sid, { kind: 'info', sid: BigInt(sid), observer, acceptedEpoch, configVersion: 0n });
  }

  ackEpoch(sid: number, currentEpoch: number, lastZxid: string): this {
    return this.hear(sid, { kind: 'ackEpoch', currentEpoch, lastZxid: zxidOf(lastZxid) });
  }

  ack(sid: number, zxid: string): this {
    return this.hear(sid, { kind: 'ack', zxid: zxidOf(zxid) });
  }

  /** The disk has done what it was asked for last. @param found what it has read */
  done(found: readonly Transaction[] = []): this {
    const task = this.tasks.shift();
    if (task === undefined) throw new Error('the disk has nothing to do');
    this.note(`disk: done`);
    this.#step({ kind: 'done', task, txns: found });
    return this;
  }

  durable(zxid: string): this {
    this.note(`disk: has ${zxid}`);
    this.#step({ kind: 'durable', zxid: zxidOf(zxid) });
    return this;
  }

  reconfigure(place: string): this {
    const { header } = txn(place);
    this.#step({ kind: 'propose', txn: { header: { ...header, type: 16 }, body: { type: 16, path: '/zookeeper/config', data: null, version: -1 }, digest: null } });
    return this;
  }

  propose(place: string): this {
    this.note(`ask: ${place}`);
    this.#step({ kind: 'propose', txn: txn(place) });
    return this;
  }

  sync(): this {
    this.note('ask: sync');
    this.#step({ kind: 'sync', link: null, nowMs: this.nowMs });
    return this;
  }

  gone(sid: number): this {
    this.note(`< ${sid} is gone`);
    this.#step({ kind: 'linkClosed', link: sid });
    return this;
  }

  /** So many half ticks pass. */
  ticks(count: number): this {
    for (let i = 0; i < count; i++) {
      this.nowMs += TICK_MS / 2;
      this.#step({ kind: 'tick', nowMs: this.nowMs });
    }
    return this;
  }

  pong(sid: number): this {
    return this.hear(sid, { kind: 'ping', zxid: 0n, sessions: [] });
  }

  /** It does nothing for so many ticks, and then finds what has come meanwhile before it finds that time has passed. */
  paused(ticks: number): this {
    this.note(`${ticks} ticks pass unnoticed`);
    this.nowMs += ticks * TICK_MS;
    return this;
  }

  #step(input: LeaderInput): void {
    this.#effects(this.machine.step(input));
  }

  #effects({ persist, tasks, send, steps, close, ended }: LeaderEffects): void {
    for (const one of persist) this.note(`disk: log ${formatZxid(one.header.zxid)}`);
    for (const task of tasks) {
      this.tasks.push(task);
      this.note(`disk: ${formatTask(task)}`);
    }
    for (const { link, message } of send) this.note(`> ${link} ${formatLeaderMessage(message)}`);
    for (const step of steps) this.note(step.kind === 'apply' ? `apply ${formatZxid(step.txn.header.zxid)}` : formatEvent(step.event));
    for (const link of close) this.note(`> ${link} is let go`);
    if (ended !== null) this.note(formatReason(ended));
  }
}

/** Server 2, following or observing. */
export class LearnerTalk extends Transcript {
  readonly machine: Learner;

  constructor(has: { readonly lastZxid?: string; readonly acceptedEpoch?: number; readonly currentEpoch?: number; readonly observer?: boolean; readonly wantsTree?: boolean } = {}) {
    super();
    const { lastZxid = '0:0', acceptedEpoch = 0, currentEpoch = 0, observer = false, wantsTree = false } = has;
    const options: LearnerOptions = {
      ...LIMITS, sid: 2n, observer, wantsTree, configVersion: 0n, acceptedEpoch, currentEpoch, lastZxid: zxidOf(lastZxid),
      touched: () => [{ id: 7n, timeoutMs: 4000 }],
    };
    this.machine = new Learner(options);
    this.#step({ kind: 'start', nowMs: 0 });
  }

  hear(...messages: readonly LeaderMessage[]): this {
    for (const message of messages) {
      this.note(`< ${formatLeaderMessage(message)}`);
      this.#step({ kind: 'message', message, nowMs: this.nowMs });
    }
    return this;
  }

  /** Heard, each with its commit. */
  history(...places: readonly string[]): this {
    for (const place of places) this.hear({ kind: 'proposal', txn: txn(place) }, { kind: 'commit', zxid: zxidOf(place) });
    return this;
  }

  done(): this {
    const task = this.tasks.shift();
    if (task === undefined) throw new Error('the disk has nothing to do');
    this.note('disk: done');
    this.#step({ kind: 'done', task });
    return this;
  }

  durable(zxid: string): this {
    this.note(`disk: has ${zxid}`);
    this.#step({ kind: 'durable', zxid: zxidOf(zxid) });
    return this;
  }

  ticks(count: number): this {
    for (let i = 0; i < count; i++) {
      this.nowMs += TICK_MS / 2;
      this.#step({ kind: 'tick', nowMs: this.nowMs });
    }
    return this;
  }

  #step(input: LearnerInput): void {
    this.#effects(this.machine.step(input));
  }

  #effects({ persist, tasks, send, steps, ended }: LearnerEffects): void {
    for (const one of persist) this.note(`disk: log ${formatZxid(one.header.zxid)}`);
    for (const task of tasks) {
      this.tasks.push(task);
      this.note(`disk: ${formatTask(task)}`);
    }
    for (const message of send) this.note(`> ${formatLearnerMessage(message)}`);
    for (const step of steps) this.note(step.kind === 'apply' ? `apply ${formatZxid(step.txn.header.zxid)}` : formatEvent(step.event));
    if (ended !== null) this.note(formatReason(ended));
  }
}

/** What a learner hears at the beginning of an epoch. */
export const say = {
  leaderInfo: (epoch: number): LeaderMessage => ({ kind: 'leaderInfo', epoch }),
  diff: (place: string): LeaderMessage => ({ kind: 'diff', zxid: zxidOf(place) }),
  trunc: (place: string): LeaderMessage => ({ kind: 'trunc', zxid: zxidOf(place) }),
  snap: (place: string): LeaderMessage => ({ kind: 'snap', zxid: zxidOf(place) }),
  proposal: (place: string): LeaderMessage => ({ kind: 'proposal', txn: txn(place) }),
  commit: (place: string): LeaderMessage => ({ kind: 'commit', zxid: zxidOf(place) }),
  inform: (place: string): LeaderMessage => ({ kind: 'inform', txn: txn(place) }),
  newLeader: (epoch: number): LeaderMessage => ({ kind: 'newLeader', epoch, config: null }),
  upToDate: (): LeaderMessage => ({ kind: 'upToDate' }),
  sync: (): LeaderMessage => ({ kind: 'sync' }),
  ping: (place: string): LeaderMessage => ({ kind: 'ping', zxid: zxidOf(place) }),
};

/** The beginning of an epoch, as its acknowledgement names it. */
export const beginning = (epoch: number): string => formatZxid(makeZxid(epoch, 0));
