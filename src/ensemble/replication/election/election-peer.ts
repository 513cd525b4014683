/**
 * One server's part in elections: the connections and the algorithm as one machine. In: what the network did, time,
 * what this server has. Out: what the network shall do, and the outcome. Must hold: the carrier calls `tick` when
 * `deadlineMs` has come.
 */

import type { PeerAuth } from '../quorum/peer-auth.ts';
import type { Endpoint } from '../quorum/server-spec.ts';
import type { Membership } from '../quorum/membership.ts';
import { ElectionConnections, type ConnectionsEffects } from './connections.ts';
import type { ElectionEffects, Outcome } from './election-effects.ts';
import { FastLeaderElection, type ElectionOptions, type Standing } from './fast-leader-election.ts';
import { electionAddressesOf, type Memberships } from './memberships.ts';
import type { NetworkEffect, NetworkInput } from './network.ts';
import type { Vote } from './vote.ts';

export interface ElectionPeerOptions extends ElectionOptions {
  readonly ownAddresses: readonly Endpoint[];
  /** cnxTimeout, 5000. */
  readonly connectTimeoutMs: number;
  /** syncLimit ticks. */
  readonly greetingTimeoutMs: number;
  /** Absent when servers need not prove who they are. */
  readonly auth?: PeerAuth | undefined;
}

export type ElectionInput =
  | NetworkInput
  | { readonly kind: 'look'; readonly standing: Standing }
  | { readonly kind: 'tick' };

export interface PeerEffects {
  readonly network: readonly NetworkEffect[];
  /** To be written to disk before anything is sent. */
  readonly adopted: Membership | null;
  readonly outcome: Outcome | null;
  /** Servers that look for a leader while this one does not. */
  readonly looking: readonly bigint[];
}

interface Gathered {
  network: NetworkEffect[];
  adopted: Membership | null;
  outcome: Outcome | null;
  looking: bigint[];
}

export class ElectionPeer {
  readonly #election: FastLeaderElection;
  readonly #connections: ElectionConnections;

  constructor(options: ElectionPeerOptions) {
    this.#election = new FastLeaderElection(options);
    this.#connections = new ElectionConnections({
      sid: options.sid,
      ownAddresses: options.ownAddresses,
      multiAddress: options.multiAddress ?? false,
      addressesOf: (sid) => electionAddressesOf(this.#election.memberships, sid),
      connectTimeoutMs: options.connectTimeoutMs,
      greetingTimeoutMs: options.greetingTimeoutMs,
      auth: options.auth,
      logger: options.logger,
    });
  }

  get state(): number {
    return this.#election.state;
  }

  get vote(): Vote {
    return this.#election.vote;
  }

  get round(): bigint {
    return this.#election.round;
  }

  get memberships(): Memberships {
    return this.#election.memberships;
  }

  /** When a `tick` is due; null for never. */
  get deadlineMs(): number | null {
    const [a, b] = [this.#election.deadlineMs, this.#connections.deadlineMs];
    return a === null ? b : b === null ? a : Math.min(a, b);
  }

  connectedTo(sid: bigint): boolean {
    return this.#connections.connectedTo(sid);
  }

  setMemberships(memberships: Memberships): void {
    this.#election.setMemberships(memberships);
  }

  setEpoch(epoch: bigint): void {
    this.#election.setEpoch(epoch);
  }

  assume(state: number, leader: bigint, zxid: bigint): void {
    this.#election.assume(state, leader, zxid);
  }

  step(input: ElectionInput, nowMs: number): PeerEffects {
    const out: Gathered = { network: [], adopted: null, outcome: null, looking: [] };
    switch (input.kind) {
      case 'look':
        this.#elected(this.#election.look(input.standing, nowMs), out);
        break;
      case 'tick':
        this.#carried(this.#connections.tick(nowMs), out, nowMs);
        this.#elected(this.#election.tick(this.#connections.haveDelivered, nowMs), out);
        break;
      default:
        this.#carried(this.#connections.step(input, nowMs), out, nowMs);
    }
    return out;
  }

  #carried({ network, delivered }: ConnectionsEffects, out: Gathered, nowMs: number): void {
    out.network.push(...network);
    for (const { sid, payload } of delivered) this.#elected(this.#election.receive(sid, payload, nowMs), out);
  }

  #elected(effects: ElectionEffects, out: Gathered): void {
    for (const { sid, payload } of effects.send) out.network.push(...this.#connections.send(sid, payload).network);
    if (effects.connectAll) out.network.push(...this.#connections.connectAll().network);
    out.looking.push(...effects.looking);
    out.adopted = effects.adopted ?? out.adopted;
    out.outcome = effects.outcome ?? out.outcome;
  }
}
