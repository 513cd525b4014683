/**
 * Sends the entries of a ring to the views in batches: at most five a second, at most 500 entries in each.
 * When more come than that, the newest are sent: the jump in `seq` says so, and the history has the rest.
 */

import type { Clock } from '../../base/clock.ts';
import { createThrottle, type Throttle } from '../util/throttle.ts';

const SEND_INTERVAL_MS = 200;
const BATCH_ENTRIES_MAX = 500;

export interface EntrySource<T> {
  after(seq: number): readonly T[];
}

export class EntrySender<T extends { readonly seq: number }> {
  readonly #throttle: Throttle;
  readonly #source: EntrySource<T>;
  readonly #send: (entries: T[]) => void;
  #sentSeq = 0;

  constructor(clock: Clock, source: EntrySource<T>, send: (entries: T[]) => void) {
    this.#source = source;
    this.#send = send;
    this.#throttle = createThrottle(clock, SEND_INTERVAL_MS, () => this.#sendNow());
  }

  /** Says that there are new entries. */
  wake(): void {
    this.#throttle.request();
  }

  /** Sends what is outstanding and stops. */
  stop(): void {
    this.#throttle.flush();
    this.#throttle.stop();
  }

  #sendNow(): void {
    const entries = this.#source.after(this.#sentSeq).slice(-BATCH_ENTRIES_MAX);
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#sentSeq = last.seq;
    this.#send(entries);
  }
}
