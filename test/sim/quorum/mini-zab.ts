/**
 * The least that must happen after an election for the next one to mean anything: a leader gathers a quorum, agrees on
 * an epoch with it, brings it to its own state, and makes transactions that count once a quorum has them. A stand-in
 * for the learner protocol, without its packets: the state of a server is no more than its last transaction.
 */

import type { QuorumVerifier } from '../../../src/ensemble/replication/quorum/quorum-verifier.ts';
import { hostOf } from './election-node.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimNetwork, SimSocket } from './sim-network.ts';

/** What survives a crash. Transactions are numbers, epoch * 2^32 and a counter. */
export interface Disk {
  lastZxid: number;
  currentEpoch: number;
  acceptedEpoch: number;
}

type Word =
  | { readonly say: 'join'; readonly sid: string; readonly acceptedEpoch: number }
  | { readonly say: 'epoch'; readonly epoch: number }
  | { readonly say: 'ackEpoch'; readonly currentEpoch: number; readonly lastZxid: number }
  | { readonly say: 'sync'; readonly epoch: number; readonly lastZxid: number }
  | { readonly say: 'synced' }
  | { readonly say: 'serve'; readonly epoch: number }
  | { readonly say: 'propose'; readonly zxid: number }
  | { readonly say: 'ack'; readonly zxid: number }
  | { readonly say: 'ping' };

export interface MiniEvents {
  /** This part is over: look for a leader. */
  onEnded(): void;
  /** The epoch stands; from here on latecomers hear of it. */
  onServing(epoch: number): void;
  /** Leader: a quorum has it. */
  onCommitted(zxid: number): void;
}

const PORT = 2888;
const EPOCH = 2 ** 32;
const LIMIT_MS = 3_000;
const PING_MS = 300;
const RETRY_MS = 100;
const TRIES = 10;

const bytesOf = (word: Word): Uint8Array => new TextEncoder().encode(JSON.stringify(word));
const wordOf = (bytes: Uint8Array): Word => JSON.parse(new TextDecoder().decode(bytes)) as Word;

interface Learner {
  readonly socket: SimSocket;
  sid: bigint;
  step: 'joined' | 'agreed' | 'synced' | 'none';
  acked: number;
  heardMs: number;
}

/** A term as leader. Ends itself when it has no quorum. */
export class MiniLeader {
  readonly #learners = new Set<Learner>();
  readonly #sid: bigint;
  readonly #disk: Disk;
  readonly #quorum: QuorumVerifier;
  readonly #scheduler: Scheduler;
  readonly #events: MiniEvents;
  readonly #startedMs: number;
  #epoch = 0;
  #serving = false;
  #over = false;

  constructor(scheduler: Scheduler, network: SimNetwork, sid: bigint, disk: Disk, quorum: QuorumVerifier, events: MiniEvents) {
    this.#scheduler = scheduler;
    this.#sid = sid;
    this.#disk = disk;
    this.#quorum = quorum;
    this.#events = events;
    this.#startedMs = scheduler.nowMs;
    network.listen(hostOf(sid), PORT, (socket) => this.#accept(socket));
    scheduler.after(PING_MS, () => this.#watch());
  }

  get serving(): boolean {
    return this.#serving && !this.#over;
  }

  get epoch(): number {
    return this.#epoch;
  }

  stop(): void {
    this.#over = true;
    for (const { socket } of this.#learners) socket.close();
    this.#learners.clear();
  }

  /** Makes a transaction; it is committed when a quorum has it. */
  propose(): void {
    if (!this.serving) return;
    const first = this.#disk.lastZxid < this.#epoch * EPOCH;
    this.#disk.lastZxid = first ? this.#epoch * EPOCH + 1 : this.#disk.lastZxid + 1;
    this.#tell('synced', { say: 'propose', zxid: this.#disk.lastZxid });
  }

  #accept(socket: SimSocket): { onData(bytes: Uint8Array): void; onClose(): void } {
    const learner: Learner = { socket, sid: -1n, step: 'none', acked: 0, heardMs: this.#scheduler.nowMs };
    if (this.#over) {
      socket.close();
      return { onData: () => undefined, onClose: () => undefined };
    }
    this.#learners.add(learner);
    return {
      onData: (bytes) => {
        if (this.#over || !this.#learners.has(learner)) return;
        learner.heardMs = this.#scheduler.nowMs;
        this.#hear(learner, wordOf(bytes));
      },
      onClose: () => this.#learners.delete(learner),
    };
  }

  #hear(learner: Learner, word: Word): void {
    switch (word.say) {
      case 'join':
        learner.sid = BigInt(word.sid);
        learner.step = 'joined';
        if (this.#epoch === 0) this.#gather(word.acceptedEpoch);
        else learner.socket.write(bytesOf({ say: 'epoch', epoch: this.#epoch }));
        return;
      case 'ackEpoch':
        // A learner that has more than its leader has elected the wrong one.
        if (word.currentEpoch > this.#disk.currentEpoch && !this.#serving) return this.#end();
        if (word.currentEpoch === this.#disk.currentEpoch && word.lastZxid > this.#disk.lastZxid && !this.#serving) return this.#end();
        learner.step = 'agreed';
        if (this.#serving) this.#sync(learner);
        else if (this.#has('agreed')) for (const one of this.#learners) if (one.step === 'agreed') this.#sync(one);
        return;
      case 'synced':
        learner.step = 'synced';
        if (this.#serving) learner.socket.write(bytesOf({ say: 'serve', epoch: this.#epoch }));
        else if (this.#has('synced')) this.#serve();
        return;
      case 'ack':
        learner.acked = word.zxid;
        this.#commit(word.zxid);
        break;
      default:
    }
  }

  #highest = 0;

  #gather(acceptedEpoch: number): void {
    this.#highest = Math.max(this.#highest, acceptedEpoch, this.#disk.acceptedEpoch);
    if (!this.#has('joined')) return;
    this.#epoch = this.#highest + 1;
    this.#disk.acceptedEpoch = this.#epoch;
    this.#tell('joined', { say: 'epoch', epoch: this.#epoch });
  }

  #sync(learner: Learner): void {
    learner.socket.write(bytesOf({ say: 'sync', epoch: this.#epoch, lastZxid: this.#disk.lastZxid }));
  }

  #serve(): void {
    this.#serving = true;
    this.#disk.currentEpoch = this.#epoch;
    this.#events.onServing(this.#epoch);
    this.#tell('synced', { say: 'serve', epoch: this.#epoch });
  }

  #commit(zxid: number): void {
    const have = new Set([this.#sid, ...[...this.#learners].filter(({ acked }) => acked >= zxid).map(({ sid }) => sid)]);
    if (this.serving && this.#quorum.hasQuorum(have)) this.#events.onCommitted(zxid);
  }

  #has(step: Learner['step']): boolean {
    const order = ['none', 'joined', 'agreed', 'synced'];
    const there = [...this.#learners].filter((one) => order.indexOf(one.step) >= order.indexOf(step));
    return this.#quorum.hasQuorum(new Set([this.#sid, ...there.map(({ sid }) => sid)]));
  }

  #tell(step: Learner['step'], word: Word): void {
    for (const learner of this.#learners) if (learner.step === step) learner.socket.write(bytesOf(word));
  }

  #watch(): void {
    if (this.#over) return;
    const now = this.#scheduler.nowMs;
    const alive = [...this.#learners].filter(({ heardMs }) => now - heardMs < LIMIT_MS);
    const quorum = this.#quorum.hasQuorum(new Set([this.#sid, ...alive.map(({ sid }) => sid)]));
    if ((this.#serving && !quorum) || (!this.#serving && now - this.#startedMs > LIMIT_MS)) return this.#end();
    for (const { socket } of this.#learners) socket.write(bytesOf({ say: 'ping' }));
    this.#scheduler.after(PING_MS, () => this.#watch());
  }

  #end(): void {
    if (this.#over) return;
    this.stop();
    this.#events.onEnded();
  }
}

/** A term as follower or observer of a server that may or may not lead. */
export class MiniLearner {
  readonly #scheduler: Scheduler;
  readonly #network: SimNetwork;
  readonly #sid: bigint;
  readonly #leader: bigint;
  readonly #disk: Disk;
  readonly #events: MiniEvents;
  #socket: SimSocket | null = null;
  #heardMs: number;
  #tries = 0;
  #over = false;
  #serving = false;

  constructor(scheduler: Scheduler, network: SimNetwork, sid: bigint, leader: bigint, disk: Disk, events: MiniEvents) {
    this.#scheduler = scheduler;
    this.#network = network;
    this.#sid = sid;
    this.#leader = leader;
    this.#disk = disk;
    this.#events = events;
    this.#heardMs = scheduler.nowMs;
    this.#connect();
    scheduler.after(PING_MS, () => this.#watch());
  }

  get serving(): boolean {
    return this.#serving && !this.#over;
  }

  get leader(): bigint {
    return this.#leader;
  }

  stop(): void {
    this.#over = true;
    this.#socket?.close();
  }

  #connect(): void {
    if (this.#over) return;
    this.#network.connect(hostOf(this.#sid), { host: hostOf(this.#leader), port: PORT }, RETRY_MS, (socket) => {
      if (this.#over) socket.close();
      this.#socket = socket;
      socket.write(bytesOf({ say: 'join', sid: String(this.#sid), acceptedEpoch: this.#disk.acceptedEpoch }));
      return {
        onData: (bytes) => {
          this.#heardMs = this.#scheduler.nowMs;
          if (!this.#over) this.#hear(wordOf(bytes), socket);
        },
        onClose: () => this.#end(),
      };
    }, () => {
      if (++this.#tries > TRIES) this.#end();
      else this.#scheduler.after(RETRY_MS, () => this.#connect());
    });
  }

  #hear(word: Word, socket: SimSocket): void {
    const disk = this.#disk;
    switch (word.say) {
      case 'epoch':
        if (word.epoch < disk.acceptedEpoch) return this.#end();
        socket.write(bytesOf({
          say: 'ackEpoch', lastZxid: disk.lastZxid, currentEpoch: word.epoch === disk.acceptedEpoch ? -1 : disk.currentEpoch,
        }));
        disk.acceptedEpoch = word.epoch;
        return;
      case 'sync':
        disk.lastZxid = word.lastZxid;
        disk.currentEpoch = word.epoch;
        socket.write(bytesOf({ say: 'synced' }));
        return;
      case 'serve':
        this.#serving = true;
        this.#events.onServing(word.epoch);
        return;
      case 'propose':
        disk.lastZxid = word.zxid;
        socket.write(bytesOf({ say: 'ack', zxid: word.zxid }));
        return;
      case 'ping':
        socket.write(bytesOf({ say: 'ping' }));
        break;
      default:
    }
  }

  #watch(): void {
    if (this.#over) return;
    if (this.#scheduler.nowMs - this.#heardMs > LIMIT_MS) return this.#end();
    this.#scheduler.after(PING_MS, () => this.#watch());
  }

  #end(): void {
    if (this.#over) return;
    this.stop();
    this.#events.onEnded();
  }
}
