/** How many requests a server may have in hand before connections are not read any more (ZooKeeperServer.shouldThrottle). */

/**
 * A server's own part of `globalOutstandingLimit`: a leader and its followers have it together
 * (LeaderZooKeeperServer.getGlobalOutstandingLimit, and FollowerZooKeeperServer's), while a server alone and an
 * observer have all of it.
 *
 * @param limit what is configured, for all
 * @param voters the voting members of the configuration in force; null for a server that does not share
 * @returns rounded down, so it may be 0: one request at a time
 */
export function outstandingLimit(limit: number, voters: number | null): number {
  return voters === null || voters <= 2 ? limit : Math.floor(limit / (voters - 1));
}
