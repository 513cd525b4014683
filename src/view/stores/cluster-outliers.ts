/** Which figures of a server stand out among the servers of one round. Pure. */

import type { ServerStatus } from '../../contract/cluster.ts';

export type Outlier = 'lag' | 'epoch' | 'latency' | 'roundTrip' | 'outstanding' | 'version' | 'nodes';

/** Transactions behind that the moment between two questions does not explain. */
const LAG_MIN = 100;
/** Requests taken and not answered that a healthy server does not have. */
const OUTSTANDING_MIN = 10;
/** Milliseconds below which a difference means nothing: the mean of a server's whole life, beside idle ones at 0. */
const LATENCY_MS_MIN = 20;
const ROUND_TRIP_MS_MIN = 20;
/** A figure this many times the middle one stands out. */
const FACTOR = 4;
/** Share of the leader's nodes by which a count may differ while transactions are under way. */
const NODES_SHARE = 0.01;
const NODES_MIN = 20;

/** What stands out at one server. */
export function outliersOf(server: ServerStatus, all: readonly ServerStatus[]): ReadonlySet<Outlier> {
  const found = new Set<Outlier>();
  const up = all.filter(({ reach }) => reach === 'up');
  const leader = up.find(({ role }) => role === 'leader');
  if ((server.lag ?? 0) >= LAG_MIN) found.add('lag');
  // A follower that serves has all of its leader's history; until the first transaction of a new epoch its own zxid is of the one before.
  const epochBegins = leader?.counter === 0;
  if (leader?.epoch != null && server.epoch !== null && server.epoch !== leader.epoch && !epochBegins) found.add('epoch');
  if ((server.outstanding ?? 0) >= OUTSTANDING_MIN) found.add('outstanding');
  if (standsOut(server.latencyMs?.avg, up.map(({ latencyMs }) => latencyMs?.avg), LATENCY_MS_MIN)) found.add('latency');
  if (standsOut(server.roundTripMs, up.map(({ roundTripMs }) => roundTripMs), ROUND_TRIP_MS_MIN)) found.add('roundTrip');
  if (differsInVersion(server, up)) found.add('version');
  if (leader?.nodeCount != null && server.nodeCount !== null) {
    const allowed = Math.max(NODES_MIN, leader.nodeCount * NODES_SHARE);
    if (Math.abs(server.nodeCount - leader.nodeCount) > allowed) found.add('nodes');
  }
  return found;
}

type Figure = number | null | undefined;

function standsOut(value: Figure, all: readonly Figure[], min: number): boolean {
  if (value == null || value < min) return false;
  const others = all.filter((other): other is number => other != null).sort((a, b) => a - b);
  // With two servers there is no middle to compare with.
  if (others.length < 3) return false;
  return value > FACTOR * (others[Math.floor((others.length - 1) / 2)] as number);
}

/** Another release than the majority; without a majority, nobody is the odd one. */
function differsInVersion(server: ServerStatus, up: readonly ServerStatus[]): boolean {
  if (server.version === null) return false;
  const known = up.filter(({ version }) => version !== null);
  const same = known.filter(({ version }) => version === server.version).length;
  const most = Math.max(...known.map(({ version }) => known.filter((other) => other.version === version).length));
  return most * 2 > known.length && same < most;
}
