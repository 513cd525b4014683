/**
 * Thousands of random lives of a session against a tiny model of an ensemble: requests, cancellations, changes by
 * others, cuts in the middle of frames, refused connections, expiry, standing still. In every one of them:
 * each request is settled once; none is carried out twice; what says that it was not sent was not; answers come in
 * the order of asking; no more are in flight than allowed; a watch fires at most once, not without a change, before
 * any read that shows the change, and in the end without fail.
 *
 * ZOOSCOPE_SEED=n runs one life again.
 */

import { expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../../src/base/random.ts';
import { CancelledError, ZooError } from '../../../src/model/errors.ts';
import { connectZooKeeper } from '../../../src/client/client.ts';
import type { WatchedEvent, ZooKeeper } from '../../../src/client/api.ts';
import { EventType } from '../../../src/model/watch.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { FakeNet } from './fake-net.ts';
import { ModelServer } from './model-server.ts';

const PATHS = ['/a', '/b', '/c'];
const IN_FLIGHT_MAX = 4;
const TIMEOUT_MS = 6_000;

interface Asked {
  readonly index: number;
  readonly kind: 'get' | 'set';
  readonly path: string;
  readonly control: AbortController;
  settled: number;
  error: ZooError | null;
}

interface Watch {
  readonly path: string;
  /** The version that the read showed; -1 until it did. */
  version: number;
  fired: number;
  ended: boolean;
}

class Life {
  readonly random: Random;
  readonly clock = new FakeClock();
  readonly net = new FakeNet();
  readonly server = new ModelServer(this.net, TIMEOUT_MS);
  readonly asked: Asked[] = [];
  readonly watches: Watch[] = [];
  readonly zk: ZooKeeper;
  lastAnswered = -1;
  problem: string | null = null;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    for (const path of PATHS) this.server.nodes.set(path, { version: 0, mzxid: 1n, data: new Uint8Array(0) });
    this.zk = connectZooKeeper({
      connectString: 'a,b', transport: this.net, clock: this.clock, random: this.random, inFlightMax: IN_FLIGHT_MAX,
      sessionTimeoutMs: TIMEOUT_MS,
    });
  }

  fail(what: string): void {
    this.problem ??= what;
  }

  path(): string {
    return PATHS[below(this.random, PATHS.length)]!;
  }

  ask(kind: Asked['kind'], watched: boolean): void {
    const asked: Asked = { index: this.asked.length, kind, path: this.path(), control: new AbortController(), settled: 0, error: null };
    this.asked.push(asked);
    const { signal } = asked.control;
    const promise = kind === 'set' ? this.#set(asked, signal) : this.#get(asked, signal, watched);
    promise.then(
      () => this.#settled(asked, null),
      (error: unknown) => this.#settled(asked, error),
    );
  }

  async #set(asked: Asked, signal: AbortSignal): Promise<void> {
    await this.zk.setData(asked.path, Buffer.from(`w${asked.index}`), -1, { signal });
  }

  #get(asked: Asked, signal: AbortSignal, watched: boolean): Promise<void> {
    const watch: Watch = { path: asked.path, version: -1, fired: 0, ended: false };
    const watcher = (event: WatchedEvent): void => this.#told(watch, event);
    const read = this.zk.getData(asked.path, watched ? { signal, watch: watcher } : { signal });
    return read.then(({ stat }) => {
      for (const each of this.watches) {
        if (each.path === asked.path && each.fired === 0 && stat.version > each.version) {
          this.fail(`read ${asked.index} shows version ${stat.version} before the watch set at ${each.version} fired`);
        }
      }
      if (!watched) return;
      watch.version = stat.version;
      this.watches.push(watch);
    });
  }

  #told(watch: Watch, event: WatchedEvent): void {
    if (event.type === EventType.None) {
      watch.ended = true;
      return;
    }
    watch.fired++;
    if (watch.fired > 1) this.fail(`a one-shot watch on ${watch.path} fired ${watch.fired} times`);
    if (watch.version < 0) this.fail(`a watch on ${watch.path} fired before its read was told, or although it was cancelled`);
    if (this.server.nodes.get(watch.path)!.version === watch.version) this.fail(`a watch on ${watch.path} fired without a change`);
  }

  #settled(asked: Asked, error: unknown): void {
    asked.settled++;
    if (error === null) {
      if (asked.index < this.lastAnswered) this.fail(`request ${asked.index} was answered after ${this.lastAnswered}`);
      this.lastAnswered = asked.index;
      return;
    }
    if (error instanceof ZooError) asked.error = error;
    else this.fail(`request ${asked.index} failed with ${error instanceof Error ? error.message : 'no error'}`);
  }

  async step(): Promise<void> {
    const dice = below(this.random, 100);
    if (dice < 30) this.ask(dice < 12 ? 'set' : 'get', dice >= 20);
    else if (dice < 33) this.asked[below(this.random, this.asked.length + 1)]?.control.abort();
    else if (dice < 40) this.server.touch(this.path());
    else if (dice < 60) this.server.work(1 + below(this.random, 6));
    else if (dice < 84) this.server.deliver(1 + below(this.random, dice < 72 ? 40 : 1_000));
    else if (dice < 90) await this.clock.advance(below(this.random, 400));
    else if (dice < 94) this.server.cut();
    else if (dice < 96) this.server.serving = !this.server.serving;
    else if (dice < 98) await this.clock.advance(below(this.random, 5_000));
    else if (dice < 99) this.clock.freeze(below(this.random, 3_000));
    else if (below(this.random, 4) === 0) this.server.expireAll();
    if (below(this.random, 3) > 0) await settle();
    if (this.zk.load.inFlight > IN_FLIGHT_MAX + 1) this.fail(`${this.zk.load.inFlight} requests in flight`);
  }

  /** The network heals, and everything that can come to an end does. */
  async heal(): Promise<void> {
    this.server.serving = true;
    for (let i = 0; i < 400; i++) {
      this.server.work(1_000);
      await settle();
      this.server.deliver(1_000_000);
      await this.clock.advance(100);
      const ended = this.zk.state === 'expired';
      if (this.asked.every((asked) => asked.settled > 0) && (ended || (this.server.idle && this.zk.state === 'connected'))) return;
    }
  }

  judge(): void {
    for (const asked of this.asked) {
      if (asked.settled !== 1) this.fail(`request ${asked.index} was settled ${asked.settled} times`);
      if (asked.kind !== 'set') continue;
      const times = this.server.applied.get(`w${asked.index}`) ?? 0;
      if (times > 1) this.fail(`write ${asked.index} was carried out ${times} times`);
      if (asked.error === null && times !== 1) this.fail(`write ${asked.index} was answered and not carried out`);
      if (asked.error?.retrySafe === true && times !== 0) this.fail(`write ${asked.index} was carried out, and said: ${asked.error.message}`);
      if (asked.error instanceof CancelledError && !asked.control.signal.aborted) this.fail(`nobody cancelled ${asked.index}`);
    }
    const expired = this.zk.state === 'expired';
    if (!expired && this.zk.state !== 'connected') this.fail(`in the end the session is ${this.zk.state}`);
    let waiting = 0;
    for (const watch of this.watches) {
      const changed = this.server.nodes.get(watch.path)!.version > watch.version;
      if (!expired && changed && watch.fired === 0) this.fail(`the watch on ${watch.path} at ${watch.version} never fired`);
      if (expired && watch.fired === 0 && !watch.ended) this.fail(`the watch on ${watch.path} was not told of the end`);
      if (!expired && watch.fired === 0) waiting++;
    }
    const { load } = this.zk;
    if (load.inFlight !== 0 || load.queued !== 0) this.fail(`left over: ${JSON.stringify(load)}`);
    if (!expired && load.watches !== waiting) this.fail(`${load.watches} watches are kept, ${waiting} wait`);
  }
}

async function live(seed: number): Promise<Life> {
  const life = new Life(seed);
  const steps = 20 + below(life.random, 180);
  for (let i = 0; i < steps && life.problem === null; i++) await life.step();
  await life.heal();
  life.judge();
  life.zk.abandon();
  await settle();
  if (life.clock.timers !== 0) life.fail(`${life.clock.timers} timers are left`);
  return life;
}

test('2,000 random lives of a session', { timeout: 120_000 }, async () => {
  const only = process.env['ZOOSCOPE_SEED'];
  const seeds = only === undefined ? Array.from({ length: 2_000 }, (_, i) => i + 1) : [Number(only)];
  const seen = { requests: 0, answered: 0, lost: 0, cancelled: 0, expired: 0, connections: 0, fired: 0 };
  for (const seed of seeds) {
    const life = await live(seed);
    if (life.problem !== null) expect.fail(`seed ${seed}: ${life.problem}`);
    seen.requests += life.asked.length;
    seen.answered += life.asked.filter((asked) => asked.error === null).length;
    seen.lost += life.asked.filter((asked) => asked.error?.code === 'ConnectionLoss').length;
    seen.cancelled += life.asked.filter((asked) => asked.error?.code === 'Cancelled').length;
    seen.expired += life.zk.failure === null ? 0 : 1;
    seen.connections += life.net.links.length;
    seen.fired += life.watches.filter((watch) => watch.fired === 1).length;
  }
  if (only !== undefined) return;
  // The lives must be eventful, or they prove nothing.
  expect(seen.requests).toBeGreaterThan(40_000);
  expect(seen.answered).toBeGreaterThan(10_000);
  expect(seen.lost).toBeGreaterThan(3_000);
  expect(seen.cancelled).toBeGreaterThan(300);
  expect(seen.expired).toBeGreaterThan(100);
  expect(seen.connections).toBeGreaterThan(6_000);
  expect(seen.fired).toBeGreaterThan(3_000);
});
