/**
 * Fast leader election (facts 5.3, 5.4; FastLeaderElection of Apache). In: notifications, time, what this server has.
 * Out: notifications to send, and in the end which server leads. Must hold: as long as this server looks for a leader
 * its vote never falls behind what it has itself, and it ends only with a quorum of every configuration in force.
 */

import type { Logger } from '../../../base/logger.ts';
import { STATE, decodeNotification, encodeNotification, type Notification } from '../../../wire/quorum/notification.ts';
import { QuorumWireError } from '../../../wire/quorum/quorum-wire-error.ts';
import { formatMembership, type Membership } from '../quorum/membership.ts';
import { VoteTracker } from '../quorum/vote-tracker.ts';
import { emptyEffects, type ElectionEffects } from './election-effects.ts';
import { readConfig, supersedes, votersOf, type Memberships } from './memberships.ts';
import { isGreater, sameVote, type Candidate, type Vote } from './vote.ts';

export interface ElectionOptions {
  readonly sid: bigint;
  readonly memberships: Memberships;
  /** reconfigEnabled: a newer configuration in a notification is adopted. */
  readonly reconfigEnabled: boolean;
  readonly multiAddress?: boolean;
  readonly standaloneEnabled?: boolean;
  /** How long to wait for a better vote when a quorum agrees. 200. */
  readonly finalizeWaitMs: number;
  /** fastleader.minNotificationInterval, 200, and maxNotificationInterval, 60000. */
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly logger: Logger;
}

export const ELECTION_DEFAULTS = { finalizeWaitMs: 200, minIntervalMs: 200, maxIntervalMs: 60_000 } as const;

/** What this server has on its disk when it begins to look. */
export interface Standing {
  readonly lastZxid: bigint;
  readonly currentEpoch: bigint;
}

/**
 * When all who vote agree, followers wait so long for those who have settled meanwhile to say so (what they had said
 * before is delivered first to one that comes late), and for the leader to listen.
 */
const EVERYBODY_WAIT_MS = 30;
const MIN_LONG = -0x8000_0000_0000_0000n;
const NO_ROUND = -1n;
const NO_ZXID = -1n;

interface Looking {
  readonly standing: Standing;
  readonly received: Map<bigint, Vote>;
  readonly outOfElection: Map<bigint, Vote>;
  intervalMs: number;
  deadlineMs: number;
  /** Who agrees, while the last wait for a better vote runs. */
  agreed: ReadonlySet<bigint> | null;
}

export class FastLeaderElection {
  readonly #options: ElectionOptions;
  #memberships: Memberships;
  #state: number = STATE.looking;
  #round = 0n;
  #proposal: Candidate = { leader: -1n, zxid: NO_ZXID, peerEpoch: NO_ZXID };
  #vote: Vote;
  #looking: Looking | null = null;
  #toSelf: Notification[] = [];
  #text: { readonly of: Membership; readonly text: string } | null = null;
  #effects = emptyEffects();

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#memberships = options.memberships;
    this.#vote = { leader: options.sid, zxid: 0n, peerEpoch: 0n, round: NO_ROUND, state: STATE.looking, version: 0 };
  }

  get state(): number {
    return this.#state;
  }

  /** The round of this server (logical clock). */
  get round(): bigint {
    return this.#round;
  }

  /** What was decided last; before the first election, this server itself. */
  get vote(): Vote {
    return this.#vote;
  }

  get proposal(): Candidate {
    return this.#proposal;
  }

  get memberships(): Memberships {
    return this.#memberships;
  }

  /** When `tick` must be called; null while no election is on. */
  get deadlineMs(): number | null {
    return this.#looking?.deadlineMs ?? null;
  }

  /** Begins an election (lookForLeader). */
  look(standing: Standing, nowMs: number): ElectionEffects {
    if (this.#vote.round === NO_ROUND) {
      this.#vote = { ...this.#vote, zxid: standing.lastZxid, peerEpoch: standing.currentEpoch };
    }
    this.#begin(standing, nowMs);
    return this.#drain(nowMs);
  }

  /** A message came (WorkerReceiver, then the loop of lookForLeader). */
  receive(sid: bigint, payload: Uint8Array, nowMs: number): ElectionEffects {
    const message = this.#decode(sid, payload);
    if (message !== null) this.#heard(sid, message, nowMs);
    return this.#drain(nowMs);
  }

  /**
   * Time has passed.
   *
   * @param delivered ElectionConnections.haveDelivered
   */
  tick(delivered: boolean, nowMs: number): ElectionEffects {
    const looking = this.#looking;
    if (looking === null || nowMs < looking.deadlineMs) return this.#take();
    if (looking.agreed !== null) {
      this.#decide({ ...this.#proposal, round: this.#round }, looking.agreed);
      return this.#take();
    }
    if (delivered) this.#tellAll();
    else this.#effects.connectAll = true;
    looking.intervalMs = Math.min(looking.intervalMs * 2, this.#options.maxIntervalMs);
    looking.deadlineMs = nowMs + looking.intervalMs;
    return this.#drain(nowMs);
  }

  /** A reconfiguration was proposed or committed. */
  setMemberships(memberships: Memberships): void {
    this.#memberships = memberships;
  }

  /** The epoch that the leader made is the one that latecomers shall hear (QuorumPeer.updateElectionVote). */
  setEpoch(epoch: bigint): void {
    this.#vote = { ...this.#vote, peerEpoch: epoch };
  }

  /** Takes a part without an election, as a reconfiguration with a designated leader does (updateServerState). */
  assume(state: number, leader: bigint, zxid: bigint): void {
    this.#looking = null;
    this.#state = state;
    this.#vote = { ...this.#vote, leader, zxid };
  }

  #begin(standing: Standing, nowMs: number): void {
    const { minIntervalMs } = this.#options;
    this.#state = STATE.looking;
    this.#round += 1n;
    this.#looking = {
      standing,
      received: new Map(),
      outOfElection: new Map(),
      intervalMs: minIntervalMs,
      deadlineMs: nowMs + minIntervalMs,
      agreed: null,
    };
    this.#toSelf = [];
    this.#proposal = this.#ownCandidate(standing);
    this.#tellAll();
  }

  #decode(sid: bigint, payload: Uint8Array): Notification | null {
    try {
      return decodeNotification(payload);
    } catch (error) {
      if (!(error instanceof QuorumWireError)) throw error;
      this.#options.logger.log('warn', `a notification is passed over: ${error.message}`, { sid });
      return null;
    }
  }

  #heard(sid: bigint, message: Notification, nowMs: number): void {
    if (this.#adoptsConfigOf(sid, message, nowMs)) return;
    if (!this.#isVoter(sid)) {
      this.#answer(sid, this.#vote, this.#round);
      return;
    }
    if (message.state < STATE.looking || message.state > STATE.observing) return;
    if (this.#looking === null) {
      if (message.state !== STATE.looking) return;
      this.#effects.looking.push(sid);
      this.#answer(sid, this.#vote, this.#vote.round);
      return;
    }
    if (message.state === STATE.looking && message.round < this.#round) this.#answer(sid, this.#proposal, this.#round);
    this.#consider(sid, message, this.#looking, nowMs);
  }

  /** @returns whether the election began anew because of it */
  #adoptsConfigOf(sid: bigint, { config }: Notification, nowMs: number): boolean {
    // Nearly always it is word for word one's own.
    if (config === null || config === this.#configText()) return false;
    const { logger, reconfigEnabled } = this.#options;
    const received = readConfig(config, this.#options);
    if (typeof received === 'string') {
      logger.log('warn', `the configuration in a notification is passed over: ${received}`, { sid });
      return false;
    }
    const looking = this.#looking;
    if (looking === null || !reconfigEnabled || received.version <= this.#memberships.current.version) return false;
    const changed = supersedes(this.#memberships, received);
    this.#memberships = changed.memberships;
    this.#effects.adopted = received;
    if (changed.same) return false;
    logger.log('info', 'a newer configuration is adopted, and the election begins anew', { sid, version: received.version });
    this.#begin(looking.standing, nowMs);
    return true;
  }

  #consider(sid: bigint, message: Notification, looking: Looking, nowMs: number): void {
    const valid = this.#isVoter(sid) && this.#isVoter(message.leader);
    if (looking.agreed !== null) {
      if (!valid || !this.#isBetter(message, this.#proposal)) {
        looking.deadlineMs = nowMs + this.#options.finalizeWaitMs;
        if (!valid || message.state !== STATE.looking || message.round !== this.#round) return;
        this.#correct(sid, message, looking);
        this.#count(sid, message, looking, nowMs);
        return;
      }
      looking.agreed = null;
    }
    looking.deadlineMs = nowMs + looking.intervalMs;
    if (!valid) return;
    if (message.state === STATE.looking) this.#considerLooking(sid, message, looking, nowMs);
    else if (message.state !== STATE.observing) this.#considerSettled(sid, message, looking);
  }

  /** The sender looks for a leader as well. */
  #considerLooking(sid: bigint, message: Notification, looking: Looking, nowMs: number): void {
    const own = this.#ownCandidate(looking.standing);
    if (own.zxid === NO_ZXID || message.zxid === NO_ZXID || message.round < this.#round) return;
    if (message.round > this.#round) {
      this.#round = message.round;
      looking.received.clear();
      this.#propose(this.#isBetter(message, own) ? message : own);
    } else if (this.#isBetter(message, this.#proposal)) {
      this.#propose(message);
    } else {
      this.#correct(sid, message, looking);
    }
    this.#count(sid, message, looking, nowMs);
  }

  /** Who begins just now may have taken what this server said before for news of the old term: it is told once more. */
  #correct(sid: bigint, message: Notification, looking: Looking): void {
    if (!looking.received.has(sid) && this.#isBetter(this.#proposal, message)) this.#answer(sid, this.#proposal, this.#round);
  }

  #count(sid: bigint, message: Notification, looking: Looking, nowMs: number): void {
    looking.received.set(sid, this.#voteOf(message, { state: STATE.looking, version: 0 }));
    const mine = { ...this.#proposal, round: this.#round, state: STATE.looking, version: 0 };
    const tracker = this.#track(looking.received, mine);
    if (!tracker.hasAllQuorums()) return;
    looking.agreed = tracker.agreed;
    // Nobody is left whose vote could be better. Apache waits all the same; the wait is for speed alone, as a leader is
    // one only when a quorum has followed it.
    const everybody = [...votersOf(this.#memberships)].every((voter) => tracker.agreed.has(voter));
    looking.deadlineMs = nowMs + (everybody ? EVERYBODY_WAIT_MS : this.#options.finalizeWaitMs);
    if (everybody && mine.leader === this.#options.sid) this.#decide(mine, tracker.agreed);
  }

  /** The sender follows or leads: join, if a quorum and the leader itself say so. */
  #considerSettled(sid: bigint, message: Notification, looking: Looking): void {
    const vote = this.#voteOf(message, message);
    if (message.round === this.#round) {
      looking.received.set(sid, { ...vote, version: 0 });
      const tracker = this.#track(looking.received, vote);
      if (tracker.hasAllQuorums() && this.#leads(looking.received, message)) {
        this.#decide(vote, tracker.agreed);
        return;
      }
    }
    looking.outOfElection.set(sid, vote);
    const tracker = this.#track(looking.outOfElection, vote);
    if (!tracker.hasAllQuorums() || !this.#leads(looking.outOfElection, message)) return;
    this.#round = message.round;
    this.#decide(vote, tracker.agreed);
  }

  /** Nobody else can know that a leader has crashed, so its own word is needed (checkLeader). */
  #leads(votes: ReadonlyMap<bigint, Vote>, { leader, round }: Notification): boolean {
    if (leader === this.#options.sid) return round === this.#round;
    return votes.get(leader)?.state === STATE.leading;
  }

  #decide(vote: Candidate & { readonly round: bigint }, supporters: ReadonlySet<bigint>): void {
    const { leader, zxid, peerEpoch, round } = vote;
    this.#vote = { leader, zxid, peerEpoch, round, state: STATE.looking, version: 0 };
    // A server that is no member yet follows as well, without a vote.
    const observes = this.#memberships.current.members.get(this.#options.sid)?.role === 'observer';
    const learner = observes ? STATE.observing : STATE.following;
    this.#state = leader === this.#options.sid ? STATE.leading : learner;
    this.#looking = null;
    this.#toSelf = [];
    this.#effects.outcome = { state: this.#state, vote: this.#vote, supporters };
  }

  #propose({ leader, zxid, peerEpoch }: Candidate): void {
    this.#proposal = { leader, zxid, peerEpoch };
    this.#tellAll();
  }

  #tellAll(): void {
    for (const sid of votersOf(this.#memberships)) this.#answer(sid, this.#proposal, this.#round);
  }

  #answer(sid: bigint, { leader, zxid, peerEpoch }: Candidate, round: bigint): void {
    const config = this.#configText();
    const message = { state: this.#state, leader, zxid, round, peerEpoch, config };
    if (sid === this.#options.sid) this.#toSelf.push({ ...message, version: 2 });
    else this.#effects.send.push({ sid, payload: encodeNotification(message) });
  }

  /** A server hears its own votes as it hears those of others. */
  #drain(nowMs: number): ElectionEffects {
    for (let message = this.#toSelf.shift(); message !== undefined; message = this.#toSelf.shift()) {
      this.#heard(this.#options.sid, message, nowMs);
    }
    return this.#take();
  }

  #track(votes: ReadonlyMap<bigint, Vote>, vote: Vote): VoteTracker {
    const { current, lastSeen } = this.#memberships;
    const tracker = new VoteTracker(
      lastSeen.version > current.version ? [current.verifier, lastSeen.verifier] : [current.verifier],
    );
    for (const [sid, cast] of votes) if (sameVote(vote, cast)) tracker.add(sid);
    return tracker;
  }

  #isBetter(a: Candidate, b: Candidate): boolean {
    return this.#memberships.current.verifier.weightOf(a.leader) !== 0n && isGreater(a, b);
  }

  /** A server that is no participant has no vote of its own: everybody's is better. */
  #ownCandidate({ lastZxid, currentEpoch }: Standing): Candidate {
    return this.#isParticipant()
      ? { leader: this.#options.sid, zxid: lastZxid, peerEpoch: currentEpoch }
      : { leader: MIN_LONG, zxid: MIN_LONG, peerEpoch: MIN_LONG };
  }

  #voteOf(message: Notification, { state, version }: { readonly state: number; readonly version: number }): Vote {
    const { leader, zxid, peerEpoch, round } = message;
    return { leader, zxid, peerEpoch, round, state, version };
  }

  #configText(): string {
    const { current } = this.#memberships;
    if (this.#text?.of !== current) this.#text = { of: current, text: formatMembership(current) };
    return this.#text.text;
  }

  #isParticipant(): boolean {
    return this.#memberships.current.verifier.isVoter(this.#options.sid);
  }

  #isVoter(sid: bigint): boolean {
    const { current, lastSeen } = this.#memberships;
    return current.verifier.isVoter(sid) || lastSeen.verifier.isVoter(sid);
  }

  #take(): ElectionEffects {
    const effects = this.#effects;
    this.#effects = emptyEffects();
    return effects;
  }
}
