/** A clock that only moves when it is told to. Must hold: timers fire in the order of their times, promises run between. */

import type { CancelTimer, Clock } from '../../../src/base/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/** Lets every promise that is ready go on. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class FakeClock implements Clock {
  nowMs = 1_000;
  #timers: Timer[] = [];
  #order = 0;

  monotonicMs(): number {
    return this.nowMs;
  }
  wallMs(): number {
    return 1_700_000_000_000 + this.nowMs;
  }
  get timers(): number {
    return this.#timers.length;
  }

  after(delayMs: number, fn: () => void): CancelTimer {
    const timer = { atMs: this.nowMs + delayMs, order: this.#order++, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Moves on, firing what is due on the way. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.nowMs + byMs;
    await settle();
    for (;;) {
      const due = this.#timers.filter((each) => each.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.fn();
      await settle();
    }
    this.nowMs = untilMs;
  }

  /** The process stands still: time passes, and nothing runs. */
  freeze(forMs: number): void {
    this.nowMs += forMs;
  }
}
