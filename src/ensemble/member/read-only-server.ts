/**
 * A member without a quorum, for clients that may read only (facts 2.2; QuorumPeer.run, ReadOnlyZooKeeperServer). In:
 * when the search for a leader begins and ends. Out: what serves meanwhile, from some time after the beginning on.
 * Must hold: nothing is changed, and no session outlives the search.
 */

import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { LearnerSessions } from '../processors/learner-sessions.ts';
import { LocalSessions } from '../processors/local-sessions.ts';
import { firstSessionId } from '../processors/session-tracker.ts';
import { ReadOnlyRole } from '../read-only-role.ts';
import { Serving, type ServingParts } from '../serving.ts';

export interface ReadOnlyParts {
  /** readonlymode.enabled */
  readonly enabled: boolean;
  readonly sid: bigint;
  readonly tickMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Made anew, since the tree may have been replaced since the last time. */
  servingParts(): ServingParts;
}

/** A search that takes no longer is an election like any other. */
const GRACE_MS_MIN = 2_000;

export class ReadOnlyServer {
  readonly #parts: ReadOnlyParts;
  #serving: Serving | null = null;
  #cancel: CancelTimer = () => undefined;

  constructor(parts: ReadOnlyParts) {
    this.#parts = parts;
  }

  get serving(): Serving | null {
    return this.#serving;
  }

  /** The search for a leader begins. */
  begin(): void {
    const { enabled, clock, tickMs } = this.#parts;
    this.end();
    if (enabled) this.#cancel = clock.after(Math.max(GRACE_MS_MIN, tickMs), () => this.#serve());
  }

  /** There is a leader, or this server stops: everybody is disconnected. */
  end(): void {
    this.#cancel();
    const serving = this.#serving;
    this.#serving = null;
    serving?.stop();
    serving?.closeAll();
  }

  #serve(): void {
    const { sid, tickMs, clock, logger } = this.#parts;
    const parts = this.#parts.servingParts();
    const local = new LocalSessions(tickMs, clock.monotonicMs());
    this.#serving = new Serving(parts, {
      sessions: new LearnerSessions(firstSessionId(Number(sid), clock.wallMs()), parts.database.sessions.entries(), local),
      expires: null,
      revalidate: null,
      readOnly: true,
      screens: false,
      make: () => new ReadOnlyRole(),
    });
    this.#serving.start();
    logger.log('info', 'no leader: clients that may read only are served', {});
  }
}
