/**
 * When local servers are asked for their roles: quickly after something moved, until there is a leader again; slowly
 * while a view shows them; else not at all. Must hold: one round at a time, and an end to the quick ones.
 */

import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { Caller } from '../context.ts';

/** While a leader is being found. */
const QUICK_MS = 150;
/** How long that may take before it counts as a state to stay: too few servers. */
const UNSETTLED_MS = 15_000;
const WATCHED_MS = 2_000;

export interface Asked {
  readonly isActive: boolean;
  readonly isUnsettled: boolean;
  look(): Promise<unknown>;
}

export interface RolePoll {
  watch(on: boolean, caller: Caller): void;
  /** A server started, ended, or has another role. */
  moved(): void;
  stop(): void;
}

/** @param all those that may have to be asked */
export function createRolePoll(clock: Clock, all: () => readonly Asked[]): RolePoll {
  return new Poll(clock, all);
}

class Poll implements RolePoll {
  readonly #clock: Clock;
  readonly #all: () => readonly Asked[];
  readonly #callers = new Map<Caller, () => void>();
  #timer: CancelTimer | null = null;
  #round = false;
  #stopped = false;
  #movedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, all: () => readonly Asked[]) {
    this.#clock = clock;
    this.#all = all;
  }

  watch(on: boolean, caller: Caller): void {
    this.#callers.get(caller)?.();
    this.#callers.delete(caller);
    if (on) {
      let gone = false;
      const stopListening = caller.onGone(() => {
        gone = true;
        this.#callers.delete(caller);
        this.#plan();
      });
      if (!gone) this.#callers.set(caller, stopListening);
    }
    this.#plan();
  }

  moved(): void {
    this.#movedMs = this.#clock.monotonicMs();
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.();
    this.#timer = null;
  }

  #plan(): void {
    this.#timer?.();
    this.#timer = null;
    if (this.#stopped || this.#round) return;
    const active = this.#all().filter(({ isActive }) => isActive);
    if (active.length === 0) return;
    const isQuick = this.#clock.monotonicMs() - this.#movedMs < UNSETTLED_MS && active.some(({ isUnsettled }) => isUnsettled);
    if (isQuick || this.#callers.size > 0) this.#timer = this.#clock.after(isQuick ? QUICK_MS : WATCHED_MS, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    this.#timer = null;
    this.#round = true;
    try {
      await Promise.all(this.#all().filter(({ isActive }) => isActive).map((each) => each.look()));
    } finally {
      this.#round = false;
      this.#plan();
    }
  }
}
