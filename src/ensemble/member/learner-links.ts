/**
 * The connections that learners have to this server (Leader.LearnerCnxAcceptor, ObserverMaster). In: sockets, ticks.
 * Out: learners' words by connection. Must hold: who connects and says nothing does not stay, and keeps nobody else out.
 */

import type { Logger } from '../../base/logger.ts';
import type { ClientSocket, SocketHandler } from '../listener.ts';
import type { LeaderMessage, LearnerMessage, LinkId } from '../replication/messages.ts';
import type { Database } from '../tree/database.ts';
import { LeaderLink, type LeaderLinkOptions } from './leader-link.ts';

/** So many may be connected at once that have said nothing yet. */
export const SILENT_MAX = 64;

export interface LearnerLinksParts extends Pick<LeaderLinkOptions, 'bufferMax' | 'tally'> {
  readonly clock: { wallMs(): number; monotonicMs(): number };
  readonly logger: Logger;
  readonly database: () => Database;
  /** How long a caller may say nothing, in ms: initLimit ticks. */
  readonly silenceMs: number;
}

export interface LearnerLinksEvents {
  onMessage(link: LinkId, message: LearnerMessage): void;
  /** It has ended, not by a `close` of ours. */
  onClosed(link: LinkId): void;
}

export class LearnerLinks {
  readonly #parts: LearnerLinksParts;
  readonly #events: LearnerLinksEvents;
  readonly #links = new Map<LinkId, LeaderLink>();
  /** Who has said nothing yet, the oldest first, with the time when it is sent away. */
  readonly #silent = new Map<LinkId, number>();
  #next: LinkId = 1;

  constructor(parts: LearnerLinksParts, events: LearnerLinksEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** How many are there that have said something. */
  get learners(): number {
    return this.#links.size - this.#silent.size;
  }

  get(link: LinkId): LeaderLink | undefined {
    return this.#links.get(link);
  }

  /** Somebody has connected. Where too many are silent, the one that has been so for the longest makes way. */
  accept(socket: ClientSocket): SocketHandler {
    const { bufferMax, tally, clock, logger, database, silenceMs } = this.#parts;
    const link = this.#next++;
    const handler: LeaderLink = new LeaderLink(socket, database, { bufferMax, establishedMs: clock.wallMs(), tally }, {
      onMessage: (message) => {
        this.#silent.delete(link);
        this.#events.onMessage(link, message);
      },
      onClosed: (reason) => {
        logger.log('info', 'a learner is gone', { remote: handler.remote, reason });
        this.#forget(link);
        this.#events.onClosed(link);
      },
    });
    this.#links.set(link, handler);
    this.#silent.set(link, clock.monotonicMs() + silenceMs);
    const [oldest] = this.#silent.keys();
    if (this.#silent.size > SILENT_MAX && oldest !== undefined) this.close(oldest);
    return handler;
  }

  send(link: LinkId, message: LeaderMessage): void {
    this.#links.get(link)?.send(message);
  }

  close(link: LinkId): void {
    this.#links.get(link)?.close();
    this.#forget(link);
  }

  closeAll(): void {
    for (const link of [...this.#links.keys()]) this.close(link);
  }

  /** Sends those away who were silent for too long. @returns whose connections took in some of what waits for them since the last time */
  tick(): LinkId[] {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const [link, dueMs] of this.#silent) if (nowMs >= dueMs) this.close(link);
    return [...this.#links].filter(([, handler]) => handler.hasMoved()).map(([link]) => link);
  }

  #forget(link: LinkId): void {
    this.#links.delete(link);
    this.#silent.delete(link);
  }
}
