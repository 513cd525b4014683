/**
 * Who has agreed, counted against every configuration in force at once: during a reconfiguration the current and the
 * next one must both have a quorum (SyncedLearnerTracker).
 */

import type { QuorumVerifier } from './quorum-verifier.ts';

export class VoteTracker {
  readonly #verifiers: readonly QuorumVerifier[];
  readonly #agreed = new Set<bigint>();

  /** @param verifiers at least one */
  constructor(verifiers: readonly QuorumVerifier[]) {
    this.#verifiers = verifiers;
  }

  /** @returns whether any configuration counts this server */
  add(sid: bigint): boolean {
    if (!this.#verifiers.some((verifier) => verifier.isVoter(sid))) return false;
    this.#agreed.add(sid);
    return true;
  }

  get agreed(): ReadonlySet<bigint> {
    return this.#agreed;
  }

  hasAllQuorums(): boolean {
    return this.#verifiers.every((verifier) => {
      const own = new Set([...this.#agreed].filter((sid) => verifier.isVoter(sid)));
      return verifier.hasQuorum(own);
    });
  }
}
