/**
 * Counts how learners are brought up to date, and how many at one time (LearnerHandler.run, LearnerSyncThrottler). A
 * leader has one for its term, and so has a follower that takes observers.
 */

import type { ServerStats } from '../processors/stats.ts';

/** By a tree, or by what is missing in the log, with or without a cut. */
export type SyncWay = 'snap' | 'diff';

export class SyncTally {
  readonly #stats: ServerStats;
  readonly #underWay: Record<SyncWay, number> = { snap: 0, diff: 0 };

  constructor(stats: ServerStats) {
    this.#stats = stats;
  }

  /** A learner begins to be brought up to date: `diff_count`, `inflight_diff_count`, `inflight_snap_count`. */
  begun(way: SyncWay): void {
    this.#underWay[way]++;
    this.#note(way);
    if (way === 'diff') this.#stats.count('diff_count');
  }

  /** A tree is all on its way, or given up: `snap_count`. */
  treeSent(): void {
    this.#stats.count('snap_count');
  }

  /** The learner has acknowledged it. */
  acknowledged(way: SyncWay): void {
    this.#underWay[way]--;
    this.#note(way);
  }

  /** The learner went away before. */
  left(way: SyncWay): void {
    this.#underWay[way]--;
  }

  /** A learner asks whether a session is alive: `revalidate_count`. */
  revalidates(): void {
    this.#stats.count('revalidate_count');
  }

  #note(way: SyncWay): void {
    this.#stats.add(way === 'snap' ? 'inflight_snap_count' : 'inflight_diff_count', this.#underWay[way]);
  }
}
