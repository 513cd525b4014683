/**
 * The way to the server that is to be followed (Learner.LeaderConnector): a few tries, and a time for all of them. In:
 * who leads, the network. Out: a connection, or word that there is none. Must hold: a server that can not be reached
 * keeps nobody from looking for another leader for longer than connectTimeoutMs.
 */

import type { ClientSocket, SocketHandler } from '../listener.ts';
import type { ObserverMasterPlace } from './observer-masters.ts';
import type { TermParts } from './term.ts';

/** A leader elected at the same moment listens a few ms later: the first tries follow soon. */
const EARLY_RETRIES_MS = [5, 10, 20, 40] as const;
/** Apache's five, the early ones, and for a leader of Apache's, which decides 200 ms after this server may have (FastLeaderElection.finalizeWait). */
const CONNECT_TRIES = 5 + EARLY_RETRIES_MS.length + 3;

export interface LeaderCallEvents {
  onOpen(socket: ClientSocket): SocketHandler;
  /** There is no connection, and no further try. @param reason one clause */
  onFail(reason: string): void;
}

type CallParts = Pick<TermParts, 'network' | 'clock' | 'logger' | 'connectTimeoutMs' | 'settings' | 'configurations' | 'observerMasters'>;

export class LeaderCall {
  readonly #parts: CallParts;
  readonly #leader: bigint;
  readonly #observer: boolean;
  readonly #events: LeaderCallEvents;
  #master: bigint;
  #deadlineMs = 0;
  #over = false;

  constructor(parts: CallParts, leader: bigint, observer: boolean, events: LeaderCallEvents) {
    this.#parts = parts;
    this.#leader = leader;
    this.#master = leader;
    this.#observer = observer;
    this.#events = events;
  }

  /** The server that is called: not the leader where an observer goes to a follower. */
  get master(): bigint {
    return this.#master;
  }

  /** Begins, with all the time there is. */
  begin(): void {
    const { clock, connectTimeoutMs } = this.#parts;
    this.#deadlineMs = clock.monotonicMs() + connectTimeoutMs;
    this.#try(1);
  }

  /** No further try. A connection that comes all the same is for `onOpen` to close. */
  stop(): void {
    this.#over = true;
  }

  #try(attempt: number): void {
    const { network, clock } = this.#parts;
    if (this.#over) return;
    const place = this.#place();
    if (place === null) {
      this.#events.onFail(`server ${this.#leader}, which leads, is no member`);
      return;
    }
    this.#master = place.sid;
    const timeoutMs = Math.max(1, this.#deadlineMs - clock.monotonicMs());
    network.connect({ to: place.at, timeoutMs }, (socket) => this.#events.onOpen(socket), (reason) => this.#failed(place, reason, attempt));
  }

  #failed({ sid }: ObserverMasterPlace, reason: string, attempt: number): void {
    const { clock, logger, settings: { leaderRetryMs } } = this.#parts;
    if (this.#over) return;
    logger.log('info', 'the leader cannot be reached', { leader: this.#leader, server: sid, reason, attempt });
    const pauseMs = Math.min(EARLY_RETRIES_MS[attempt - 1] ?? leaderRetryMs, leaderRetryMs);
    if (attempt >= CONNECT_TRIES || clock.monotonicMs() + pauseMs >= this.#deadlineMs) this.#events.onFail('the leader cannot be reached');
    else clock.after(pauseMs, () => this.#try(attempt + 1));
  }

  /** The leader, or for an observer the next of those who take observers (QuorumPeer.findLearnerMaster). */
  #place(): ObserverMasterPlace | null {
    const { configurations: { current, lastSeen }, observerMasters } = this.#parts;
    if (this.#observer && observerMasters !== null) return observerMasters.next(current, this.#leader);
    const address = current.members.get(this.#leader)?.addresses[0] ?? lastSeen.members.get(this.#leader)?.addresses[0];
    return address === undefined ? null : { sid: this.#leader, at: { host: address.host, port: address.quorumPort } };
  }
}
