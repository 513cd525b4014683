/** A multi that failed: nothing of it was carried out. */

import { KeeperError } from '../model/errors.ts';
import type { MultiResult } from './api.ts';

/** The server's code is that of the part that failed; the others say 0 (before it) or -2 (behind it). */
export class MultiError extends KeeperError {
  readonly results: readonly MultiResult[];
  /** Which part failed, counted from 0. */
  readonly failedIndex: number;

  constructor(number: number, path: string | null, results: readonly MultiResult[], failedIndex: number) {
    super(number, path);
    this.results = results;
    this.failedIndex = failedIndex;
    this.message = `part ${failedIndex + 1} of ${results.length} failed: ${this.message}`;
  }
}
