/**
 * How many sessions may begin per moment (BlueThrottle): a bucket of tokens that fills up with time, and, where it is
 * switched on, a chance to be turned away that grows while the bucket is empty and shrinks while it is full.
 */

import type { Random } from '../../../base/random.ts';

export interface ConnectionThrottleOptions {
  /** The most tokens there may be; 0: nobody is held up. */
  readonly tokens: number;
  /** So many tokens come in each such time. */
  readonly fillCount: number;
  readonly fillTimeMs: number;
  /** The chance changes once in so many ms; -1: there is none. */
  readonly freezeTimeMs: number;
  readonly dropIncrease: number;
  readonly dropDecrease: number;
  /** The chance shrinks while at most this share of the tokens is gone. */
  readonly decreaseRatio: number;
}

const CHANCES = 0x1_0000_0000;

export class ConnectionThrottle {
  readonly #options: ConnectionThrottleOptions;
  readonly #random: Random;
  #tokens: number;
  #filledMs: number;
  #changedMs: number;
  #dropChance = 0;

  /** @param nowMs on the monotonic clock */
  constructor(options: ConnectionThrottleOptions, random: Random, nowMs: number) {
    this.#options = options;
    this.#random = random;
    this.#tokens = options.tokens;
    this.#filledMs = nowMs;
    this.#changedMs = nowMs;
  }

  /** From 0 to 1. */
  get dropChance(): number {
    return this.#dropChance;
  }

  /** Whether a session of this weight may begin; takes its tokens. @param nowMs on the monotonic clock */
  take(need: number, nowMs: number): boolean {
    const { tokens, fillCount, fillTimeMs, freezeTimeMs } = this.#options;
    if (tokens === 0) return true;
    const passedMs = nowMs - this.#filledMs;
    if (passedMs > fillTimeMs) {
      this.#tokens = Math.min(this.#tokens + Math.floor((passedMs * fillCount) / fillTimeMs), tokens);
      this.#filledMs = nowMs;
    }
    if (freezeTimeMs !== -1 && !this.#isLucky(nowMs)) return false;
    if (this.#tokens < need) return false;
    this.#tokens -= need;
    return true;
  }

  #isLucky(nowMs: number): boolean {
    const { tokens, freezeTimeMs, dropIncrease, dropDecrease, decreaseRatio } = this.#options;
    const gone = tokens - this.#tokens;
    if (nowMs - this.#changedMs > freezeTimeMs) {
      if (gone === tokens) this.#dropChance = Math.min(this.#dropChance + dropIncrease, 1);
      else if (gone <= Math.round(tokens * decreaseRatio)) this.#dropChance = Math.max(this.#dropChance - dropDecrease, 0);
      this.#changedMs = nowMs;
    }
    return this.#random.uint32() / CHANCES >= this.#dropChance;
  }
}
