/**
 * Hands events to listeners in one order with the promises of replies: each in a turn of its own, as a promise's
 * continuation runs, so that whoever awaits an earlier reply goes on first, and an event for a change is told
 * before a later reply that shows it.
 */

import type { Logger } from '../base/logger.ts';

const RESOLVED = Promise.resolve();

export class Deliveries {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Calls `tell` after everything that was settled or pushed before. What it throws is logged and goes no further. */
  push(tell: () => void): void {
    void RESOLVED.then(() => this.guard(tell));
  }

  /** Calls `tell` now; what it throws is logged and goes no further. */
  guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#logger.log('error', 'a listener threw', { error });
    }
  }
}
