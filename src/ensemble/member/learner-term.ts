/**
 * A term with another leader: carries out what the learner's machine wants, on the disk, on the connection to the
 * leader, and for this server's own clients.
 */

import type { CancelTimer } from '../../base/clock.ts';
import { decodeUtf8 } from '../../base/text.ts';
import { CONFIG_PATH } from '../../model/zpath.ts';
import type { LearningView } from '../admin/ensemble-view.ts';
import { LearnerRole } from '../learner-role.ts';
import type { ClientSocket, SocketHandler } from '../listener.ts';
import { LearnerSessions } from '../processors/learner-sessions.ts';
import { LocalSessions } from '../processors/local-sessions.ts';
import { firstSessionId } from '../processors/session-tracker.ts';
import type { LearnerEffects, LearnerEvent, LearnerStep, Task } from '../replication/effects.ts';
import { StorageError } from '../log/storage-error.ts';
import { Learner, type LearnerInput } from '../replication/learner/learner.ts';
import { Serving } from '../serving.ts';
import type { ForwardedRequest, LeaderMessage, LinkId } from '../replication/messages.ts';
import type { Membership } from '../replication/quorum/membership.ts';
import type { Database } from '../tree/database.ts';
import type { Transaction } from '../txn/transaction.ts';
import { LeaderCall } from './leader-call.ts';
import { LearnerLink } from './learner-link.ts';
import { ObserverHost } from './observer-host.ts';
import type { Designated, Term, TermParts } from './term.ts';

/** ZooDefs.OpCode.reconfig, as a transaction */
const RECONFIG = 16;
/** REQUEST's type of a sync (ZooDefs.OpCode.sync). */
const SYNC = 9;

/**
 * What is the leader's transaction must be taken in whatever its length: it is in the leader's log already, and a learner
 * that refuses it refuses it for ever (ZOOKEEPER-4306).
 */
const LEADER_PACKET_BYTES_MAX = 256 * 1024 * 1024;

export class LearnerTerm implements Term {
  readonly #parts: TermParts;
  readonly #leader: bigint;
  #machine: Learner;
  readonly #observer: boolean;
  readonly #revalidating = new Map<bigint, ((valid: boolean) => void)[]>();
  /** Who was asked to answer next, oldest first: an observer of this follower's, or a client of this server's (null). */
  readonly #syncs: (LinkId | null)[] = [];
  #observers: ObserverHost | null = null;
  readonly #call: LeaderCall;
  #link: LearnerLink | null = null;
  /** When it promised the epoch, and what it lacks began to come. */
  #syncingSinceMs = 0;
  #received: Database | null = null;
  /** What the leader wanted cut off cannot be. */
  #wantsTree = false;
  /** What came with NEWLEADER, to be in force when clients are served. */
  #newConfig: Membership | null = null;
  #sessions: LearnerSessions | null = null;
  #serving: Serving | null = null;
  #role: LearnerRole | null = null;
  #cancelTick: CancelTimer = () => undefined;
  #tasks: Promise<void> = Promise.resolve();
  #over = false;

  constructor(parts: TermParts, leader: bigint, observer: boolean) {
    this.#parts = parts;
    this.#leader = leader;
    this.#observer = observer;
    this.#call = new LeaderCall(parts, leader, observer, {
      onOpen: (socket) => this.#connected(socket),
      onFail: (reason) => this.stop(reason),
    });
    this.#machine = this.#newMachine();
  }

  #newMachine(): Learner {
    const { sid, house, configurations, limits } = this.#parts;
    return new Learner({
      ...limits, sid,
      wantsTree: this.#wantsTree,
      observer: this.#observer,
      // Not the one last seen: a server that was elected and never led has seen one that nobody else knows.
      configVersion: configurations.current.version,
      acceptedEpoch: house.epochs.accepted,
      currentEpoch: house.epochs.current,
      lastZxid: house.lastLogged,
      touched: () => this.#sessions?.takeTouched() ?? [],
    });
  }

  get serving(): Serving | null {
    return this.#over ? null : this.#serving;
  }

  start(): void {
    const { clock, connectDelayMs } = this.#parts;
    if (connectDelayMs > 0) clock.after(connectDelayMs, () => this.#over || this.#call.begin());
    else this.#call.begin();
    this.#armTick();
  }

  durable(zxid: bigint): void {
    this.#step({ kind: 'durable', zxid });
  }

  stop(reason: string, designated: Designated | null = null): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTick();
    this.#call.stop();
    this.#link?.close();
    this.#serving?.stop();
    this.#serving?.closeAll();
    const observers = this.#observers?.close() ?? Promise.resolve();
    void this.#windDown(observers, reason, designated);
  }

  /** What is in the log is part of this server's history, committed or not. */
  async #windDown(observers: Promise<void>, reason: string, designated: Designated | null): Promise<void> {
    const { house, events } = this.#parts;
    try {
      await observers;
      await this.#tasks;
      await house.settled();
    } catch (error) {
      events.onFailure(error);
      return;
    }
    for (const txn of this.#machine.unapplied) house.apply(txn);
    events.onEnded(reason, designated);
  }

  #connected(socket: ClientSocket): SocketHandler {
    const { house } = this.#parts;
    const link = new LearnerLink(socket, () => house.newDatabase(), LEADER_PACKET_BYTES_MAX, {
      onMessage: (message, tree) => {
        if (tree !== null) this.#received = tree;
        if (this.#machine.serving) this.#count(message);
        this.#step({ kind: 'message', message, nowMs: this.#nowMs() });
      },
      onProgress: () => this.#step({ kind: 'progress', nowMs: this.#nowMs() }),
      onClosed: (reason) => this.stop(reason),
    });
    if (this.#over) link.close();
    this.#link = link;
    this.#step({ kind: 'start', nowMs: this.#nowMs() });
    return link;
  }

  /** What a learner that serves is told; not what brings it there, and no change of the configuration (Follower, Observer: processPacket). */
  #count(message: LeaderMessage): void {
    const { stats, clock } = this.#parts;
    if (message.kind === 'proposal') {
      stats.count('learner_proposal_received_count');
      stats.since('proposal_latency', message.txn.header, clock.wallMs());
    } else if (message.kind === 'commit' || message.kind === 'inform') {
      stats.count('learner_commit_received_count');
    }
  }

  #armTick(): void {
    const { clock, limits } = this.#parts;
    this.#cancelTick = clock.after(limits.tickMs / 2, () => {
      if (this.#over) return;
      if (this.#link !== null) this.#step({ kind: 'tick', nowMs: this.#nowMs() });
      if (!this.#over) this.#armTick();
    });
  }

  #step(input: LearnerInput): void {
    if (!this.#over) this.#perform(this.#machine.step(input));
  }

  #perform(effects: LearnerEffects): void {
    const { house } = this.#parts;
    for (const txn of effects.persist) house.append(txn);
    for (const task of effects.tasks) this.#run(task);
    for (const message of effects.send) {
      if (message.kind === 'ackEpoch') this.#syncingSinceMs = this.#nowMs();
      this.#link?.send(message);
    }
    for (const step of effects.steps) this.#do(step);
    if (effects.ended !== null) this.stop(effects.ended);
    else this.#link?.pause(this.#machine.waiting);
  }

  #do(step: LearnerStep): void {
    const { house } = this.#parts;
    if (step.kind === 'event') {
      this.#event(step.event);
      return;
    }
    if (this.#serving === null || this.#role === null) {
      house.apply(step.txn);
      return;
    }
    house.committed.add(step.txn);
    this.#serving.perform({ persist: [], send: [], apply: [this.#role.committed(step.txn)], answer: [] });
    // Of a reconfiguration observers are told who leads from then on, which comes with its activation.
    if (step.txn.body.type !== RECONFIG) this.#observers?.committed(step.txn, null);
  }

  #event(event: LearnerEvent): void {
    switch (event.kind) {
      case 'serve':
        this.#serve(event.epoch);
        return;
      case 'synced':
        this.#synced(this.#syncs.shift() ?? null);
        return;
      case 'revalidated':
        this.#revalidated(event.sessionId, event.valid);
        return;
      case 'configSeen':
        this.#newConfig = this.#see(event.config);
        return;
      case 'configProposed':
        this.#seeTransaction(event.txn);
        return;
      case 'activate':
        this.#observers?.committed(event.txn, event.designatedLeader);
        this.#activate(this.#seeTransaction(event.txn), { leader: event.designatedLeader, zxid: event.txn.header.zxid });
    }
  }

  #synced(link: LinkId | null): void {
    if (link !== null) this.#observers?.synchronised(link);
    else if (this.#role !== null) this.#serving?.perform(this.#role.synced());
  }

  #see(text: string): Membership | null {
    const { configurations, logger } = this.#parts;
    const read = configurations.read(text);
    if (read === null) logger.log('warn', 'a configuration from the leader cannot be read', { text });
    else configurations.see(read);
    return read;
  }

  #seeTransaction({ body }: Transaction): Membership | null {
    return body.type === RECONFIG && body.data !== null ? this.#see(decodeUtf8(body.data)) : null;
  }

  /** @param designated null: who leads is for an election to say */
  #activate(next: Membership | null, designated: Designated | null): boolean {
    const { configurations, sid, events } = this.#parts;
    if (next === null) return false;
    const { major } = configurations.activate(next, sid, this.#leader, designated?.leader ?? null);
    events.onReconfigured();
    if (major) this.stop('the configuration has changed', designated);
    return major;
  }

  #serve(epoch: number): void {
    const { sid, clock, house, events, limits, stats, configurations } = this.#parts;
    if (this.#activate(this.#newConfig, null)) return;
    stats.add(this.#observer ? 'observer_sync_time' : 'follower_sync_time', this.#nowMs() - this.#syncingSinceMs);
    // All that the leader applied while it sent its tree, it said before it heard that the tree is here.
    house.database.setBetween(false);
    const parts = this.#parts.servingParts(this.#leader, { leading: () => null, learning: () => this.#learning() });
    const local = parts.config.localSessionsEnabled ? new LocalSessions(limits.tickMs, clock.monotonicMs()) : null;
    const sessions = new LearnerSessions(firstSessionId(Number(sid), clock.wallMs()), house.database.sessions.entries(), local);
    this.#sessions = sessions;
    this.#serving = new Serving(parts, {
      sessions,
      checksAclsEarly: this.#parts.settings.checksAclsEarly,
      expires: null,
      screens: true,
      ...(this.#observer ? {} : { voters: () => configurations.current.verifier.voters.size }),
      revalidate: (sessionId, timeoutMs, answer) => this.#revalidate(sessionId, timeoutMs, answer),
      make: () => {
        this.#role = new LearnerRole(this.#observer ? 'observer' : 'follower', ({ sessionId, cxid, type, body, identities }) => {
          this.#forward(null, { sessionId, cxid, type, body, identities });
        });
        return this.#role;
      },
    });
    this.#serving.start();
    if (!this.#observer) this.#takeObservers(epoch, sessions);
    events.onServing(epoch);
  }

  #takeObservers(epoch: number, sessions: LearnerSessions): void {
    const { observerMasterPort } = this.#parts;
    if (observerMasterPort === null) return;
    this.#observers = new ObserverHost(this.#parts, epoch, {
      forward: (link, request) => this.#forward(link, request),
      revalidate: (sessionId, timeoutMs, answer) => this.#revalidate(sessionId, timeoutMs, answer),
      touch: (sessionId, timeoutMs) => void sessions.touch(sessionId, timeoutMs, this.#nowMs()),
    });
    this.#observers.open(observerMasterPort);
  }

  #learning(): LearningView {
    return { observer: this.#observer, master: this.#call.master, syncedObservers: this.#observers?.synced ?? null };
  }

  /** @param link of the observer whose client asks; null: a client of this server's */
  #forward(link: LinkId | null, request: ForwardedRequest): void {
    if (request.type === SYNC) this.#syncs.push(link);
    this.#step({ kind: 'forward', request });
  }

  #revalidate(sessionId: bigint, timeoutMs: number, answer: (valid: boolean) => void): void {
    const waiting = this.#revalidating.get(sessionId);
    if (waiting === undefined) this.#revalidating.set(sessionId, [answer]);
    else waiting.push(answer);
    this.#step({ kind: 'revalidate', sessionId, timeoutMs });
  }

  #revalidated(sessionId: bigint, valid: boolean): void {
    const [answer, ...rest] = this.#revalidating.get(sessionId) ?? [];
    if (rest.length === 0) this.#revalidating.delete(sessionId);
    else this.#revalidating.set(sessionId, rest);
    answer?.(valid);
  }

  /** One after the other: the disk's work has an order. */
  #run(task: Task): void {
    this.#tasks = this.#tasks.then(async () => {
      if (this.#over) return;
      if (!await this.#work(task)) {
        this.#askForTree();
        return;
      }
      const { configurations, house } = this.#parts;
      if (task.kind === 'truncate' || task.kind === 'install') configurations.relearn(house.database.tree.node(CONFIG_PATH)?.data ?? null);
      this.#step({ kind: 'done', task });
    });
    this.#tasks.catch((error: unknown) => this.#parts.events.onFailure(error));
  }

  /** @returns false when it cannot be done, and nothing is changed */
  async #work(task: Task): Promise<boolean> {
    const { house } = this.#parts;
    switch (task.kind) {
      case 'saveAcceptedEpoch':
        await house.epochs.setAccepted(task.epoch);
        return true;
      case 'saveCurrentEpoch':
        await house.settled();
        await house.epochs.setCurrent(task.epoch);
        return true;
      case 'truncate':
        return house.truncate(task.zxid);
      case 'install': {
        const received = this.#received;
        this.#received = null;
        if (received !== null) await house.install(received);
        return true;
      }
      case 'readLog':
        return true;
    }
  }

  /** Begins anew with the same leader. What is here stays until its tree has come whole: it may be what a quorum rests on. */
  #askForTree(): void {
    if (this.#over) return;
    if (this.#wantsTree) {
      this.#parts.events.onFailure(new StorageError(
        'SnapshotMissing',
        'the leader wants the end of the log cut off, nothing whole would be left here, and it does not ' +
          'send its tree. Empty this server’s version-2 and let it copy the data from the others.',
      ));
      return;
    }
    this.#wantsTree = true;
    this.#parts.logger.log('warn', 'nothing whole would be left without what the leader wants cut off: its tree is asked for');
    this.#link?.close();
    this.#link = null;
    this.#machine = this.#newMachine();
    this.#call.begin();
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }
}
