/**
 * One run: a server, its disk, its clock and its clients, all moved by one random source, one small step after another.
 * Between any two steps the process may be killed or the power may go. The same seed gives the same run.
 */

import { below, seededRandom, type Random } from '../../src/base/random.ts';
import type { Clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { parseZooCfg } from '../../src/ensemble/config/zoo-cfg.ts';
import { Server } from '../../src/ensemble/server.ts';
import { nodeDigests } from '../../src/platform/node-digests.ts';
import { nodeGzip } from '../../src/platform/node-gzip.ts';
import { BrokenPromise, Oracle } from './oracle.ts';
import { SimClient, type Accept } from './sim-client.ts';
import { SimDisk, type DiskFaults } from './sim-disk.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly steps: number;
  readonly faults?: DiskFaults;
  /** zoo.cfg keys. */
  readonly config?: Readonly<Record<string, string>>;
}

export interface RunReport {
  readonly steps: number;
  readonly crashes: number;
  readonly answers: number;
  readonly transactions: number;
  readonly disk: SimDisk;
}

const CLIENTS = 3;
const TICK_MS = 500;
/** After the run: no more faults, and so many steps in which everything must come to rest. */
const HEALING_STEPS = 4000;

/** Time that the steps move. */
class SimClock implements Clock {
  nowMs = 0;
  timers: { readonly atMs: number; readonly fn: () => void }[] = [];

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.nowMs;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, fn };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const next = this.timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.fn();
    }
    this.nowMs = untilMs;
  }
}

/** What belongs to one life of the server process. */
interface Life {
  accept: Accept | null;
  deferred: (() => void)[];
  /** Why it ended by itself. */
  failure: unknown;
  over: boolean;
}

class World {
  readonly #random: Random;
  readonly #options: WorldOptions;
  readonly #clock = new SimClock();
  readonly #oracle = new Oracle();
  readonly #clients: SimClient[];
  readonly #config;
  readonly disk: SimDisk;
  #life: Life | null = null;
  #crashes = 0;
  #steps = 0;
  #healing = false;
  #broken: unknown = null;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.disk = new SimDisk(this.#random, options.faults);
    this.disk.onAppend = (_name, bytes) => this.#oracle.appended(bytes);
    this.#clients = Array.from({ length: CLIENTS }, () => new SimClient(this.#random, this.#oracle, () => this.#clock.nowMs));
    const keys = {
      tickTime: String(TICK_MS), dataDir: '/data', clientPort: '2181',
      preAllocSize: String([0, 0, 4, 16][below(this.#random, 4)]),
      snapCount: String([5, 20, 60, 1000][below(this.#random, 4)]),
      'snapshot.compression.method': below(this.#random, 3) === 0 ? 'snappy' : '',
      ...options.config,
    };
    this.#config = parseZooCfg(Object.entries(keys).map(([key, value]) => `${key}=${value}`).join('\n'));
  }

  async run(): Promise<RunReport> {
    for (; this.#steps < this.#options.steps; this.#steps++) await this.#turn();
    this.#healing = true;
    this.disk.full = false;
    this.disk.badSyncs = 0;
    const answersBefore = this.#answers;
    for (let i = 0; i < HEALING_STEPS && this.#answers < answersBefore + 20; i++) await this.#turn();
    if (this.#answers < answersBefore + 20) throw new BrokenPromise('the server does not come to life again');
    this.#crash(true);
    for (let i = 0; i < HEALING_STEPS && this.#life?.accept == null; i++) await this.#turn();
    return { steps: this.#steps, crashes: this.#crashes, answers: this.#answers, transactions: this.#oracle.length, disk: this.disk };
  }

  get #answers(): number {
    return this.#clients.reduce((sum, { answered }) => sum + answered, 0);
  }

  async #turn(): Promise<void> {
    this.#step();
    // Everything that follows from it without the disk, the clock or a client.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#broken !== null) throw this.#broken as Error;
  }

  #step(): void {
    if (this.#life === null || this.#life.failure !== null) {
      this.#crash(false);
      this.#begin();
      return;
    }
    const life = this.#life;
    const dice = below(this.#random, 1000);
    if (dice < 400 && this.disk.waiting > 0) this.disk.step();
    else if (dice < 600 && life.deferred.length > 0) life.deferred.shift()?.();
    else if (dice < 960) this.#client(life);
    else if (dice < 990) this.#clock.advance(below(this.#random, 40) === 0 ? below(this.#random, 20 * TICK_MS) : below(this.#random, TICK_MS));
    else if (!this.#healing) this.#disturb();
  }

  #client({ accept }: Life): void {
    const client = this.#clients[below(this.#random, CLIENTS)] as SimClient;
    if (accept === null) return;
    if (!client.connected) client.connect(accept);
    else if (!this.#healing && below(this.#random, 200) === 0) client.disconnect();
    else client.act();
  }

  #disturb(): void {
    switch (below(this.#random, 6)) {
      case 0:
      case 1:
        this.#crash(true);
        break;
      case 2:
        this.#crash(false);
        break;
      case 3:
        this.disk.badSyncs = 1 + below(this.#random, 2);
        break;
      default:
        this.disk.full = !this.disk.full && below(this.#random, 3) === 0;
    }
  }

  #crash(power: boolean): void {
    if (this.#life !== null) this.#life.over = true;
    this.#life = null;
    this.#clock.timers = [];
    if (power) this.disk.powerCut();
    else this.disk.killed();
    for (const client of this.#clients) client.lost();
    this.#crashes++;
  }

  #begin(): void {
    const life: Life = { accept: null, deferred: [], failure: null, over: false };
    this.#life = life;
    const storage = this.disk.open();
    let accept: Accept | null = null;
    const environment = {
      clock: this.#clock, random: this.#random, logger: silentLogger, digests: nodeDigests, gzip: nodeGzip,
      snapshots: storage, logs: storage, snapshotDirectory: '/data/version-2', logDirectory: '/data/version-2',
      defer: (fn: () => void) => void life.deferred.push(fn),
      host: { environment: () => [], openFiles: () => null, formatDate: String },
      listenHttp: () => Promise.reject(new Error('no HTTP here')),
      listen: (_options: unknown, own: Accept) => {
        accept = own;
        return Promise.resolve({ host: '127.0.0.1', port: 2181, close: () => Promise.resolve() });
      },
    };
    const fail = (error: unknown): void => {
      life.failure = error;
    };
    Server.start(environment, { config: this.#config, onFailure: fail }).then(
      (server) => {
        if (life.over) return;
        this.#judge(server);
        life.accept = accept;
      },
      (error: unknown) => {
        if (life.over) return;
        // A disk without room, or one that fails, is a reason not to start; damage is not, for there was none.
        if (/ENOSPC|EIO/.test(String(error))) fail(error);
        else this.#broken = error instanceof BrokenPromise ? error : new BrokenPromise(`it does not start again: ${String(error)}`);
      },
    );
  }

  #judge({ view }: Server): void {
    try {
      const sessions = view.sessionBuckets().flatMap((bucket) => bucket.sessions);
      this.#oracle.recovered(view.tree, sessions, view.digestMismatches);
    } catch (error) {
      this.#broken = error;
    }
  }
}

/** @throws BrokenPromise with the seed in its message */
export async function simulate(options: WorldOptions): Promise<RunReport> {
  try {
    return await new World(options).run();
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const again = `seed ${options.seed} (again: ZOOSCOPE_SEED=${options.seed} npx vitest run --project sim): ${what}`;
    throw error instanceof BrokenPromise ? new BrokenPromise(again) : new Error(again, { cause: error });
  }
}
