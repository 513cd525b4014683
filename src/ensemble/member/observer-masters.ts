/**
 * Where an observer finds servers that take observers (QuorumPeer.findLearnerMaster): every voter, at one port that is
 * the same for all, in a random order, one after the other.
 */

import { shuffled, type Random } from '../../base/random.ts';
import type { Membership } from '../replication/quorum/membership.ts';
import type { Endpoint } from '../replication/quorum/server-spec.ts';

export interface ObserverMasterPlace {
  readonly sid: bigint;
  readonly at: Endpoint;
}

export class ObserverMasters {
  readonly #port: number;
  readonly #random: Random;
  #of: Membership | null = null;
  #order: readonly ObserverMasterPlace[] = [];
  #next = 0;

  /** @param port observerMasterPort */
  constructor(port: number, random: Random) {
    this.#port = port;
    this.#random = random;
  }

  /**
   * The next one to try. A leader takes no observers on that port, so it is passed over, which Apache's server does
   * only after it has tried.
   */
  next(membership: Membership, leader: bigint): ObserverMasterPlace | null {
    if (membership !== this.#of) this.#shuffle(membership);
    for (let tries = 0; tries < this.#order.length; tries++) {
      const place = this.#order[this.#next++ % this.#order.length];
      if (place !== undefined && place.sid !== leader) return place;
    }
    return null;
  }

  #shuffle(membership: Membership): void {
    this.#of = membership;
    this.#next = 0;
    this.#order = shuffled(this.#random, [...membership.members.values()].flatMap(({ sid, role, addresses }) => {
      const host = addresses[0]?.host;
      return role !== 'participant' || host === undefined ? [] : [{ sid, at: { host, port: this.#port } }];
    }));
  }
}
