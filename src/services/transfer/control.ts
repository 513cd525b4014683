/**
 * A person's hand on a running job: pause, cancel, and how many nodes a second. A job asks before each step how many
 * nodes it may take. Must hold: what was granted is counted once, and nobody waits for what will not come.
 */

import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { CancelSignal } from '../../base/signal.ts';
import { CancelledError } from '../../model/errors.ts';
import { createCancel } from '../util/cancel.ts';

/** Nodes are granted in portions of this much time, so that a low rate is even and a high one cheap, ms. */
const PORTION_MS = 250;

export class Control {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #cancel = createCancel();
  #paused = false;
  #perSecondMax: number | null;
  /** Nodes that may be taken now; below zero when more were taken than there were. */
  #tokens = 0;
  #filledAtMs: number;
  #waiting: (() => void)[] = [];

  /** @param onChange told when it was paused, resumed or cancelled */
  constructor(clock: Clock, nodesPerSecondMax: number | null, onChange: () => void) {
    this.#clock = clock;
    this.#perSecondMax = positive(nodesPerSecondMax);
    this.#filledAtMs = clock.monotonicMs();
    this.#onChange = onChange;
  }

  get signal(): CancelSignal {
    return this.#cancel.signal;
  }

  get cancelled(): boolean {
    return this.signal.aborted;
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    if (this.#paused || this.cancelled) return;
    this.#paused = true;
    this.#onChange();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wake();
    this.#onChange();
  }

  cancel(): void {
    if (this.cancelled) return;
    this.#paused = false;
    this.#cancel.cancel();
    this.#wake();
    this.#onChange();
  }

  setNodesPerSecondMax(limit: number | null): void {
    this.#fill();
    this.#perSecondMax = positive(limit);
    this.#tokens = Math.min(0, this.#tokens);
    this.#wake();
  }

  /** Whether nodes are granted without waiting. */
  get open(): boolean {
    return !this.#paused && !this.cancelled && this.#perSecondMax === null;
  }

  /**
   * Waits until nodes may be taken.
   *
   * @returns how many, from 1 to `wanted`
   * @throws CancelledError
   */
  async grant(wanted: number): Promise<number> {
    for (;;) {
      if (this.cancelled) throw new CancelledError();
      if (this.#paused) {
        await this.#wait(null);
        continue;
      }
      if (this.#perSecondMax === null) return wanted;
      this.#fill();
      if (this.#tokens >= 1) {
        const granted = Math.min(wanted, Math.floor(this.#tokens));
        this.#tokens -= granted;
        return granted;
      }
      await this.#wait(Math.max(1, ((1 - this.#tokens) / this.#perSecondMax) * 1000));
    }
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    const perSecond = this.#perSecondMax;
    if (perSecond !== null) {
      const most = Math.max(1, (perSecond * PORTION_MS) / 1000);
      this.#tokens = Math.min(most, this.#tokens + ((nowMs - this.#filledAtMs) * perSecond) / 1000);
    }
    this.#filledAtMs = nowMs;
  }

  #wait(delayMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      let stop: CancelTimer = () => undefined;
      const done = (): void => {
        stop();
        resolve();
      };
      if (delayMs !== null) {
        stop = this.#clock.after(delayMs, () => {
          this.#waiting = this.#waiting.filter((each) => each !== done);
          resolve();
        });
      }
      this.#waiting.push(done);
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }
}

const positive = (limit: number | null): number | null => (limit === null || !(limit > 0) ? null : limit);
