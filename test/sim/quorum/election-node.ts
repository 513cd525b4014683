/**
 * One simulated server's election: the real machine on the simulated network, with a clock that runs a little too fast
 * or too slow. In: look. Out: outcomes. A crash loses everything but what the caller keeps.
 */

import { silentLogger } from '../../../src/base/logger.ts';
import { ElectionPeer, type ElectionInput } from '../../../src/ensemble/replication/election/election-peer.ts';
import type { Outcome } from '../../../src/ensemble/replication/election/election-effects.ts';
import type { Standing } from '../../../src/ensemble/replication/election/fast-leader-election.ts';
import type { Memberships } from '../../../src/ensemble/replication/election/memberships.ts';
import type { NetworkEffect } from '../../../src/ensemble/replication/election/network.ts';
import type { Membership } from '../../../src/ensemble/replication/quorum/membership.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimHandler, SimNetwork, SimSocket } from './sim-network.ts';

export interface ElectionNodeOptions {
  readonly sid: bigint;
  readonly memberships: Memberships;
  /** 1 for a clock that is right. */
  readonly clockRate: number;
  readonly reconfigEnabled: boolean;
  readonly maxIntervalMs: number;
}

export interface ElectionNodeEvents {
  onOutcome(outcome: Outcome): void;
  onAdopted(membership: Membership): void;
}

export const ELECTION_PORT = 3888;
export const hostOf = (sid: bigint): string => `n${sid}`;

export class ElectionNode {
  readonly peer: ElectionPeer;
  readonly #scheduler: Scheduler;
  readonly #network: SimNetwork;
  readonly #options: ElectionNodeOptions;
  readonly #events: ElectionNodeEvents;
  readonly #sockets = new Map<number, SimSocket>();
  #nextLink = 1;
  #alive = true;
  #tickAt: number | null = null;
  #cancelTick: () => void = () => undefined;

  constructor(scheduler: Scheduler, network: SimNetwork, options: ElectionNodeOptions, events: ElectionNodeEvents) {
    this.#scheduler = scheduler;
    this.#network = network;
    this.#options = options;
    this.#events = events;
    const { sid, memberships, reconfigEnabled, maxIntervalMs } = options;
    this.peer = new ElectionPeer({
      sid, memberships, reconfigEnabled, maxIntervalMs,
      finalizeWaitMs: 200,
      minIntervalMs: 200,
      logger: silentLogger,
      ownAddresses: [{ host: hostOf(sid), port: ELECTION_PORT }],
      connectTimeoutMs: 1_000,
      greetingTimeoutMs: 2_000,
    });
    network.listen(hostOf(sid), ELECTION_PORT, (socket) => {
      const link = this.#nextLink++;
      this.#sockets.set(link, socket);
      this.#scheduler.after(0, () => this.#step({ kind: 'accepted', link }));
      return this.#handler(link);
    });
  }

  look(standing: Standing): void {
    this.#step({ kind: 'look', standing });
  }

  /** Nothing that it started has an effect any more. */
  crash(): void {
    this.#alive = false;
    this.#cancelTick();
  }

  #nowMs(): number {
    return this.#scheduler.nowMs * this.#options.clockRate;
  }

  #step(input: ElectionInput): void {
    if (!this.#alive) return;
    const { network, outcome, adopted } = this.peer.step(input, this.#nowMs());
    if (adopted !== null) this.#events.onAdopted(adopted);
    for (const effect of network) this.#perform(effect);
    this.#planTick();
    if (outcome !== null) this.#events.onOutcome(outcome);
  }

  #planTick(): void {
    const due = this.peer.deadlineMs;
    if (due === this.#tickAt) return;
    this.#cancelTick();
    this.#tickAt = due;
    if (due === null) return;
    this.#cancelTick = this.#scheduler.after((due - this.#nowMs()) / this.#options.clockRate + 0.001, () => {
      this.#tickAt = null;
      this.#step({ kind: 'tick' });
    });
  }

  #perform(effect: NetworkEffect): void {
    switch (effect.kind) {
      case 'connect':
        this.#connect(effect);
        return;
      case 'write': {
        const { link } = effect;
        this.#sockets.get(link)?.write(effect.bytes);
        this.#scheduler.after(1, () => this.#step({ kind: 'flushed', link }));
        return;
      }
      case 'close':
        this.#sockets.get(effect.link)?.close();
        this.#sockets.delete(effect.link);
    }
  }

  #connect({ sid, addresses, timeoutMs }: Extract<NetworkEffect, { kind: 'connect' }>): void {
    const [address] = addresses;
    if (address === undefined) return;
    this.#network.connect(hostOf(this.#options.sid), address, timeoutMs, (socket) => {
      const link = this.#nextLink++;
      this.#sockets.set(link, socket);
      this.#scheduler.after(0, () => this.#step({ kind: 'connected', sid, link }));
      return this.#handler(link);
    }, () => this.#step({ kind: 'connectFailed', sid }));
  }

  #handler(link: number): SimHandler {
    return {
      onData: (bytes) => this.#step({ kind: 'data', link, bytes }),
      onClose: () => {
        this.#sockets.delete(link);
        this.#step({ kind: 'closed', link });
      },
    };
  }
}
