/** Node's clocks and timers. */

import type { Clock } from '../base/clock.ts';

/** Node fires a timer above this at once. */
const TIMER_MS_MAX = 0x7fff_ffff;

export const nodeClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, fn) {
    const timer = setTimeout(fn, Math.min(delayMs, TIMER_MS_MAX));
    return () => clearTimeout(timer);
  },
};
