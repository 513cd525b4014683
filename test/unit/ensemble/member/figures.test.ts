/** What a member counts about its elections and about those that it brings up to date. */

import { describe, expect, test } from 'vitest';
import { LeaderLink } from '../../../../src/ensemble/member/leader-link.ts';
import { Availability } from '../../../../src/ensemble/member/availability.ts';
import { SyncTally } from '../../../../src/ensemble/member/sync-tally.ts';
import { learnerBytes } from '../../../../src/ensemble/member/words.ts';
import { ServerStats, type CounterName, type SummaryName } from '../../../../src/ensemble/processors/stats.ts';
import type { LearnerMessage } from '../../../../src/ensemble/replication/messages.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import { TestClient, TestClock } from '../server/harness.ts';

const count = (stats: ServerStats, name: CounterName): number => new Map(stats.counters()).get(name) ?? NaN;
/** How many values, and their sum. */
function summary(stats: ServerStats, name: SummaryName): readonly [number, number] {
  const { count: values = NaN, average = NaN } = new Map(stats.summaries()).get(name) ?? {};
  return [values, values * average];
}

describe('without a leader', () => {
  test('elections and the time without service are counted, at a leader as such', async () => {
    const [stats, clock] = [new ServerStats(), new TestClock()];
    const availability = new Availability(stats, clock);
    availability.looks();
    await clock.advance(200);
    availability.elected(false);
    await clock.advance(50);
    availability.serves(true);
    availability.serves(true);
    expect(summary(stats, 'election_time')).toEqual([1, 200]);
    expect(summary(stats, 'unavailable_time')).toEqual([1, 250]);
    expect(summary(stats, 'leader_unavailable_time')).toEqual([1, 250]);
    expect(count(stats, 'looking_count')).toBe(1);
  });

  test('a term that came to nothing is part of the time without service', async () => {
    const [stats, clock] = [new ServerStats(), new TestClock()];
    const availability = new Availability(stats, clock);
    for (let round = 0; round < 2; round++) {
      availability.looks();
      await clock.advance(100);
      availability.elected(false);
      await clock.advance(30);
    }
    availability.serves(false);
    expect(summary(stats, 'election_time')).toEqual([2, 200]);
    expect(summary(stats, 'unavailable_time')).toEqual([1, 260]);
    expect(summary(stats, 'leader_unavailable_time')).toEqual([0, 0]);
    expect(count(stats, 'looking_count')).toBe(2);
  });

  test('an observer holds no election, and a designated leader needs none', async () => {
    const [stats, clock] = [new ServerStats(), new TestClock()];
    const availability = new Availability(stats, clock);
    availability.looks();
    await clock.advance(100);
    availability.elected(true);
    availability.serves(false);
    availability.lost();
    await clock.advance(20);
    availability.elected(false);
    availability.serves(false);
    expect(summary(stats, 'election_time')).toEqual([0, 0]);
    expect(summary(stats, 'unavailable_time')).toEqual([2, 120]);
  });
});

describe('learners that are brought up to date', () => {
  const EPOCH_BEGINS = 0x1_0000_0000n;

  class Learner {
    readonly #socket = new TestClient('1.1.1.1');
    readonly link: LeaderLink;

    constructor(tally: SyncTally) {
      const database = new Database({ extendedTypes: true, digestEnabled: true, hashSeed: 1 });
      this.link = new LeaderLink(this.#socket, () => database, { bufferMax: 1000, establishedMs: 0, tally }, { onMessage: () => undefined, onClosed: () => undefined });
    }

    says(message: LearnerMessage): void {
      this.link.onData(learnerBytes(message).slice());
    }
  }

  test('each is counted by its way, with how many there are at its beginning and when it is acknowledged', () => {
    const stats = new ServerStats();
    const tally = new SyncTally(stats);
    const [one, other, third] = [new Learner(tally), new Learner(tally), new Learner(tally)];
    one.link.send({ kind: 'diff', zxid: 1n });
    other.link.send({ kind: 'trunc', zxid: 1n });
    third.link.send({ kind: 'snap', zxid: 1n });
    expect([count(stats, 'diff_count'), count(stats, 'snap_count')]).toEqual([2, 1]);
    expect(summary(stats, 'inflight_diff_count')).toEqual([2, 3]);
    expect(summary(stats, 'inflight_snap_count')).toEqual([1, 1]);
    one.says({ kind: 'ack', zxid: EPOCH_BEGINS });
    one.says({ kind: 'ack', zxid: EPOCH_BEGINS });
    third.says({ kind: 'ack', zxid: EPOCH_BEGINS });
    expect(summary(stats, 'inflight_diff_count')).toEqual([3, 4]);
    expect(summary(stats, 'inflight_snap_count')).toEqual([2, 1]);
  });

  test('one that goes away is not under way any more', () => {
    const stats = new ServerStats();
    const tally = new SyncTally(stats);
    const [gone, after] = [new Learner(tally), new Learner(tally)];
    gone.link.send({ kind: 'diff', zxid: 1n });
    gone.link.onClose();
    after.link.send({ kind: 'diff', zxid: 1n });
    expect(summary(stats, 'inflight_diff_count')).toEqual([2, 2]);
  });

  test('a learner that asks for a session is counted', () => {
    const stats = new ServerStats();
    const learner = new Learner(new SyncTally(stats));
    learner.says({ kind: 'revalidate', sessionId: 5n, timeoutMs: 1000 });
    expect(count(stats, 'revalidate_count')).toBe(1);
  });
});

describe('clocks of two machines', () => {
  test('what would be before its time is left out', () => {
    const stats = new ServerStats();
    stats.since('propagation_latency', { timeMs: 1_000n }, 1_040);
    stats.since('propagation_latency', { timeMs: 1_000n }, 990);
    expect(summary(stats, 'propagation_latency')).toEqual([1, 40]);
  });
});

describe('srst', () => {
  test('begins counters and distributions anew, but not those for Prometheus, nor what is never reset', () => {
    for (const figuresStay of [false, true]) {
      const stats = new ServerStats(figuresStay);
      stats.count('commit_count');
      stats.count('auth_failed_count');
      stats.add('election_time', 200);
      stats.packetsSent = 5;
      stats.reset();
      expect([count(stats, 'commit_count'), count(stats, 'auth_failed_count'), stats.packetsSent]).toEqual([figuresStay ? 1 : 0, 1, 0]);
      expect(summary(stats, 'election_time')).toEqual(figuresStay ? [1, 200] : [0, 0]);
    }
  });
});
