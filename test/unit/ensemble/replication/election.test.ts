/** How long an election waits: not at all once nobody is left whose vote could be better. */

import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { ELECTION_DEFAULTS, FastLeaderElection, type ElectionEffects, type Outcome } from '../../../../src/ensemble/replication/election/fast-leader-election.ts';
import { parseMembershipText } from '../../../../src/ensemble/replication/quorum/membership.ts';

const membership = parseMembershipText(['server.1=a:1:2', 'server.2=b:1:2', 'server.3=c:1:2'].join('\n'));

/** Servers that hear each other at once. @param sids who runs */
class Room {
  readonly #servers = new Map<bigint, FastLeaderElection>();
  readonly outcomes = new Map<bigint, Outcome>();
  readonly #way: { readonly from: bigint; readonly to: bigint; readonly payload: Uint8Array }[] = [];

  constructor(sids: readonly bigint[]) {
    for (const sid of sids) this.#servers.set(sid, new FastLeaderElection({
      ...ELECTION_DEFAULTS, sid, memberships: { current: membership, lastSeen: membership }, reconfigEnabled: false, logger: silentLogger,
    }));
  }

  look(): void {
    for (const [sid, server] of this.#servers) this.#take(sid, server.look({ lastZxid: 0n, currentEpoch: 0n }, 0));
    for (let word = this.#way.shift(); word !== undefined; word = this.#way.shift()) {
      const server = this.#servers.get(word.to);
      if (server !== undefined) this.#take(word.to, server.receive(word.from, word.payload, 1));
    }
  }

  tick(nowMs: number): void {
    for (const [sid, server] of this.#servers) this.#take(sid, server.tick(true, nowMs));
  }

  #take(from: bigint, { send, outcome }: ElectionEffects): void {
    for (const { sid, payload } of send) this.#way.push({ from, to: sid, payload });
    if (outcome !== null) this.outcomes.set(from, outcome);
  }
}

describe('an election of three', () => {
  test('ends as soon as all three agree', () => {
    const room = new Room([1n, 2n, 3n]);
    room.look();
    expect([...room.outcomes.values()].map(({ vote }) => vote.leader)).toEqual([3n, 3n, 3n]);
  });

  test('waits for the third, who might have more, when two agree', () => {
    const room = new Room([1n, 2n]);
    room.look();
    expect(room.outcomes.size).toBe(0);
    room.tick(ELECTION_DEFAULTS.finalizeWaitMs);
    expect(room.outcomes.size).toBe(0);
    room.tick(ELECTION_DEFAULTS.finalizeWaitMs + 1);
    expect([...room.outcomes.values()].map(({ vote }) => vote.leader)).toEqual([2n, 2n]);
  });
});
