/** A clock that stands until a test moves it. Timers fire in the order of their times. */

import type { Clock } from '../../../src/base/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on, firing what is due; lets promises run between the timers. */
  advance(ms: number): Promise<void>;
  readonly timers: number;
}

/** Lets everything that promises have ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export function fakeClock(startMs = 1_000_000): FakeClock {
  let nowMs = 0;
  let timers: { atMs: number; fn: () => void }[] = [];
  return {
    monotonicMs: () => nowMs,
    wallMs: () => startMs + nowMs,
    after(delayMs, fn) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((entry) => entry !== timer);
      };
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const next = timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        timers = timers.filter((entry) => entry !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.fn();
        await settle();
      }
      nowMs = untilMs;
    },
    get timers() {
      return timers.length;
    },
  };
}
