/** The configurations that count in an election: the one in force, and the one that was last proposed. */

import { ConfigError } from '../../config/config-error.ts';
import { parseMembershipText, sameMembership, type Membership, type MembershipOptions } from '../quorum/membership.ts';
import type { Endpoint } from '../quorum/server-spec.ts';

export interface Memberships {
  readonly current: Membership;
  /** The same as `current` unless a reconfiguration is under way. */
  readonly lastSeen: Membership;
}

/** The participants of both (getCurrentAndNextConfigVoters). */
export function votersOf({ current, lastSeen }: Memberships): ReadonlySet<bigint> {
  return new Set([...current.verifier.voters, ...lastSeen.verifier.voters]);
}

/** Where the election port of a member is, in the order to be tried; none for a server that is no member. */
export function electionAddressesOf({ current, lastSeen }: Memberships, sid: bigint): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const membership of [current, lastSeen]) {
    for (const { host, electionPort: port } of membership.members.get(sid)?.addresses ?? []) {
      found.set(`${host} ${port}`, { host, port });
    }
  }
  return [...found.values()];
}

/** A newer configuration takes the place of the one in force (QuorumPeer.setQuorumVerifier). */
export function supersedes(before: Memberships, next: Membership): { memberships: Memberships; same: boolean } {
  const lastSeen = next.version > before.lastSeen.version ? next : before.lastSeen;
  return { memberships: { current: next, lastSeen }, same: sameMembership(next, before.current) };
}

/** The configuration that a text describes, or one line saying what is wrong with it. */
export function readConfig(text: string, options: MembershipOptions): Membership | string {
  try {
    return parseMembershipText(text, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
