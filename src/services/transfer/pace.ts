/**
 * How much may be under way at once. The window grows while the server answers as quickly as it can, and shrinks when
 * requests pile up in front of it: what is under way, times the share of its time that a request waits, is the queue
 * that we make, and others wait in it, too (the rule of TCP Vegas).
 */

import type { Clock } from '../../base/clock.ts';

/** Requests of one kind take alike long. */
export type RequestKind = 'read' | 'bulk' | 'write';

const WINDOW_MIN = 4;
const WINDOW_START = 32;
const WINDOW_MAX = 128;
/** Requests of ours that may wait in front of the server. */
const QUEUE_LOW = 24;
const QUEUE_HIGH = 96;
/** How long a best time counts, ms: servers and routes change. */
const BEST_LIFE_MS = 10_000;
/** The weight of a new time in the running one. */
const WEIGHT = 0.05;
/** A clock tick and a garbage collection are no queue. */
const NOISE_MS = 1;
/** At most this often is the window changed downwards, ms. */
const SHRINK_EVERY_MS = 100;

interface Times {
  bestMs: number;
  /** The best of the time before, so that one life's end does not forget everything. */
  formerBestMs: number;
  bestSinceMs: number;
  usualMs: number;
}

export class Pace {
  readonly #clock: Clock;
  readonly #times = new Map<RequestKind, Times>();
  #window = WINDOW_START;
  #windowMax = WINDOW_MAX;
  #inFlight = 0;
  #shrunkAtMs = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests that may be under way now. */
  get window(): number {
    return Math.max(1, Math.floor(Math.min(this.#window, this.#windowMax)));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether one more may go. */
  get hasRoom(): boolean {
    return this.#inFlight < this.window;
  }

  /** Never more than this many, whatever the server bears; null for no own limit. */
  limit(requestsMax: number | null): void {
    this.#windowMax = Math.max(1, Math.min(requestsMax ?? WINDOW_MAX, WINDOW_MAX));
  }

  /** Runs a request at once; whoever calls has looked at `hasRoom`, or must not wait. */
  async run<T>(kind: RequestKind, request: () => Promise<T>): Promise<T> {
    const startMs = this.started();
    try {
      const result = await request();
      this.ended(kind, startMs);
      return result;
    } catch (error) {
      this.ended(null, startMs);
      throw error;
    }
  }

  /** A request is on its way. @returns when it began, for `ended` */
  started(): number {
    this.#inFlight++;
    return this.#clock.monotonicMs();
  }

  /** It is answered, or lost. @param kind null: how long it took says nothing */
  ended(kind: RequestKind | null, startMs: number): void {
    this.#inFlight--;
    if (kind !== null) this.#learn(kind, this.#clock.monotonicMs() - startMs);
    if (this.#waiting.length > 0) this.#wake();
  }

  /** The running mean of the answer times of small requests, ms; null before the first. */
  get latencyMs(): number | null {
    return (this.#times.get('read') ?? this.#times.get('write'))?.usualMs ?? null;
  }

  /** Resolves when one more may go; whoever waits looks again before it sends. */
  async room(): Promise<void> {
    while (!this.hasRoom) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #learn(kind: RequestKind, tookMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    const times = this.#times.get(kind) ?? { bestMs: tookMs, formerBestMs: tookMs, bestSinceMs: nowMs, usualMs: tookMs };
    this.#times.set(kind, times);
    if (nowMs - times.bestSinceMs > BEST_LIFE_MS) {
      times.formerBestMs = times.bestMs;
      times.bestMs = tookMs;
      times.bestSinceMs = nowMs;
    }
    times.bestMs = Math.min(times.bestMs, tookMs);
    times.usualMs += (tookMs - times.usualMs) * WEIGHT;
    // How long a bulk request takes lies in its size, not in a queue.
    if (kind !== 'bulk') this.#adjust(times, nowMs);
  }

  #adjust({ bestMs, formerBestMs, usualMs }: Times, nowMs: number): void {
    const best = Math.min(bestMs, formerBestMs) + NOISE_MS;
    const queue = this.#inFlight * Math.max(0, 1 - best / usualMs);
    if (queue > QUEUE_HIGH && nowMs - this.#shrunkAtMs > SHRINK_EVERY_MS) {
      this.#window = Math.max(WINDOW_MIN, this.#window * 0.8);
      this.#shrunkAtMs = nowMs;
    } else if (queue < QUEUE_LOW && this.#inFlight >= this.window - 1) {
      this.#window = Math.min(WINDOW_MAX, this.#window + 1 / Math.sqrt(this.#window));
    }
  }
}
