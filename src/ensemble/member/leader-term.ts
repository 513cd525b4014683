/**
 * A term as leader: carries out what the leader's machine wants, on the disk, on the connections to the learners, and
 * for this server's own clients.
 */

import { ErrorCode } from '../../model/error-code.ts';
import { makeZxid } from '../../model/zxid.ts';
import type { CancelTimer } from '../../base/clock.ts';
import { decodeUtf8 } from '../../base/text.ts';
import type { LeadingView, ObserverView, ProposalSizes } from '../admin/ensemble-view.ts';
import { LeaderRole } from '../leader-role.ts';
import type { Listener } from '../listener.ts';
import { LeaderSessions } from '../processors/leader-sessions.ts';
import { LocalSessions } from '../processors/local-sessions.ts';
import { firstSessionId, SessionTracker } from '../processors/session-tracker.ts';
import type { LeaderEffects, LeaderEvent, Task } from '../replication/effects.ts';
import { Leader } from '../replication/leader/leader.ts';
import type { LeaderInput } from '../replication/leader/leader-input.ts';
import type { ForwardedRequest, LinkId } from '../replication/messages.ts';
import { formatMembership, withVersion } from '../replication/quorum/membership.ts';
import { makePreparer, Serving } from '../serving.ts';
import { encodeTransaction } from '../txn/transaction-codec.ts';
import type { Transaction } from '../txn/transaction.ts';
import { designateLeader } from './configurations.ts';
import { LearnerLinks } from './learner-links.ts';
import { SyncTally } from './sync-tally.ts';
import type { Designated, Term, TermParts } from './term.ts';

/** ZooDefs.OpCode.reconfig, as a transaction */
const RECONFIG = 16;
const NOBODY: ReadonlySet<bigint> = new Set();
const NO_SIZES: ProposalSizes = { last: -1, min: -1, max: -1 };

export class LeaderTerm implements Term {
  readonly #parts: TermParts;
  readonly #voters: ReadonlySet<bigint>;
  readonly #machine: Leader;
  readonly #links: LearnerLinks;
  #listener: Listener | null = null;
  #serving: Serving | null = null;
  #role: LeaderRole | null = null;
  #sessions: LeaderSessions | null = null;
  #cancelTick: CancelTimer = () => undefined;
  #tasks: Promise<void> = Promise.resolve();
  #sizes = NO_SIZES;
  #servingSinceMs = 0;
  /** When it began to wait for followers. */
  #startedMs: number | null = null;
  #successor: Designated | null = null;
  readonly #due: LeaderEffects[] = [];
  #performing = false;
  #over = false;

  /** @param voters who elected this server */
  constructor(parts: TermParts, voters: ReadonlySet<bigint> = NOBODY) {
    this.#parts = parts;
    this.#voters = voters;
    const { sid, house, configurations, limits, clock, logger, packetBytesMax: bufferMax, settings: { sync } } = parts;
    const silenceMs = limits.initLimit * limits.tickMs;
    this.#links = new LearnerLinks({ clock, logger, bufferMax, silenceMs, tally: new SyncTally(parts.stats), database: () => house.database }, {
      onMessage: (link, message) => this.#step({ kind: 'message', link, message, nowMs: this.#nowMs() }),
      onClosed: (link) => this.#gone(link),
    });
    const { snapshotSizeFactor, forceSnapshot, snapsMax: snap, diffsMax: diff } = sync;
    this.#machine = new Leader({
      ...limits, sid,
      rule: configurations.current.verifier,
      reconfiguration: {
        version: () => configurations.lastSeen.version,
        rules: () => (configurations.pending ? [configurations.current.verifier, configurations.lastSeen.verifier] : [configurations.current.verifier]),
        designate: (_txn, acked) => designateLeader(configurations.lastSeen, configurations.current, sid, acked),
      },
      configVersion: configurations.lastSeen.version,
      configText: (epoch) => this.#configText(epoch),
      acceptedEpoch: house.epochs.accepted,
      currentEpoch: house.epochs.current,
      lastZxid: house.lastLogged,
      committedLog: house.committed,
      diskSyncAllowed: snapshotSizeFactor === null || snapshotSizeFactor >= 0,
      forceSnapshot,
      syncsMax: { snap, diff },
    });
  }

  get serving(): Serving | null {
    return this.#over ? null : this.#serving;
  }

  start(): void {
    void this.#open();
  }

  durable(zxid: bigint): void {
    this.#step({ kind: 'durable', zxid });
  }

  /** It may have changed its mind, and this server would wait for it in vain (Leader.reportLookingSid). */
  looking(sid: bigint): void {
    const { epochWaitMs } = this.#parts.settings.election;
    const startedMs = this.#startedMs;
    if (epochWaitMs === null || startedMs === null || this.#machine.epoch !== null || !this.#voters.has(sid)) return;
    if (this.#nowMs() - startedMs <= epochWaitMs) return;
    this.#parts.stats.count('quit_leading_due_to_disloyal_voter');
    this.stop(`server ${sid} elected this one and looks for a leader again`);
  }

  stop(reason: string, designated: Designated | null = null): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTick();
    this.#links.closeAll();
    this.#serving?.stop();
    this.#serving?.closeAll();
    void this.#windDown(reason, designated);
  }

  /** What was proposed is in the log, so it is part of this server's history, committed or not. */
  async #windDown(reason: string, designated: Designated | null): Promise<void> {
    const { house, events } = this.#parts;
    try {
      await this.#listener?.close();
      await this.#tasks;
      await house.settled();
    } catch (error) {
      events.onFailure(error);
      return;
    }
    for (const txn of this.#machine.outstanding) house.apply(txn);
    events.onEnded(reason, designated);
  }

  async #open(): Promise<void> {
    const { sid, configurations, network, logger, onAllAddresses } = this.#parts;
    const own = configurations.current.members.get(sid)?.addresses[0];
    if (own === undefined) {
      this.stop('this server is no member any more');
      return;
    }
    try {
      this.#listener = await network.listen({ host: onAllAddresses ? null : own.host, port: own.quorumPort }, (socket) => (this.#over ? null : this.#links.accept(socket)));
    } catch (error) {
      logger.log('error', 'the quorum port cannot be listened on', { error });
      this.stop('the quorum port cannot be listened on');
      return;
    }
    if (this.#over) {
      await this.#listener.close();
      return;
    }
    this.#startedMs = this.#nowMs();
    this.#step({ kind: 'start', nowMs: this.#startedMs });
    this.#armTick();
  }

  #gone(link: LinkId): void {
    this.#step({ kind: 'linkClosed', link });
    this.#handOver();
  }

  /** Ends when all learners have gone to the one who leads from now on. */
  #handOver(): void {
    if (this.#successor !== null && this.#links.learners === 0) this.stop('another server leads from now on', this.#successor);
  }

  #armTick(): void {
    const { clock, limits } = this.#parts;
    this.#cancelTick = clock.after(limits.tickMs / 2, () => {
      if (this.#over) return;
      const nowMs = this.#nowMs();
      for (const link of this.#links.tick()) this.#step({ kind: 'progress', link, nowMs });
      this.#step({ kind: 'tick', nowMs });
      if (!this.#over) this.#armTick();
    });
  }

  /** What an effect gives rise to comes behind all effects of the step that it belongs to. */
  #step(input: LeaderInput): void {
    if (this.#over) return;
    this.#due.push(this.#machine.step(input));
    if (this.#performing) return;
    this.#performing = true;
    try {
      for (let effects = this.#due.shift(); effects !== undefined; effects = this.#due.shift()) this.#perform(effects);
    } finally {
      this.#performing = false;
    }
  }

  #perform(effects: LeaderEffects): void {
    const { house, stats } = this.#parts;
    for (const txn of effects.persist) house.append(txn);
    stats.count('proposal_count', effects.persist.length);
    for (const task of effects.tasks) this.#run(task);
    for (const { link, message } of effects.send) this.#links.send(link, message);
    for (const step of effects.steps) {
      if (step.kind === 'apply') this.#apply(step.txn);
      else this.#event(step.event);
    }
    for (const link of effects.close) this.#links.close(link);
    if (effects.close.length > 0) this.#handOver();
    if (effects.ended !== null) this.stop(effects.ended);
  }

  #apply(txn: Transaction): void {
    const { stats, clock } = this.#parts;
    const role = this.#role;
    // What changes the configuration is counted by nobody (Leader.tryToCommit).
    if (txn.body.type !== RECONFIG) {
      stats.count('commit_count');
      stats.since('quorum_ack_latency', txn.header, clock.wallMs());
    }
    if (role !== null) this.#serving?.perform({ persist: [], send: [], apply: [role.committed(txn)], answer: [] });
  }

  #event(event: LeaderEvent): void {
    switch (event.kind) {
      case 'serve':
        this.#serve(event.epoch, event.zxid);
        return;
      case 'forwarded':
        this.#forwarded(event.link, event.request);
        return;
      case 'touched':
        for (const { id, timeoutMs } of event.sessions) this.#sessions?.touch(id, timeoutMs, this.#nowMs());
        return;
      case 'revalidate': {
        const { link, sessionId, timeoutMs } = event;
        const valid = this.#revalidate(sessionId, timeoutMs, link);
        this.#step({ kind: 'revalidated', link, sessionId, valid });
        return;
      }
      case 'activate':
        this.#activate(event.txn, event.designatedLeader);
        return;
      case 'synced':
        for (let i = 0; i < event.count; i++) if (this.#role !== null) this.#serving?.perform(this.#role.synced());
    }
  }

  /** The first leader of all gives the configuration its version (ZOOKEEPER-1783). */
  #configText(epoch: number): string {
    const { configurations } = this.#parts;
    const { lastSeen } = configurations;
    const first = lastSeen.version === 0n;
    if (first && epoch > 0) configurations.see(withVersion(lastSeen, makeZxid(epoch, 0)));
    // One that is being introduced comes into force with the epoch; later on it must not before it is committed.
    const inForce = this.#serving !== null && configurations.current.version !== 0n;
    return formatMembership(inForce ? configurations.current : configurations.lastSeen);
  }

  /** A leader that is not to lead any more commits nothing; its learners leave it, and then it ends. */
  #activate({ header: { zxid } }: Transaction, designated: bigint): void {
    const { configurations, sid, events } = this.#parts;
    configurations.activate(configurations.lastSeen, sid, sid, designated);
    events.onReconfigured();
    if (designated !== sid) this.#successor = { leader: designated, zxid };
  }

  #serve(epoch: number, zxid: bigint): void {
    const { sid, clock, house, events, limits, configurations } = this.#parts;
    house.beginEpoch(zxid);
    configurations.activate(configurations.lastSeen, sid, sid, sid);
    const parts = this.#parts.servingParts(sid, { leading: () => this.#leading(), learning: () => null });
    this.#servingSinceMs = this.#nowMs();
    const nowMs = this.#nowMs();
    const tracker = new SessionTracker(limits.tickMs, firstSessionId(Number(sid), clock.wallMs()), nowMs, ErrorCode.SessionExpired);
    for (const [id, timeoutMs] of house.database.sessions.entries()) tracker.track(id, timeoutMs, nowMs);
    const local = parts.config.localSessionsEnabled ? new LocalSessions(limits.tickMs, nowMs) : null;
    const sessions = new LeaderSessions(tracker, local, sid);
    this.#sessions = sessions;
    this.#serving = new Serving(parts, {
      sessions,
      checksAclsEarly: this.#parts.settings.checksAclsEarly,
      expires: tracker,
      screens: true,
      voters: () => configurations.current.verifier.voters.size,
      revalidate: (sessionId, timeoutMs, answer) => answer(this.#revalidate(sessionId, timeoutMs, 0)),
      make: (access) => {
        this.#role = new LeaderRole(makePreparer(parts, access, sessions, zxid, configurations.judge(() => this.#machine.synced)), {
          propose: (txn) => this.#propose(txn),
          sync: () => this.#step({ kind: 'sync', link: null, nowMs: this.#nowMs() }),
        });
        return this.#role;
      },
    });
    this.#serving.start();
    events.onServing(epoch);
  }

  #leading(): LeadingView {
    const { verifier } = this.#parts.configurations.current;
    const { learners, pendingSyncs } = this.#machine;
    const serving = learners.filter((learner) => learner.serving);
    const followers = serving.filter(({ observer }) => !observer);
    return {
      learners: learners.length,
      syncedFollowers: followers.filter(({ sid }) => verifier.isVoter(sid)).length,
      syncedNonVoting: followers.filter(({ sid }) => !verifier.isVoter(sid)).length,
      syncedObservers: serving.length - followers.length,
      pendingSyncs,
      proposalSizes: this.#sizes,
      resetProposalSizes: () => {
        this.#sizes = NO_SIZES;
      },
      uptimeMs: this.#nowMs() - this.#servingSinceMs,
      observers: serving.filter(({ observer }) => observer).flatMap(({ link, sid }) => this.#observerView(link, sid)),
      resetObservers: () => {
        for (const { link, observer } of serving) if (observer) this.#links.get(link)?.resetCounts();
      },
    };
  }

  #observerView(link: LinkId, sid: bigint): ObserverView[] {
    const handler = this.#links.get(link);
    if (handler === undefined) return [];
    const { remote, establishedMs, queued, counts } = handler;
    return [{ sid, remote, establishedMs, queuedPackets: queued.packets, queuedBytes: queued.bytes, ...counts }];
  }

  #count(bytes: number): void {
    const { min, max } = this.#sizes;
    this.#sizes = { last: bytes, min: min < 0 ? bytes : Math.min(min, bytes), max: Math.max(max, bytes) };
  }

  #propose(txn: Transaction): void {
    this.#count(encodeTransaction(txn).length);
    const { configurations } = this.#parts;
    if (txn.body.type === RECONFIG && txn.body.data !== null) {
      const next = configurations.read(decodeUtf8(txn.body.data));
      if (next !== null) configurations.see(next);
    }
    this.#step({ kind: 'propose', txn });
  }

  #forwarded(link: LinkId, { sessionId, cxid, type, body, identities }: ForwardedRequest): void {
    this.#serving?.submit({ connection: null, sessionId, cxid, type, body, identities, receivedMs: this.#nowMs(), owner: link });
  }

  #revalidate(sessionId: bigint, timeoutMs: number, owner: number): boolean {
    const sessions = this.#sessions;
    if (sessions === null || !sessions.touchGlobal(sessionId, timeoutMs, this.#nowMs())) return false;
    sessions.setOwner(sessionId, owner);
    return true;
  }

  /** One after the other: the disk's work has an order. */
  #run(task: Task): void {
    this.#tasks = this.#tasks.then(async () => {
      if (this.#over) return;
      const { house } = this.#parts;
      let txns: readonly Transaction[] = [];
      if (task.kind === 'saveAcceptedEpoch') await house.epochs.setAccepted(task.epoch);
      else if (task.kind === 'saveCurrentEpoch') {
        await house.settled();
        await house.epochs.setCurrent(task.epoch);
      } else if (task.kind === 'readLog') txns = await house.readLog(task.from);
      this.#step({ kind: 'done', task, txns });
    });
    this.#tasks.catch((error: unknown) => this.#parts.events.onFailure(error));
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }
}
