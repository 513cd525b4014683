/** The learners that a leader has, by connection, with how far each has come. */

import type { LinkId } from '../messages.ts';

/**
 * - epoch: it came, and is told the new epoch when that is chosen
 * - promised: it promised the epoch, and waits for a quorum that does
 * - reading: the log on disk is being read for it
 * - syncing: everything it lacks is on its way, NEWLEADER behind it; from here on it is told of all that happens
 * - acked: it has all of that on disk, and waits for a quorum that has
 * - serving
 */
export type LearnerStage = 'epoch' | 'promised' | 'reading' | 'syncing' | 'acked' | 'serving';

export interface Learner {
  readonly link: LinkId;
  readonly sid: bigint;
  readonly observer: boolean;
  stage: LearnerStage;
  /** Where its log ends. */
  peerZxid: bigint;
  /** Whether it is sent a snapshot to be brought up to date. */
  bySnapshot?: boolean;
}

/** What others may see of one. */
export interface LearnerView extends Pick<Learner, 'link' | 'sid' | 'observer'> {
  readonly serving: boolean;
}

export class Learners {
  readonly #byLink = new Map<LinkId, Learner>();
  /** Whether a quorum has promised the epoch: who comes later need not wait. */
  agreed = false;

  add(learner: Learner): void {
    this.#byLink.set(learner.link, learner);
  }

  get(link: LinkId): Learner | undefined {
    return this.#byLink.get(link);
  }

  ofServer(sid: bigint): Learner | undefined {
    return this.all().find((learner) => learner.sid === sid);
  }

  remove(link: LinkId): Learner | undefined {
    const learner = this.#byLink.get(link);
    this.#byLink.delete(link);
    return learner;
  }

  all(): Learner[] {
    return [...this.#byLink.values()];
  }

  view(): readonly LearnerView[] {
    return this.all().map(({ link, sid, observer, stage }) => ({ link, sid, observer, serving: stage === 'serving' }));
  }

  /** Followers that are in step. */
  synced(): bigint[] {
    return this.in('serving').flatMap(({ sid, observer }) => (observer ? [] : [sid]));
  }

  /** How many are being brought up to date in one of the two ways (LearnerSyncThrottler). */
  syncing(bySnapshot: boolean): number {
    return this.in('syncing').filter((learner) => learner.bySnapshot === bySnapshot).length;
  }

  in(stage: LearnerStage): Learner[] {
    return this.all().filter((learner) => learner.stage === stage);
  }

  /** Those that get every proposal and commit as it happens. */
  inStream(): Learner[] {
    return this.all().filter(({ stage }) => IN_STREAM.has(stage));
  }
}

/** Who is told nothing yet that it could acknowledge. */
export const UNSYNCED: ReadonlySet<LearnerStage> = new Set<LearnerStage>(['epoch', 'promised', 'reading']);
const IN_STREAM: ReadonlySet<LearnerStage> = new Set<LearnerStage>(['syncing', 'acked', 'serving']);
