/** Keeps a peer that tries over and over from filling the log with the same line. */

import type { Logger } from './logger.ts';

const AGAIN_AFTER_MS = 60_000;
/** The members of an ensemble, and some who look in by mistake. */
const REMEMBERED_MAX = 256;

export class RepeatedLines {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #last = new Map<string, { readonly text: string; readonly atMs: number }>();

  constructor(logger: Logger, nowMs: () => number) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  /** Warns, unless the last line about the same subject said the same within a minute. */
  warn(subject: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    const text = `${message} ${Object.values(fields).map(String).join(' ')}`;
    const before = this.#last.get(subject);
    const now = this.#nowMs();
    if (before !== undefined && before.text === text && now - before.atMs < AGAIN_AFTER_MS) return;
    this.#last.delete(subject);
    this.#last.set(subject, { text, atMs: now });
    for (const [oldest] of this.#last) {
      if (this.#last.size <= REMEMBERED_MAX) break;
      this.#last.delete(oldest);
    }
    this.#logger.log('warn', message, fields);
  }

  /** The trouble is over: the next line about the subject is news. */
  over(subject: string): void {
    this.#last.delete(subject);
  }
}
