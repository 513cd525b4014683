/**
 * One simulated server: a disk that outlives it, and one life of its process after the other. Its clock runs a little
 * too fast or too slow; it can be killed, lose its power, or stand still. In: faults. Out: the real Member at work.
 */

import { below, seededRandom, type Random } from '../../../../src/base/random.ts';
import type { Clock } from '../../../../src/base/clock.ts';
import { silentLogger, type Logger } from '../../../../src/base/logger.ts';
import type { ZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';
import { Member, type MemberEnvironment } from '../../../../src/ensemble/member/member.ts';
import type { Storehouse } from '../../../../src/ensemble/member/storehouse.ts';
import { parseMembershipText, type Membership } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { nodeDigests } from '../../../../src/platform/node-digests.ts';
import { nodeGzip } from '../../../../src/platform/node-gzip.ts';
import { SimDisk } from '../../sim-disk.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimNetwork } from '../sim-network.ts';
import { listenAt, quorumNetworkAt, type MemberPlace } from './member-network.ts';

export interface SimMemberParts {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly random: Random;
  readonly membership: Membership;
  readonly initLimit: number;
  readonly syncLimit: number;
  /** Told before anything happens in a life of this member. */
  readonly onEnter: (life: Life) => void;
  readonly onAppend: (member: SimMember, bytes: Uint8Array) => void;
  /** A client's connection was taken in a term of this epoch. */
  readonly onAccept: (wire: number, epoch: number) => void;
  /** It does not come up again, or failed, although its disk did not. */
  readonly onBroken: (what: string) => void;
  readonly note: (text: string) => void;
  readonly withLogs: boolean;
}

/** What one life of the process has. */
export interface Life {
  readonly of: SimMember;
  over: boolean;
  failed: boolean;
  member: Member | null;
  /** Found by the probes when it is opened. */
  house: Storehouse | null;
  environment: MemberEnvironment | null;
}

const WALL_MS = 1_700_000_000_000;
const SLOW_SYNC_MS = 400;

export class SimMember {
  readonly sid: bigint;
  readonly host: string;
  readonly observer: boolean;
  readonly disk: SimDisk;
  /** Times of standing still, as [from, to] of simulated time. */
  readonly stalls: [number, number][] = [];
  life: Life | null = null;
  /** Every operation of the disk takes its time until then. */
  slowUntilMs = 0;
  /** What its wall clock is ahead of others. */
  skewMs: number;
  starts = 0;
  readonly #parts: SimMemberParts;
  readonly #config: ZooCfg;
  readonly #rate: number;
  /** What zoo.cfg names as the configuration in force, once it was reconfigured. */
  #saved: Membership | null = null;
  #stalledUntilMs = 0;
  #backlog: (() => void)[] = [];

  constructor(sid: bigint, observer: boolean, config: ZooCfg, parts: SimMemberParts) {
    this.sid = sid;
    this.host = `n${sid}`;
    this.observer = observer;
    this.#config = config;
    this.#parts = parts;
    const { random } = parts;
    this.#rate = 0.95 + below(random, 100) / 1000;
    this.skewMs = below(random, 20_000);
    this.disk = new SimDisk(random);
    this.disk.onWaiting = () => this.#workDisk();
    this.disk.onAppend = (_name, bytes) => parts.onAppend(this, bytes);
  }

  get mode(): string {
    return this.life?.member?.state.mode ?? 'down';
  }

  start(): void {
    if (this.life !== null) return;
    const life: Life = { of: this, over: false, failed: false, member: null, house: null, environment: null };
    this.life = life;
    this.starts++;
    this.#parts.note(`${this.sid} starts`);
    const { membership, initLimit, syncLimit, onBroken, onEnter } = this.#parts;
    onEnter(life);
    life.environment = this.#environment(life);
    const options = {
      config: this.#config, configText: '', jaas: null, sid: this.sid, initLimit, syncLimit,
      membership: this.#saved ?? membership,
      configFiles: {
        saveNext: () => undefined,
        saveCurrent: (text: string) => {
          if (!life.over) this.#saved = parseMembershipText(text);
        },
      },
      onFailure: (error: unknown) => this.#failed(life, error),
    };
    Member.start(life.environment, options).then((member) => {
      if (!life.over) life.member = member;
    }, (error: unknown) => {
      if (life.over) return;
      if (/ENOSPC|EIO/.test(String(error))) this.#failed(life, error);
      else onBroken(`${this.sid} does not start: ${String(error)}`);
    });
  }

  /** @param power whether the disk loses what was not synced @param silently nobody is told that the host is gone */
  crash(power: boolean, silently: boolean): void {
    const { life } = this;
    if (life === null) return;
    life.over = true;
    this.life = null;
    this.#backlog = [];
    this.#stalledUntilMs = 0;
    this.#parts.network.crash(this.host, silently);
    if (power) this.disk.powerCut();
    else this.disk.killed();
  }

  /** The process gets no processor for a while; what happens meanwhile waits in line. */
  stall(ms: number): void {
    const { scheduler } = this.#parts;
    const { life } = this;
    if (life === null || this.#stalledUntilMs > scheduler.nowMs) return;
    this.#stalledUntilMs = scheduler.nowMs + ms;
    this.stalls.push([scheduler.nowMs, this.#stalledUntilMs]);
    scheduler.after(ms, () => this.#catchUp(life));
  }

  /** One after the other, so that each is followed by all that comes of it. */
  #catchUp(life: Life): void {
    if (life.over) return;
    const next = this.#backlog.shift();
    if (next === undefined) {
      this.#stalledUntilMs = 0;
      return;
    }
    this.#parts.onEnter(life);
    this.#parts.scheduler.after(0, () => this.#catchUp(life));
    next();
  }

  #enter(life: Life, fn: () => void): void {
    if (life.over) return;
    if (this.#stalledUntilMs > 0) {
      this.#backlog.push(fn);
      return;
    }
    this.#parts.onEnter(life);
    fn();
  }

  #failed(life: Life, error: unknown): void {
    if (life.over || life.failed) return;
    life.failed = true;
    this.#parts.note(`${this.sid} stops: ${String(error)}`);
    if (!/ENOSPC|EIO/.test(String(error))) this.#parts.onBroken(`${this.sid} fails: ${String(error)}`);
    // A process takes a moment to end, in which it must do no harm.
    this.#parts.scheduler.after(below(this.#parts.random, 100), () => {
      if (life.over) return;
      this.crash(false, false);
      this.#parts.scheduler.after(500, () => this.start());
    });
  }

  #workDisk(): void {
    const { scheduler, random } = this.#parts;
    const { life } = this;
    const slow = this.slowUntilMs > scheduler.nowMs;
    scheduler.after(below(random, slow ? SLOW_SYNC_MS : 4), () => {
      if (life !== null) this.#enter(life, () => this.disk.step());
    });
  }

  #environment(life: Life): MemberEnvironment {
    const { scheduler, network, random, onAccept } = this.#parts;
    // What the life before asked for while it ended is over, too.
    this.disk.killed();
    const storage = this.disk.open();
    const enter = (fn: () => void): void => this.#enter(life, fn);
    const place: MemberPlace = { host: this.host, scheduler, network, enter, alive: () => !life.over };
    return {
      clock: this.#clock(enter),
      random: seededRandom(random.uint32()),
      logger: this.#logger(), digests: nodeDigests, gzip: nodeGzip,
      snapshots: storage, logs: storage, snapshotDirectory: '/data/version-2', logDirectory: '/data/version-2',
      defer: (fn) => void scheduler.after(0, () => enter(fn)),
      host: { environment: () => [], openFiles: () => null, formatDate: String },
      listenHttp: () => Promise.reject(new Error('no HTTP here')),
      listen: (at, accept) => listenAt(place, at, (socket) => {
        onAccept(socket.remotePort, life.member?.state.epoch ?? 0);
        return accept(socket);
      }),
      quorum: quorumNetworkAt(place),
    };
  }

  #logger(): Logger {
    const { note, withLogs } = this.#parts;
    if (!withLogs) return silentLogger;
    return { log: (level, message, fields = {}) => note(`  ${this.sid} ${level}: ${message} ${Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`).join(' ')}`) };
  }

  #clock(enter: (fn: () => void) => void): Clock {
    const { scheduler, random } = this.#parts;
    const rate = this.#rate;
    const bootMs = below(random, 1_000_000) - scheduler.nowMs * rate;
    return {
      monotonicMs: () => bootMs + scheduler.nowMs * rate,
      wallMs: () => WALL_MS + this.skewMs + scheduler.nowMs * rate,
      // A timer never fires before its time.
      after: (delayMs, fn) => scheduler.after(delayMs / rate + 0.001, () => enter(fn)),
    };
  }
}
