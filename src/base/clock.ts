/** Time, handed in by the host so that tests can drive it. */

/** Stops a timer; calling it twice, or after the timer fired, does nothing. */
export type CancelTimer = () => void;

export interface Clock {
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01 UTC, as people and stats show it. */
  wallMs(): number;
  /** Calls `fn` once after `delayMs` milliseconds. */
  after(delayMs: number, fn: () => void): CancelTimer;
}
