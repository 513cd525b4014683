/** Calls that may come in storms, let through at most once in an interval; the last one is never lost. */

import type { CancelTimer, Clock } from '../../base/clock.ts';

export interface Throttle {
  /** Asks for a run: at once when the last one is long enough ago, else when it will be. */
  request(): void;
  /** Runs now if a run is outstanding. */
  flush(): void;
  /** Forgets an outstanding run; nothing runs any more. */
  stop(): void;
}

/** @param intervalMs least time between the starts of two runs */
export function createThrottle(clock: Clock, intervalMs: number, run: () => void): Throttle {
  let lastMs = Number.NEGATIVE_INFINITY;
  let timer: CancelTimer | null = null;
  let stopped = false;
  const runNow = (): void => {
    timer?.();
    timer = null;
    lastMs = clock.monotonicMs();
    run();
  };
  return {
    request() {
      if (stopped || timer !== null) return;
      const waitMs = lastMs + intervalMs - clock.monotonicMs();
      if (waitMs <= 0) runNow();
      else timer = clock.after(waitMs, runNow);
    },
    flush() {
      if (timer !== null) runNow();
    },
    stop() {
      stopped = true;
      timer?.();
      timer = null;
    },
  };
}
