/** Votes: their order and when two are the same (facts 5.4; Vote, FastLeaderElection.totalOrderPredicate). */

import { STATE } from '../../../wire/quorum/notification.ts';

/** Which server shall lead, and what it has. */
export interface Candidate {
  readonly leader: bigint;
  readonly zxid: bigint;
  readonly peerEpoch: bigint;
}

export interface Vote extends Candidate {
  readonly round: bigint;
  /** The state of who cast it, one of STATE. */
  readonly state: number;
  /** The version of the message that it came in; 0 where that does not count. */
  readonly version: number;
}

/** Epoch, then transaction, then id: the greater wins. */
export function isGreater(a: Candidate, b: Candidate): boolean {
  if (a.peerEpoch !== b.peerEpoch) return a.peerEpoch > b.peerEpoch;
  if (a.zxid !== b.zxid) return a.zxid > b.zxid;
  return a.leader > b.leader;
}

/**
 * Whether two votes count as one. Within an election everything counts; outside only leader and epoch, since servers
 * that follow may remember other transactions and rounds (ZOOKEEPER-1805); and between a server that tells its
 * version and one that does not only the leader (ZOOKEEPER-1732).
 */
export function sameVote(a: Vote, b: Vote): boolean {
  if (a.leader !== b.leader) return false;
  if (a.state === STATE.looking || b.state === STATE.looking) {
    return a.zxid === b.zxid && a.round === b.round && a.peerEpoch === b.peerEpoch;
  }
  if (a.version > 0 !== b.version > 0) return true;
  return a.peerEpoch === b.peerEpoch;
}
