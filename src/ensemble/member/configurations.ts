/**
 * The configuration in force and the one last seen (facts 5.10; QuorumPeer.setQuorumVerifier, setLastSeenQuorumVerifier,
 * processReconfig). In: what the leader proposes, commits and tells. Out: what has to be done about it.
 */

import { ErrorCode } from '../../model/error-code.ts';
import { KeeperError } from '../../model/errors.ts';
import { decodeUtf8, encodeUtf8 } from '../../base/text.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Reconfigure } from '../processors/prepare/context.ts';
import { readConfig, type Memberships } from '../replication/election/memberships.ts';
import { formatMembership, sameMembership, type Membership } from '../replication/quorum/membership.ts';
import { nextMembership } from '../replication/quorum/reconfigure.ts';
import { formatServerSpec, type MemberRole } from '../replication/quorum/server-spec.ts';

export interface ConfigurationsOptions {
  readonly reconfigEnabled: boolean;
  readonly standaloneEnabled: boolean;
}

/** Keeps configurations beside zoo.cfg, as Apache's server does. */
export interface ConfigFiles {
  /** One that is proposed (`.dynamic.next`). */
  saveNext(text: string): void;
  /** One that is in force: `.dynamic.<version>`, which zoo.cfg names from now on. */
  saveCurrent(text: string, version: bigint): void;
}

/** What a configuration that came into force means for this server. */
export interface Activation {
  /** It must begin anew, with the designated leader or by an election. */
  readonly major: boolean;
  readonly previous: Membership;
}

export class Configurations {
  readonly #options: ConfigurationsOptions;
  readonly #files: ConfigFiles | null;
  readonly #onChange: (memberships: Memberships) => void;
  #current: Membership;
  #lastSeen: Membership;

  /** @param lastSeen as the tree or the disk remember it; null: the one in force */
  constructor(current: Membership, lastSeen: Membership | null, options: ConfigurationsOptions, files: ConfigFiles | null, onChange: (memberships: Memberships) => void) {
    this.#current = current;
    this.#lastSeen = lastSeen !== null && lastSeen.version > current.version ? lastSeen : current;
    this.#options = options;
    this.#files = files;
    this.#onChange = onChange;
  }

  get current(): Membership {
    return this.#current;
  }

  get lastSeen(): Membership {
    return this.#lastSeen;
  }

  get memberships(): Memberships {
    return { current: this.#current, lastSeen: this.#lastSeen };
  }

  /** Whether one is being introduced. */
  get pending(): boolean {
    return this.#lastSeen.version > this.#current.version;
  }

  /** One that is proposed, or that the leader has. Older ones change nothing. */
  see(membership: Membership): void {
    if (membership.version <= this.#lastSeen.version) return;
    this.#lastSeen = membership;
    this.#files?.saveNext(formatMembership(membership));
    this.#onChange(this.memberships);
  }

  /**
   * The log was cut or replaced. What had been proposed in it and is not there any more was never decided: its quorum is
   * not needed, and no leader brings it into force.
   *
   * @param logged the node of the configuration as the log has it now; null: it has none
   */
  relearn(logged: Uint8Array | null): void {
    if (!this.#options.reconfigEnabled) return;
    const read = logged === null ? null : this.read(decodeUtf8(logged));
    const seen = read !== null && read.version > this.#current.version ? read : this.#current;
    if (seen.version === this.#lastSeen.version) return;
    this.#lastSeen = seen;
    this.#onChange(this.memberships);
  }

  /** A text from the leader; null when it cannot be read. */
  read(text: string): Membership | null {
    const read = readConfig(text, { standaloneEnabled: this.#options.standaloneEnabled });
    return typeof read === 'string' ? null : read;
  }

  /**
   * Comes into force.
   *
   * @param leader who leads now
   * @param designated who leads from now on; null: that is for an election to say
   */
  activate(next: Membership, sid: bigint, leader: bigint, designated: bigint | null): Activation {
    const previous = this.#current;
    if (!this.#options.reconfigEnabled || next.version <= previous.version) return { major: false, previous };
    this.see(next);
    this.#current = next;
    if (this.#lastSeen.version <= next.version) this.#lastSeen = next;
    this.#files?.saveCurrent(formatMembership(next), next.version);
    this.#onChange(this.memberships);
    if (sameMembership({ ...previous, version: next.version - 1n }, next)) return { major: false, previous };
    const roleChanged = roleIn(previous, sid) !== roleIn(next, sid);
    const leaderChanged = designated === null ? !keepsLeader(previous, next, leader) : designated !== leader;
    return { major: roleChanged || leaderChanged, previous };
  }

  /** Judges reconfig requests for a leader. @param synced who could be counted for a new configuration */
  judge(synced: () => ReadonlySet<bigint>): Reconfigure {
    return (request, zxid) => {
      if (this.pending) throw new KeeperError(ErrorCode.ReconfigInProgress);
      if (request.curConfigId !== -1n && request.curConfigId !== this.#lastSeen.version) throw new KeeperError(ErrorCode.BadVersion);
      const next = this.#next(request, zxid);
      if (!next.verifier.hasQuorum(synced())) throw new KeeperError(ErrorCode.NewConfigNoQuorum);
      return encodeUtf8(formatMembership(next));
    };
  }

  #next(request: Parameters<Reconfigure>[0], zxid: bigint): Membership {
    try {
      return nextMembership(this.#lastSeen, request, zxid, this.#options);
    } catch (error) {
      if (error instanceof ConfigError) throw new KeeperError(ErrorCode.BadArguments);
      throw error;
    }
  }
}

/**
 * Who leads when a configuration is in force (Leader.getDesignatedLeader): the present leader if it stays where it is,
 * else the voter that has the most.
 */
export function designateLeader(next: Membership, previous: Membership, sid: bigint, acked: ReadonlyMap<bigint, bigint>): bigint {
  if (next.verifier.isVoter(sid) && keepsLeader(previous, next, sid)) return sid;
  let best = sid;
  let bestZxid = -1n;
  for (const voter of next.verifier.voters) {
    const zxid = acked.get(voter) ?? -1n;
    if (voter === sid || zxid <= bestZxid) continue;
    best = voter;
    bestZxid = zxid;
  }
  return best;
}

/** Who is in no configuration follows without a vote: neither joining nor leaving ends its term (QuorumPeer.updateLearnerType). */
function roleIn({ members }: Membership, sid: bigint): MemberRole {
  return members.get(sid)?.role ?? 'participant';
}

/** A voter of both, at the same quorum address. */
function keepsLeader(previous: Membership, next: Membership, leader: bigint): boolean {
  const [before, after] = [previous, next].map(({ members, verifier }) => (verifier.isVoter(leader) ? members.get(leader) : undefined));
  if (before === undefined || after === undefined) return false;
  const quorumAddress = (spec: typeof before): string => formatServerSpec({ ...spec, client: null, addresses: spec.addresses.map((one) => ({ ...one, electionPort: 0 })) });
  return quorumAddress(before) === quorumAddress(after);
}
