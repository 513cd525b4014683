/**
 * Which sets of servers may decide (facts 5.9): a majority of the voters (QuorumMaj), or a majority of groups in each
 * of which the weights of a majority agree (QuorumHierarchical).
 */

export interface QuorumVerifier {
  isVoter(sid: bigint): boolean;
  /** Servers that are no voters do not count. */
  hasQuorum(sids: ReadonlySet<bigint>): boolean;
  /** The participants. */
  readonly voters: ReadonlySet<bigint>;
  /** 1 for everybody in a majority; a server of weight 0 may vote but is never elected. */
  weightOf(sid: bigint): bigint;
}

/** More than half of the voters. Servers that are no voters do not count. */
export function majority(voters: ReadonlySet<bigint>): QuorumVerifier {
  const half = Math.floor(voters.size / 2);
  return {
    voters,
    isVoter: (sid) => voters.has(sid),
    weightOf: () => 1n,
    hasQuorum(sids) {
      let count = 0;
      for (const sid of sids) if (voters.has(sid)) count++;
      return count > half;
    },
  };
}

export interface Grouping {
  /** Each group's members, whatever their role. */
  readonly groups: ReadonlyMap<bigint, readonly bigint[]>;
  /** A weight for every member of a group. */
  readonly weights: ReadonlyMap<bigint, bigint>;
}

/** More than half of the groups that have a weight; in each, more than half of its weight. Divisions round down. */
export function hierarchical(voters: ReadonlySet<bigint>, { groups, weights }: Grouping): QuorumVerifier {
  const weightOf = (sid: bigint): bigint => weights.get(sid) ?? 0n;
  const sum = (sids: Iterable<bigint>): bigint => {
    let total = 0n;
    for (const sid of sids) total += weightOf(sid);
    return total;
  };
  const weighed = [...groups.values()].map((members) => ({ members: new Set(members), weight: sum(members) }));
  const counted = weighed.filter(({ weight }) => weight !== 0n);
  const half = Math.floor(counted.length / 2);
  return {
    voters,
    isVoter: (sid) => voters.has(sid),
    weightOf,
    hasQuorum(sids) {
      let agreed = 0;
      for (const { members, weight } of counted) {
        const present = [...sids].filter((sid) => members.has(sid) && voters.has(sid));
        if (sum(present) > weight / 2n) agreed++;
      }
      return agreed > half;
    },
  };
}
