/**
 * The order of answers (facts 4.3; CommitProcessor): within a session everything is answered in the order in which it
 * was asked, so a read waits for the session's own writes before it, and for nobody else's.
 */

import { InvariantError } from '../../base/invariant.ts';
import type { Request } from './request.ts';

/** null stands for a write whose commit is awaited. */
type Held = Request | null;

const NONE: readonly Request[] = [];

export class CommitGate {
  readonly #sessions = new Map<bigint, Held[]>();
  #held = 0;

  /** Reads that wait. */
  get heldReads(): number {
    return this.#held;
  }

  /** A write of this session is on its way. */
  write(sessionId: bigint): void {
    const queue = this.#sessions.get(sessionId);
    if (queue === undefined) this.#sessions.set(sessionId, [null]);
    else queue.push(null);
  }

  /** @returns true when the read may be answered now; else it is kept */
  read(request: Request): boolean {
    const queue = this.#sessions.get(request.sessionId);
    if (queue === undefined) return true;
    queue.push(request);
    this.#held++;
    return false;
  }

  /**
   * The session's oldest write is committed.
   *
   * @returns the reads that waited for it alone, in order
   */
  committed(sessionId: bigint): readonly Request[] {
    const queue = this.#sessions.get(sessionId);
    if (queue === undefined || queue[0] !== null) throw new InvariantError(`no write of session ${sessionId} is awaited`);
    if (queue.length === 1) {
      this.#sessions.delete(sessionId);
      return NONE;
    }
    const next = queue.indexOf(null, 1);
    if (next === 1) {
      queue.shift();
      return NONE;
    }
    const released = queue.splice(0, next === -1 ? queue.length : next).slice(1) as Request[];
    if (queue.length === 0) this.#sessions.delete(sessionId);
    this.#held -= released.length;
    return released;
  }
}
