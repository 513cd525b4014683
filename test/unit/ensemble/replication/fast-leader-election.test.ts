/** How long an election takes: it waits for better votes only as long as there can be any (facts 5.3). */

import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import type { ElectionEffects, Outcome } from '../../../../src/ensemble/replication/election/election-effects.ts';
import { ELECTION_DEFAULTS, FastLeaderElection } from '../../../../src/ensemble/replication/election/fast-leader-election.ts';
import { formatMembership, parseMembershipText } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { STATE, decodeNotification, encodeNotification } from '../../../../src/wire/quorum/notification.ts';

const membership = parseMembershipText(['1', '2', '3'].map((id) => `server.${id}=n${id}:1:2:participant;3\n`).join(''));
const EMPTY = { lastZxid: 0n, currentEpoch: 0n };

/** Servers 1 to 3, whose messages arrive in the order in which they were sent, in no time. */
class Ensemble {
  readonly servers = new Map([1n, 2n, 3n].map((sid) => [sid, electionOf(sid)]));
  readonly outcomes = new Map<bigint, Outcome & { readonly atMs: number }>();
  readonly #mail: { readonly from: bigint; readonly to: bigint; readonly payload: Uint8Array }[] = [];
  /** Who said what to whom: `2>1 votes 2`. */
  readonly said: string[] = [];
  nowMs = 0;

  look(...sids: bigint[]): this {
    for (const sid of sids) this.#took(sid, this.#server(sid).look(EMPTY, this.nowMs));
    return this;
  }

  /** Delivers what was sent; whoever is not up hears nothing. */
  deliver(...up: bigint[]): this {
    for (let mail = this.#mail.shift(); mail !== undefined; mail = this.#mail.shift()) {
      if (up.includes(mail.to)) this.#took(mail.to, this.#server(mail.to).receive(mail.from, mail.payload, this.nowMs));
    }
    return this;
  }

  tick(nowMs: number, ...sids: bigint[]): this {
    this.nowMs = nowMs;
    for (const sid of sids) this.#took(sid, this.#server(sid).tick(true, nowMs));
    return this;
  }

  /** `1 follows 3 at 0`, in the order in which they decided. */
  get decided(): string[] {
    return [...this.outcomes].map(([sid, { state, vote, atMs }]) =>
      state === STATE.leading ? `${sid} leads at ${atMs}` : `${sid} follows ${vote.leader} at ${atMs}`);
  }

  #server(sid: bigint): FastLeaderElection {
    return this.servers.get(sid) as FastLeaderElection;
  }

  #took(from: bigint, { send, outcome }: ElectionEffects): void {
    for (const { sid: to, payload } of send) {
      this.#mail.push({ from, to, payload });
      this.said.push(`${from}>${to} votes ${decodeNotification(payload).leader}`);
    }
    if (outcome !== null) this.outcomes.set(from, { ...outcome, atMs: this.nowMs });
  }
}

function electionOf(sid: bigint): FastLeaderElection {
  return new FastLeaderElection({
    ...ELECTION_DEFAULTS, sid, logger: silentLogger, reconfigEnabled: false, memberships: { current: membership, lastSeen: membership },
  });
}

describe('an election', () => {
  test('ends at once for the leader when all who vote agree, and for the others when it had time to listen', () => {
    const ensemble = new Ensemble().look(1n, 2n, 3n).deliver(1n, 2n, 3n);
    expect(ensemble.decided).toEqual(['3 leads at 0']);
    ensemble.tick(30, 1n, 2n);
    expect(ensemble.decided.sort()).toEqual(['1 follows 3 at 30', '2 follows 3 at 30', '3 leads at 0']);
    expect([...(ensemble.outcomes.get(3n)?.supporters ?? [])].sort()).toEqual([1n, 2n, 3n]);
  });

  test('waits for one who has not been heard, as that one may have more', () => {
    const ensemble = new Ensemble().look(1n, 2n).deliver(1n, 2n);
    expect(ensemble.tick(199, 1n, 2n).deliver(1n, 2n).decided).toEqual([]);
    expect(ensemble.tick(200, 1n, 2n).decided.sort()).toEqual(['1 follows 2 at 200', '2 leads at 200']);
  });

  test('and no longer when that one is heard', () => {
    const ensemble = new Ensemble().look(2n, 3n).deliver(2n, 3n);
    ensemble.tick(100, 2n, 3n).look(1n).deliver(1n, 2n, 3n).tick(130, 1n, 2n);
    expect(ensemble.decided.sort()).toEqual(['1 follows 3 at 130', '2 follows 3 at 130', '3 leads at 100']);
  });

  test('believes those who have settled meanwhile, although what they had said before came first', () => {
    const late = electionOf(1n);
    late.look(EMPTY, 0);
    const said = (state: number, peerEpoch: bigint): Uint8Array =>
      encodeNotification({ state, leader: 3n, zxid: 0n, round: 1n, peerEpoch, config: formatMembership(membership) });
    expect(late.receive(2n, said(STATE.looking, 0n), 1).outcome).toBeNull();
    expect(late.receive(3n, said(STATE.looking, 0n), 1).outcome).toBeNull();
    expect(late.receive(2n, said(STATE.following, 1n), 5).outcome).toBeNull();
    expect(late.receive(3n, said(STATE.leading, 1n), 6).outcome).toMatchObject({ state: STATE.following, vote: { leader: 3n, peerEpoch: 1n } });
  });

  test('tells a better vote once to one that begins after it was told', () => {
    const ensemble = new Ensemble().look(2n).deliver();
    ensemble.look(1n).deliver(1n, 2n);
    expect(ensemble.said.filter((line) => line.startsWith('2>1'))).toEqual(['2>1 votes 2', '2>1 votes 2']);
    ensemble.tick(200, 1n, 2n);
    expect(ensemble.decided.sort()).toEqual(['1 follows 2 at 200', '2 leads at 200']);
  });
});
