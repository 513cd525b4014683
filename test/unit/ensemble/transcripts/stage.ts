/**
 * Servers of one ensemble on a stage: the pure machines of a leader and its learners, wired to each other and to disks
 * that do as they are told. Everything that happens is written down: a line for each cause (a packet that arrives, a
 * disk that is done, a client, time), and below it, indented, what the server does about it.
 */

import { CommittedLog } from '../../../../src/ensemble/replication/leader/committed-log.ts';
import type { LeaderEffects, LeaderEvent, LearnerEffects, LearnerEvent, Task } from '../../../../src/ensemble/replication/effects.ts';
import { Leader } from '../../../../src/ensemble/replication/leader/leader.ts';
import type { LeaderInput, Reconfiguration } from '../../../../src/ensemble/replication/leader/leader-input.ts';
import { Learner, type LearnerInput } from '../../../../src/ensemble/replication/learner/learner.ts';
import type { LeaderMessage, LearnerMessage, TouchedSession } from '../../../../src/ensemble/replication/messages.ts';
import { majority } from '../../../../src/ensemble/replication/quorum/quorum-verifier.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import { epochOf, makeZxid } from '../../../../src/model/zxid.ts';
import { lastOf, readFrom, request, transaction, type Disk, type Given } from './disk.ts';
import { eventWords, hex, leaderWords, learnerWords, taskWords } from './words.ts';

export const TICK_MS = 2000;
const LIMITS = { tickMs: TICK_MS, initLimit: 10, syncLimit: 5 };
const WRITE = 1;
const SYNC = 9;

type Packet = { readonly from: number; readonly to: number } & ({ readonly up: LearnerMessage } | { readonly down: LeaderMessage });

export class Stage {
  readonly #lines: string[] = [];
  readonly #disks = new Map<number, Disk>();
  readonly #learners = new Map<number, { readonly machine: Learner; readonly observer: boolean }>();
  readonly #tasks: { readonly sid: number; readonly task: Task }[] = [];
  /** Appended and not yet on disk, by server. */
  readonly #unsynced = new Map<number, bigint>();
  /** Disks that are slow. */
  readonly #slow = new Set<number>();
  readonly #cannotCut = new Set<number>();
  readonly #touched = new Map<number, TouchedSession[]>();
  /** Whose client asked for a transaction. */
  readonly #askers = new Map<bigint, number>();
  #packets: Packet[] = [];
  #voters = [1, 2, 3];
  #next: readonly number[] | null = null;
  #leader: { readonly sid: number; readonly machine: Leader } | null = null;
  #nowMs = 0;

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  /** A sentence for the reader. */
  say(text: string): this {
    if (this.#lines.length > 0) this.#lines.push('');
    this.#lines.push(`# ${text}`);
    return this;
  }

  given(sid: number, { log = [], base = 0n, accepted, current }: Given): this {
    const epoch = epochOf(log.at(-1) ?? base);
    this.#disks.set(sid, { log: log.map((zxid) => transaction(zxid)), base, accepted: accepted ?? epoch, current: current ?? epoch });
    return this;
  }

  /** The election has chosen it. */
  leads(sid: number): this {
    const disk = this.#disk(sid);
    const machine = new Leader({
      ...LIMITS, sid: BigInt(sid), rule: majority(new Set(this.#voters.map(BigInt))),
      reconfiguration: this.#reconfiguration(sid),
      configVersion: 0n,
      configText: () => this.#configText(),
      acceptedEpoch: disk.accepted, currentEpoch: disk.current, lastZxid: lastOf(disk),
      committedLog: new CommittedLog(500, disk.log),
      diskSyncAllowed: true, forceSnapshot: false, syncsMax: { snap: 10, diff: 100 },
    });
    this.#leader = { sid, machine };
    this.#lead({ kind: 'start', nowMs: this.#nowMs });
    return this;
  }

  /** It has found the leader and connects to it. */
  joins(sid: number, { observer = false, wantsTree = false } = {}): this {
    const disk = this.#disk(sid);
    const machine = new Learner({
      ...LIMITS, sid: BigInt(sid), observer, wantsTree, configVersion: 0n, acceptedEpoch: disk.accepted, currentEpoch: disk.current, lastZxid: lastOf(disk),
      touched: () => this.#touched.get(sid)?.splice(0) ?? [],
    });
    this.#learners.set(sid, { machine, observer });
    this.#lines.push(`${this.#name(sid)} connects to ${this.#name(this.#leader?.sid ?? 0)}`);
    this.#learn(sid, { kind: 'start', nowMs: this.#nowMs });
    return this;
  }

  /** Its disk takes its time from now on, until `disk` is called. */
  slow(sid: number): this {
    this.#slow.add(sid);
    this.#lines.push(`the disk of ${this.#name(sid)} is slow from here on`);
    return this;
  }

  disk(sid: number): this {
    if (this.#slow.delete(sid)) this.#lines.push(`the disk of ${this.#name(sid)} is slow no more`);
    return this;
  }

  /** Packets arrive and disks get done, until there is nothing left to do. */
  settle(): this {
    for (let steps = 0; steps < 1000; steps++) if (!this.#deliver() && !this.#work()) return this;
    throw new Error('it goes on for ever');
  }

  /** A client writes, or changes the configuration, at this server. */
  write(sid: number, config: string | null = null): this {
    this.#lines.push(`a client of ${this.#name(sid)} ${config === null ? 'writes' : `asks for the configuration "${config}"`}`);
    if (sid === this.#leader?.sid) this.#propose(sid, config);
    else this.#learn(sid, { kind: 'forward', request: request(WRITE) });
    return this;
  }

  sync(sid: number): this {
    this.#lines.push(`a client of ${this.#name(sid)} asks for a sync`);
    if (sid === this.#leader?.sid) this.#lead({ kind: 'sync', link: null, nowMs: this.#nowMs });
    else this.#learn(sid, { kind: 'forward', request: request(SYNC) });
    return this;
  }

  /** A client moves here from another server. */
  revalidate(sid: number, sessionId: bigint): this {
    this.#lines.push(`session ${sessionId} comes to ${this.#name(sid)}`);
    this.#learn(sid, { kind: 'revalidate', sessionId, timeoutMs: 4000 });
    return this;
  }

  hears(sid: number, sessionId: bigint): this {
    this.#touched.set(sid, [...(this.#touched.get(sid) ?? []), { id: sessionId, timeoutMs: 4000 }]);
    return this;
  }

  /** Another configuration is proposed. */
  changes(voters: readonly number[]): this {
    this.#next = voters;
    return this;
  }

  /** All its snapshots are newer than what it may be told to cut off. */
  cannotCut(sid: number): this {
    this.#cannotCut.add(sid);
    return this;
  }

  /** The leader's log has a last proposal that no packet left with. */
  crashesWithIt(sid: number): this {
    this.write(sid);
    this.#packets = [];
    this.#synced(sid);
    this.#packets = [];
    return this.crashes(sid);
  }

  /** A write that would get the last counter of the epoch. */
  runsOut(sid: number): this {
    const zxid = makeZxid(this.#leader?.machine.epoch ?? 0, 0xffff_ffff);
    this.#lines.push(`a client of ${this.#name(sid)} writes, and the next zxid is ${hex(zxid)}`);
    this.#lead({ kind: 'propose', txn: transaction(zxid) });
    return this;
  }

  /** Half ticks pass at everybody, or at one server only. */
  ticks(count: number, only: number | null = null): this {
    for (let i = 0; i < count; i++) {
      this.#nowMs += TICK_MS / 2;
      if (this.#leader !== null && (only === null || only === this.#leader.sid)) this.#lead({ kind: 'tick', nowMs: this.#nowMs });
      for (const sid of [...this.#learners.keys()]) if (only === null || only === sid) this.#learn(sid, { kind: 'tick', nowMs: this.#nowMs });
    }
    return this;
  }

  /** Time passes, and this server does nothing meanwhile. */
  paused(ticks: number): this {
    this.#nowMs += ticks * TICK_MS;
    return this;
  }

  /** Its process ends; what is not on its disk is lost. */
  crashes(sid: number): this {
    this.#lines.push(`${this.#name(sid)} crashes`);
    const lost = this.#unsynced.get(sid);
    const disk = this.#disk(sid);
    for (const [zxid, asker] of this.#askers) if (asker === sid) this.#askers.delete(zxid);
    this.#slow.delete(sid);
    if (lost !== undefined) disk.log = disk.log.filter(({ header }) => header.zxid < lost);
    this.#forget(sid);
    if (sid !== this.#leader?.sid) {
      this.#learners.delete(sid);
      if (this.#leader !== null) this.#lead({ kind: 'linkClosed', link: sid });
      return this;
    }
    this.#alone();
    return this;
  }

  /** Nobody leads. */
  #alone(): void {
    for (const sid of this.#learners.keys()) this.#lines.push(`  ${this.#name(sid)} loses its leader`);
    this.#leader = null;
    this.#learners.clear();
    this.#packets = [];
  }

  #forget(sid: number): void {
    this.#unsynced.delete(sid);
    this.#packets = this.#packets.filter(({ from, to }) => from !== sid && to !== sid);
    for (const [at, one] of [...this.#tasks.entries()].reverse()) if (one.sid === sid) this.#tasks.splice(at, 1);
  }

  #deliver(): boolean {
    const packet = this.#packets.shift();
    if (packet === undefined) return false;
    const { from, to } = packet;
    this.#lines.push(`${this.#name(from)} -> ${this.#name(to)}: ${'up' in packet ? learnerWords(packet.up) : leaderWords(packet.down)}`);
    if ('up' in packet) this.#lead({ kind: 'message', link: from, message: packet.up, nowMs: this.#nowMs });
    else this.#learn(to, { kind: 'message', message: packet.down, nowMs: this.#nowMs });
    return true;
  }

  #work(): boolean {
    for (const sid of this.#disks.keys()) {
      const durable = this.#unsynced.get(sid);
      if (durable === undefined || this.#slow.has(sid)) continue;
      this.#synced(sid);
      return true;
    }
    const at = this.#tasks.findIndex(({ sid }) => !this.#slow.has(sid));
    const [one] = at === -1 ? [] : this.#tasks.splice(at, 1);
    if (one === undefined) return false;
    this.#done(one.sid, one.task);
    return true;
  }

  #synced(sid: number): void {
    const zxid = this.#disk(sid).log.at(-1)?.header.zxid ?? 0n;
    this.#unsynced.delete(sid);
    this.#lines.push(`the disk of ${this.#name(sid)} has everything up to ${hex(zxid)}`);
    this.#step(sid, { kind: 'durable', zxid });
  }

  /** Nothing is changed; the tree is asked for on a new connection. */
  #comesAgain(sid: number): void {
    this.#lines.push(`${this.#name(sid)} has no snapshot that is old enough, changes nothing, and ends the connection`);
    this.#learners.delete(sid);
    this.#packets = this.#packets.filter(({ from, to }) => from !== sid && to !== sid);
    this.#lead({ kind: 'linkClosed', link: sid });
    this.joins(sid, { wantsTree: true });
  }

  #done(sid: number, task: Task): void {
    if (task.kind === 'truncate' && this.#cannotCut.has(sid)) return this.#comesAgain(sid);
    const disk = this.#disk(sid);
    const found: Transaction[] = [];
    let done: string;
    switch (task.kind) {
      case 'saveAcceptedEpoch':
        disk.accepted = task.epoch;
        done = `has acceptedEpoch ${task.epoch}`;
        break;
      case 'saveCurrentEpoch':
        disk.current = task.epoch;
        done = `has currentEpoch ${task.epoch}`;
        break;
      case 'readLog':
        found.push(...readFrom(disk, task.from));
        done = found.length === 0 ? 'has no log that reaches back so far' : `gives the log from ${hex(found[0]?.header.zxid ?? 0n)} on`;
        break;
      case 'truncate':
        disk.log = disk.log.filter(({ header }) => header.zxid <= task.zxid);
        done = `has nothing after ${hex(task.zxid)} any more`;
        break;
      case 'install':
        Object.assign(disk, { log: [], base: task.zxid });
        done = `has the leader's tree of ${hex(task.zxid)}, and nothing else`;
    }
    this.#lines.push(`the disk of ${this.#name(sid)} ${done}`);
    if (sid === this.#leader?.sid) this.#lead({ kind: 'done', task, txns: found });
    else this.#learn(sid, { kind: 'done', task });
  }

  #step(sid: number, input: { readonly kind: 'durable'; readonly zxid: bigint }): void {
    if (sid === this.#leader?.sid) this.#lead(input);
    else this.#learn(sid, input);
  }

  #lead(input: LeaderInput): void {
    const leader = this.#leader;
    if (leader === null) return;
    const { sid } = leader;
    const { persist, tasks, send, steps, close, ended }: LeaderEffects = leader.machine.step(input);
    this.#store(sid, persist, tasks);
    for (const { link, message } of send) this.#packets.push({ from: sid, to: link, down: message });
    for (const step of steps) {
      if (step.kind === 'apply') this.#apply(sid, step.txn);
      else this.#leaderEvent(sid, step.event);
    }
    for (const link of close) {
      this.#lines.push(`  ${this.#name(sid)} closes the connection to ${this.#name(link)}`);
      this.#learners.delete(link);
      this.#packets = this.#packets.filter(({ from, to }) => from !== link && to !== link);
    }
    if (ended === null) return;
    this.#lines.push(`  ${this.#name(sid)} leads no more: ${ended}`);
    this.#alone();
  }

  #leaderEvent(sid: number, event: LeaderEvent): void {
    const words = eventWords(event);
    if (words !== null) this.#lines.push(`  ${this.#name(sid)} ${words}`);
    if (event.kind === 'forwarded') this.#propose(event.link, null);
    else if (event.kind === 'revalidate') this.#lead({ kind: 'revalidated', link: event.link, sessionId: event.sessionId, valid: event.sessionId === 7n });
    else if (event.kind === 'activate' && this.#next !== null) {
      this.#voters = [...this.#next];
      this.#next = null;
    }
  }

  #learn(sid: number, input: LearnerInput): void {
    const learner = this.#learners.get(sid);
    if (learner === undefined) return;
    const { persist, tasks, send, steps, ended }: LearnerEffects = learner.machine.step(input);
    this.#store(sid, persist, tasks);
    for (const message of send) this.#packets.push({ from: sid, to: this.#leader?.sid ?? 0, up: message });
    for (const step of steps) {
      if (step.kind === 'apply') this.#apply(sid, step.txn);
      else this.#learnerEvent(sid, step.event);
    }
    if (ended === null) return;
    this.#lines.push(`  ${this.#name(sid)} follows no more: ${ended}`);
    this.#learners.delete(sid);
  }

  #learnerEvent(sid: number, event: LearnerEvent): void {
    this.#lines.push(`  ${this.#name(sid)} ${eventWords(event)}`);
  }

  #store(sid: number, persist: readonly Transaction[], tasks: readonly Task[]): void {
    for (const txn of persist) {
      this.#disk(sid).log.push(txn);
      if (!this.#unsynced.has(sid)) this.#unsynced.set(sid, txn.header.zxid);
      this.#lines.push(`  ${this.#name(sid)} appends ${hex(txn.header.zxid)} to its log`);
    }
    for (const task of tasks) {
      this.#tasks.push({ sid, task });
      this.#lines.push(`  ${this.#name(sid)} ${taskWords(task)}`);
    }
  }

  #apply(sid: number, { header: { zxid } }: Transaction): void {
    const answers = this.#askers.get(zxid) === sid ? ', and answers its client' : '';
    this.#lines.push(`  ${this.#name(sid)} applies ${hex(zxid)}${answers}`);
  }

  #propose(asker: number, config: string | null): void {
    const leader = this.#leader;
    if (leader === null) throw new Error('nobody leads');
    const last = lastOf(this.#disk(leader.sid));
    const { epoch } = leader.machine;
    const zxid = epoch !== null && epochOf(last) < epoch ? makeZxid(epoch, 1) : last + 1n;
    this.#askers.set(zxid, asker);
    this.#lead({ kind: 'propose', txn: transaction(zxid, config) });
  }

  #reconfiguration(sid: number): Reconfiguration {
    return {
      version: () => 0n,
      rules: () => [this.#voters, ...(this.#next === null ? [] : [this.#next])].map((voters) => majority(new Set(voters.map(BigInt)))),
      designate: (_txn, acked) => {
        const next = this.#next ?? this.#voters;
        if (next.includes(sid)) return BigInt(sid);
        return next.map(BigInt).reduce((best, one) => ((acked.get(one) ?? 0n) > (acked.get(best) ?? 0n) ? one : best));
      },
    };
  }

  #configText(): string {
    return `voters ${this.#voters.join(', ')}`;
  }

  #disk(sid: number): Disk {
    const disk = this.#disks.get(sid) ?? { log: [], base: 0n, accepted: 0, current: 0 };
    this.#disks.set(sid, disk);
    return disk;
  }

  #name(sid: number): string {
    if (sid === this.#leader?.sid) return `leader ${sid}`;
    const learner = this.#learners.get(sid);
    if (learner === undefined) return `server ${sid}`;
    return learner.observer ? `observer ${sid}` : `follower ${sid}`;
  }
}
