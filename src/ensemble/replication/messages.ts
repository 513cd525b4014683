/**
 * What leader and learners say to each other, without its encoding (facts 5.5; QuorumPacket). wire/quorum turns it
 * into bytes; the machines of this folder know only these.
 */

import type { Id } from '../../model/acl.ts';
import type { Transaction } from '../txn/transaction.ts';

/** Names one connection between leader and learner on the leader's side. A learner that comes again has another one. */
export type LinkId = number;

/** A session and its timeout in ms, as pings carry them. */
export interface TouchedSession {
  readonly id: bigint;
  readonly timeoutMs: number;
}

/** A client's request on its way to the leader. The body is the client's own bytes. */
export interface ForwardedRequest {
  readonly sessionId: bigint;
  readonly cxid: number;
  readonly type: number;
  readonly body: Uint8Array;
  readonly identities: readonly Id[];
}

/** Learner to leader. */
export type LearnerMessage =
  /** FOLLOWERINFO, OBSERVERINFO: the first word. A configuration version above the leader's is refused. */
  | {
      readonly kind: 'info';
      readonly sid: bigint;
      readonly observer: boolean;
      readonly acceptedEpoch: number;
      readonly configVersion: bigint;
    }
  /** @property currentEpoch -1 when the offered epoch had been accepted before */
  | { readonly kind: 'ackEpoch'; readonly lastZxid: bigint; readonly currentEpoch: number }
  | { readonly kind: 'ack'; readonly zxid: bigint }
  | { readonly kind: 'ping'; readonly zxid: bigint; readonly sessions: readonly TouchedSession[] }
  | { readonly kind: 'revalidate'; readonly sessionId: bigint; readonly timeoutMs: number }
  | { readonly kind: 'request'; readonly request: ForwardedRequest };

/** Leader to learner. */
export type LeaderMessage =
  | { readonly kind: 'leaderInfo'; readonly epoch: number }
  | { readonly kind: 'diff'; readonly zxid: bigint }
  | { readonly kind: 'trunc'; readonly zxid: bigint }
  /** The tree as it is when this is sent follows, whole and of one moment. */
  | { readonly kind: 'snap'; readonly zxid: bigint }
  | { readonly kind: 'proposal'; readonly txn: Transaction }
  | { readonly kind: 'commit'; readonly zxid: bigint }
  | { readonly kind: 'inform'; readonly txn: Transaction }
  | { readonly kind: 'commitAndActivate'; readonly zxid: bigint; readonly designatedLeader: bigint }
  | { readonly kind: 'informAndActivate'; readonly txn: Transaction; readonly designatedLeader: bigint }
  | { readonly kind: 'newLeader'; readonly epoch: number; readonly config: string | null }
  | { readonly kind: 'upToDate' }
  | { readonly kind: 'ping'; readonly zxid: bigint }
  | { readonly kind: 'sync' }
  | { readonly kind: 'revalidated'; readonly sessionId: bigint; readonly valid: boolean };

/** Which sets of servers may decide (QuorumVerifier). */
export interface QuorumRule {
  isVoter(sid: bigint): boolean;
  hasQuorum(sids: ReadonlySet<bigint>): boolean;
}
