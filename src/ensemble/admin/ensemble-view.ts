/** What a member of an ensemble has to show beside what every server has (facts 6.1 to 6.3). */

/** Sizes of proposals in bytes; -1 before the first. */
export interface ProposalSizes {
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

/** The connection of an observer, as its leader counts (LearnerHandler.getLearnerHandlerInfo). */
export interface ObserverView {
  /** As host:port. */
  readonly remote: string;
  readonly sid: bigint;
  /** Milliseconds since 1970. */
  readonly establishedMs: number;
  readonly queuedPackets: number;
  readonly queuedBytes: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly requests: number;
  /** The last one that it was told of; -1 before the first. */
  readonly lastZxid: bigint;
}

export interface LeadingView {
  readonly learners: number;
  readonly syncedFollowers: number;
  readonly syncedObservers: number;
  /** In step, and no voters. */
  readonly syncedNonVoting: number;
  readonly pendingSyncs: number;
  readonly proposalSizes: ProposalSizes;
  resetProposalSizes(): void;
  readonly uptimeMs: number;
  /** Those in step. */
  readonly observers: readonly ObserverView[];
  /** Lets what is counted of them begin anew. */
  resetObservers(): void;
}

export interface LearningView {
  readonly observer: boolean;
  /** Whom it follows: the leader, or for an observer a follower that takes observers. */
  readonly master: bigint;
  /** Observers that are in step by way of this follower; null where it takes none. */
  readonly syncedObservers: number | null;
}

/** A member; addresses as host:port. */
export interface MemberView {
  readonly sid: bigint;
  readonly role: string;
  readonly quorumAddresses: readonly string[];
  readonly electionAddresses: readonly string[];
  /** Empty where this server does not know it. */
  readonly clientAddress: string;
}

export interface EnsembleView {
  readonly voters: readonly MemberView[];
  /** Null for a server that is no member. */
  readonly own: MemberView | null;
  readonly sid: bigint;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly electionPort: number;
  readonly quorumPort: number;
  readonly observer: boolean;
  /** The configuration in force, as Apache prints it. */
  readonly membershipText: string;
  readonly quorumSize: number;
  /** Who leads: its id and quorum address. */
  readonly leader: { readonly sid: bigint; readonly host: string; readonly port: number };
  /** Null for a learner. */
  readonly leading: LeadingView | null;
  /** Null for a leader. */
  readonly learning: LearningView | null;
}

/** What `srvr` calls a server that is in touch with no quorum. */
export const READ_ONLY = 'read-only';

/** The ensemble as far as this server takes part in it: a read-only one does not. */
export function quorumOf({ mode, ensemble }: { readonly mode: string; readonly ensemble: EnsembleView | null }): EnsembleView | null {
  return mode === READ_ONLY ? null : ensemble;
}

type Pair = readonly [string, string | number];

/** FastLeaderElection, the only algorithm there is. */
const ELECTION_ALGORITHM = 3;

/** The lines of `conf` that follow the server's id. */
export function ensembleConfiguration(view: EnsembleView): Pair[] {
  return [
    ['initLimit', view.initLimit], ['syncLimit', view.syncLimit], ['electionAlg', ELECTION_ALGORITHM],
    ['electionPort', view.electionPort], ['quorumPort', view.quorumPort], ['peerType', view.observer ? 1 : 0],
  ];
}

/** Figures of `mntr` without their prefix. */
export function ensembleFigures(view: EnsembleView, mode: string): Pair[] {
  const state: Pair[] = [['peer_state', `${STATE_WORDS[mode] ?? mode} - broadcast`], ['quorum_size', view.quorumSize]];
  const { leading } = view;
  if (leading === null) return [...state, ...learningFigures(view.learning)];
  return [
    ...state,
    ['learners', leading.learners],
    ['synced_followers', leading.syncedFollowers],
    ['synced_non_voting_followers', leading.syncedNonVoting],
    ['synced_observers', leading.syncedObservers],
    ['pending_syncs', leading.pendingSyncs],
    ['leader_uptime', Math.floor(leading.uptimeMs)],
    ['last_proposal_size', leading.proposalSizes.last],
    ['min_proposal_size', leading.proposalSizes.min],
    ['max_proposal_size', leading.proposalSizes.max],
  ];
}

/** FollowerZooKeeperServer.registerMetrics, ObserverZooKeeperServer.dumpMonitorValues */
function learningFigures(learning: LearningView | null): Pair[] {
  if (learning === null) return [];
  if (learning.observer) return [['observer_master_id', String(learning.master)]];
  return learning.syncedObservers === null ? [] : [['synced_observers', learning.syncedObservers]];
}

const STATE_WORDS: Readonly<Record<string, string>> = { leader: 'leading', follower: 'following', observer: 'observing' };

/** The last line of a leader's `srvr`. */
export function proposalLine({ leading }: EnsembleView): string[] {
  if (leading === null) return [];
  const { last, min, max } = leading.proposalSizes;
  return [`Proposal sizes last/min/max: ${last}/${min}/${max}`];
}
