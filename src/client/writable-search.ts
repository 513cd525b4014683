/**
 * While on a read-only server: asks the others in turn whether they take writes (facts 2.2; `isro`), at first soon
 * and then ever more rarely. Must hold: at most one question at a time; none after stop().
 */

import type { CancelTimer, Clock } from '../base/clock.ts';
import { fourLetterWord } from './four-letter.ts';
import type { ServerAddress, Transport } from './transport.ts';

const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 60_000;
const ANSWER_MS_MAX = 1_000;
const ANSWER_BYTES_MAX = 16;

export class WritableSearch {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #found: (server: ServerAddress) => void;
  #servers: readonly ServerAddress[] = [];
  #next = 0;
  #waitMs = FIRST_WAIT_MS;
  #cancelTimer: CancelTimer | null = null;
  /** Tells a question of an earlier search from one of this. */
  #round = 0;

  constructor(transport: Transport, clock: Clock, found: (server: ServerAddress) => void) {
    this.#transport = transport;
    this.#clock = clock;
    this.#found = found;
  }

  /** Begins to ask. @param servers all of the connect string, the present one among them */
  start(servers: readonly ServerAddress[]): void {
    this.stop();
    this.#servers = servers;
    this.#waitMs = FIRST_WAIT_MS;
    this.#wait();
  }

  stop(): void {
    this.#round++;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #wait(): void {
    this.#cancelTimer = this.#clock.after(this.#waitMs, () => this.#ask());
    this.#waitMs = Math.min(WAIT_MS_MAX, this.#waitMs * 2);
  }

  #ask(): void {
    this.#cancelTimer = null;
    const round = this.#round;
    const server = this.#servers[this.#next % this.#servers.length] as ServerAddress;
    this.#next++;
    const limits = { timeoutMs: ANSWER_MS_MAX, bytesMax: ANSWER_BYTES_MAX };
    void fourLetterWord(this.#transport, this.#clock, server, 'isro', limits)
      .catch(() => '')
      .then((answer) => {
        if (round !== this.#round) return;
        if (answer === 'rw') this.#found(server);
        else this.#wait();
      });
  }
}
