/**
 * Which server is tried next, and after how long a wait (facts 2.3; StaticHostProvider). In go how attempts went,
 * out come addresses. Must hold: servers come in turn; a wait stands after each round in which none would do.
 */

import { below, shuffled, type Random } from '../base/random.ts';
import type { ServerAddress } from './transport.ts';

/** The wait after a first failed round, in ms; Apache's client waits as long. */
export const ROUND_WAIT_MS = 1_000;
/** The longest wait, before chance is added. */
export const ROUND_WAIT_MS_MAX = 5_000;
const GROWTH = 1.25;
/** The wait is changed by up to this share either way, so that many clients do not come back as one. */
const JITTER = 0.2;

export interface Attempt {
  readonly address: ServerAddress;
  readonly delayMs: number;
}

export class HostList {
  /** In the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  readonly #random: Random;
  #index = -1;
  /** Attempts since a connection last held, or since the last wait. */
  #tried = 0;
  #failedRounds = 0;

  /** @param keepOrder try them as they stand in the connect string */
  constructor(servers: readonly ServerAddress[], random: Random, keepOrder: boolean) {
    this.servers = keepOrder ? [...servers] : shuffled(random, servers);
    this.#random = random;
  }

  /** The next server in turn. */
  next(): Attempt {
    this.#index = (this.#index + 1) % this.servers.length;
    let delayMs = 0;
    if (this.#tried === this.servers.length) {
      delayMs = this.#roundWaitMs();
      this.#tried = 0;
    }
    this.#tried++;
    return { address: this.servers[this.#index] as ServerAddress, delayMs };
  }

  /** A connection held: the next round begins afresh, with the server behind this one. */
  held(): void {
    this.#tried = 0;
    this.#failedRounds = 0;
  }

  /** This server is tried out of turn; the next one in turn is the one behind it. */
  choose(address: ServerAddress): void {
    const index = this.servers.indexOf(address);
    if (index >= 0) this.#index = index;
  }

  #roundWaitMs(): number {
    const base = Math.min(ROUND_WAIT_MS_MAX, ROUND_WAIT_MS * GROWTH ** this.#failedRounds);
    this.#failedRounds = Math.min(this.#failedRounds + 1, 100);
    const chance = below(this.#random, 2_001) / 1_000 - 1;
    return Math.round(base * (1 + JITTER * chance));
  }
}
