/**
 * The port on which a follower takes observers (observerMasterPort; ObserverMaster): carries out what its machine
 * wants, and hands on to the leader what the observers' clients ask.
 */

import type { CancelTimer } from '../../base/clock.ts';
import type { Listener } from '../listener.ts';
import type { LeaderEffects, LeaderEvent, Task } from '../replication/effects.ts';
import type { ForwardedRequest, LinkId } from '../replication/messages.ts';
import { ObserverMaster, type ObserverMasterInput } from '../replication/observer-master/observer-master.ts';
import { formatMembership } from '../replication/quorum/membership.ts';
import type { Transaction } from '../txn/transaction.ts';
import { LearnerLinks } from './learner-links.ts';
import { SyncTally } from './sync-tally.ts';
import type { TermParts } from './term.ts';

/** The way from observers to the leader. */
export interface ObserverErrands {
  /** @param link whose client asks */
  forward(link: LinkId, request: ForwardedRequest): void;
  revalidate(sessionId: bigint, timeoutMs: number, answer: (valid: boolean) => void): void;
  touch(sessionId: bigint, timeoutMs: number): void;
}

export class ObserverHost {
  readonly #parts: TermParts;
  readonly #errands: ObserverErrands;
  readonly #machine: ObserverMaster;
  readonly #links: LearnerLinks;
  #opening: Promise<Listener | null> = Promise.resolve(null);
  #cancelTick: CancelTimer = () => undefined;
  #tasks: Promise<void> = Promise.resolve();
  #over = false;

  constructor(parts: TermParts, epoch: number, errands: ObserverErrands) {
    this.#parts = parts;
    this.#errands = errands;
    const { house, configurations, limits, stats, clock, logger, packetBytesMax: bufferMax, settings: { sync } } = parts;
    const silenceMs = limits.initLimit * limits.tickMs;
    this.#links = new LearnerLinks({ clock, logger, bufferMax, silenceMs, tally: new SyncTally(stats), database: () => house.database }, {
      onMessage: (link, message) => this.#step({ kind: 'message', link, message, nowMs: this.#nowMs() }),
      onClosed: (link) => this.#step({ kind: 'linkClosed', link }),
    });
    this.#machine = new ObserverMaster({
      ...limits, epoch,
      syncsMax: { snap: sync.snapsMax, diff: sync.diffsMax },
      configVersion: () => configurations.current.version,
      configText: () => formatMembership(configurations.lastSeen),
      lastApplied: () => house.database.tree.lastZxid,
      committedLog: house.committed,
    });
  }

  /** Observers that are in step. */
  get synced(): number {
    return this.#machine.synced;
  }

  /** Begins to take observers. A port that cannot be listened on is told of; this server follows all the same. */
  open(port: number): void {
    const { sid, configurations, network, onAllAddresses, logger } = this.#parts;
    const host = onAllAddresses ? null : configurations.current.members.get(sid)?.addresses[0]?.host ?? null;
    this.#opening = network.listen({ host, port }, (socket) => (this.#over ? null : this.#links.accept(socket))).catch((error: unknown) => {
      logger.log('error', 'observerMasterPort cannot be listened on; observers go to other servers', { port, error });
      return null;
    });
    this.#armTick();
  }

  /** A transaction is applied here. @param designatedLeader of a reconfiguration; null for everything else */
  committed(txn: Transaction, designatedLeader: bigint | null): void {
    this.#step({ kind: 'committed', txn, designatedLeader });
  }

  /** The leader has answered a sync that was forwarded for this observer. */
  synchronised(link: LinkId): void {
    this.#step({ kind: 'synced', link });
  }

  /** Sends the observers away; they look for another server. */
  async close(): Promise<void> {
    this.#over = true;
    this.#cancelTick();
    this.#links.closeAll();
    await (await this.#opening)?.close();
    await this.#tasks;
  }

  #armTick(): void {
    const { clock, limits } = this.#parts;
    this.#cancelTick = clock.after(limits.tickMs / 2, () => {
      if (this.#over) return;
      const nowMs = this.#nowMs();
      for (const link of this.#links.tick()) this.#step({ kind: 'progress', link, nowMs });
      this.#step({ kind: 'tick', nowMs });
      this.#armTick();
    });
  }

  #step(input: ObserverMasterInput): void {
    if (!this.#over) this.#perform(this.#machine.step(input));
  }

  #perform({ tasks, send, steps, close }: LeaderEffects): void {
    for (const task of tasks) this.#run(task);
    for (const { link, message } of send) this.#links.send(link, message);
    for (const step of steps) if (step.kind === 'event') this.#event(step.event);
    for (const link of close) this.#links.close(link);
  }

  #event(event: LeaderEvent): void {
    if (event.kind === 'forwarded') this.#errands.forward(event.link, event.request);
    else if (event.kind === 'touched') for (const { id, timeoutMs } of event.sessions) this.#errands.touch(id, timeoutMs);
    else if (event.kind === 'revalidate') {
      const { link, sessionId, timeoutMs } = event;
      this.#errands.revalidate(sessionId, timeoutMs, (valid) => {
        // To be counted as the leader counts it: whoever comes back is there (ObserverMaster.revalidateLearnerSession).
        if (valid) this.#errands.touch(sessionId, timeoutMs);
        this.#step({ kind: 'revalidated', link, sessionId, valid });
      });
    }
  }

  /** One after the other, as all work of the disk. */
  #run(task: Task): void {
    if (task.kind !== 'readLog') return;
    this.#tasks = this.#tasks.then(async () => {
      if (this.#over) return;
      this.#step({ kind: 'done', task, txns: await this.#parts.house.readLog(task.from) });
    });
    this.#tasks.catch((error: unknown) => this.#parts.events.onFailure(error));
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }
}
