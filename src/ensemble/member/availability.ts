/**
 * How often and for how long a member is without a leader (QuorumPeer.run, setZabState; Leader.lead,
 * Follower.followLeader). In: what becomes of the member, in order. Out: figures of `mntr`.
 */

import type { Clock } from '../../base/clock.ts';
import type { ServerStats } from '../processors/stats.ts';

export class Availability {
  readonly #stats: ServerStats;
  readonly #clock: Clock;
  /** Since when nobody is served here, on the monotonic clock; null while clients are. */
  #lostMs: number | null = null;
  /** Since when a leader is looked for; null: it is not. */
  #lookingMs: number | null = null;

  constructor(stats: ServerStats, clock: Clock) {
    this.#stats = stats;
    this.#clock = clock;
  }

  /** A leader is looked for: `looking_count`. */
  looks(): void {
    this.#stats.count('looking_count');
    this.#lookingMs = this.#clock.monotonicMs();
    this.lost();
  }

  /** Nobody is served, whether an election follows or another leader was designated. */
  lost(): void {
    this.#lostMs ??= this.#clock.monotonicMs();
  }

  /**
   * There is a leader: `election_time`, which observers, who do not vote, do not count. Without an election there is none
   * to count; Apache's servers then take the time since their machine was started for it.
   */
  elected(observes: boolean): void {
    if (this.#lookingMs !== null && !observes) this.#stats.add('election_time', this.#clock.monotonicMs() - this.#lookingMs);
    this.#lookingMs = null;
  }

  /** Clients are served: `unavailable_time`, and at the leader `leader_unavailable_time` as well. */
  serves(leads: boolean): void {
    if (this.#lostMs === null) return;
    const lostForMs = this.#clock.monotonicMs() - this.#lostMs;
    this.#lostMs = null;
    this.#stats.add('unavailable_time', lostForMs);
    if (leads) this.#stats.add('leader_unavailable_time', lostForMs);
  }
}
