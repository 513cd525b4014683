/** What a follower says to observers in the leader's place, as conversations (facts 5.8). Zxids are epoch:counter. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { ObserverMasters } from '../../../../src/ensemble/member/observer-masters.ts';
import { CommittedLog } from '../../../../src/ensemble/replication/leader/committed-log.ts';
import type { LearnerMessage } from '../../../../src/ensemble/replication/messages.ts';
import { ObserverMaster, type ObserverMasterInput } from '../../../../src/ensemble/replication/observer-master/observer-master.ts';
import { parseMembership } from '../../../../src/ensemble/replication/quorum/membership.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import { txn, txns } from './talk.ts';
import { formatEvent, formatLeaderMessage, formatTask, zxidOf } from './talk-words.ts';

const LIMITS = { tickMs: 100, initLimit: 10, syncLimit: 5 };

/** A follower in epoch 2 that has applied these; links have the numbers of the observers. */
class Talk {
  readonly machine: ObserverMaster;
  readonly #log: CommittedLog;
  #lastApplied: bigint;
  readonly #lines: string[] = [];
  nowMs = 0;

  constructor(applied: readonly Transaction[], lastApplied = applied.at(-1)?.header.zxid ?? 0n) {
    this.#log = new CommittedLog(500, applied);
    this.#lastApplied = lastApplied;
    this.machine = new ObserverMaster({
      ...LIMITS, epoch: 2, configVersion: () => 5n, configText: () => 'servers', lastApplied: () => this.#lastApplied, committedLog: this.#log, syncsMax: { snap: 2, diff: 3 },
    });
  }

  step(input: ObserverMasterInput): this {
    const { tasks, send, steps, close, persist, ended } = this.machine.step(input);
    expect([persist, ended]).toEqual([[], null]);
    for (const task of tasks) this.#lines.push(`disk: ${formatTask(task)}`);
    for (const { link, message } of send) this.#lines.push(`> ${link} ${formatLeaderMessage(message)}`);
    for (const step of steps) this.#lines.push(step.kind === 'event' ? formatEvent(step.event) : `apply ${step.txn.header.zxid}`);
    for (const link of close) this.#lines.push(`close ${link}`);
    return this;
  }

  hear(link: number, message: LearnerMessage): this {
    return this.step({ kind: 'message', link, message, nowMs: this.nowMs });
  }

  info(link: number, { observer = true, configVersion = 5n } = {}): this {
    return this.hear(link, { kind: 'info', sid: BigInt(link), observer, acceptedEpoch: 1, configVersion });
  }

  promise(link: number, lastZxid: string): this {
    return this.hear(link, { kind: 'ackEpoch', currentEpoch: 1, lastZxid: zxidOf(lastZxid) });
  }

  ack(link: number, zxid: string): this {
    return this.hear(link, { kind: 'ack', zxid: zxidOf(zxid) });
  }

  apply(place: string, designatedLeader: bigint | null = null): this {
    const one = txn(place);
    this.#log.add(one);
    this.#lastApplied = one.header.zxid;
    return this.step({ kind: 'committed', txn: one, designatedLeader });
  }

  ticks(count: number): this {
    for (let i = 0; i < count; i++) {
      this.nowMs += LIMITS.tickMs / 2;
      this.step({ kind: 'tick', nowMs: this.nowMs });
    }
    return this;
  }

  take(): string[] {
    return this.#lines.splice(0);
  }
}

const serving = (applied = txns('1:1', '1:2')): Talk => {
  const talk = new Talk(applied);
  talk.info(7).promise(7, '1:2').ack(7, '2:0').take();
  return talk;
};

describe('an observer comes to a follower', () => {
  test('it is brought up to date at once, with nobody to wait for, and told of everything from then on', () => {
    expect(new Talk(txns('1:1', '1:2', '1:3')).info(7).promise(7, '1:1').apply('2:1').ack(7, '2:0').ack(7, '2:0').apply('2:2').take()).toEqual([
      '> 7 LEADERINFO epoch 2',
      '> 7 DIFF 1:3', '> 7 PROPOSAL 1:2', '> 7 COMMIT 1:2', '> 7 PROPOSAL 1:3', '> 7 COMMIT 1:3', '> 7 NEWLEADER epoch 2',
      '> 7 INFORM 2:1',
      '> 7 UPTODATE',
      '> 7 INFORM 2:2',
    ]);
  });

  test('that is ahead of this follower is cut back, and gets it again', () => {
    expect(new Talk(txns('2:1', '2:2')).info(7).promise(7, '2:3').ack(7, '2:0').apply('2:3').take().slice(1)).toEqual([
      '> 7 TRUNC 2:2', '> 7 NEWLEADER epoch 2', '> 7 UPTODATE', '> 7 INFORM 2:3',
    ]);
  });

  test('the log on disk is asked, and the whole tree is sent where it does not reach back', () => {
    const talk = new Talk(txns('2:5', '2:6')).info(7).promise(7, '2:1');
    expect(talk.take()).toEqual(['> 7 LEADERINFO epoch 2', 'disk: read the log from 2:1 for 7']);
    // What is committed meanwhile is part of the tree that is sent.
    talk.apply('2:7').step({ kind: 'done', task: { kind: 'readLog', link: 7, from: zxidOf('2:1') }, txns: [] });
    expect(talk.take()).toEqual(['> 7 SNAP 2:7', '> 7 NEWLEADER epoch 2']);
  });

  test('a voter, one with a later configuration, and one that speaks out of turn are sent away', () => {
    expect(new Talk([]).info(2, { observer: false }).info(7, { configVersion: 6n }).ack(8, '2:0').take()).toEqual(['close 2', 'close 7', 'close 8']);
    expect(new Talk(txns('1:1')).info(7).promise(7, '1:1').ack(7, '1:0').take().at(-1)).toBe('close 7');
    expect(new Talk(txns('1:1')).info(7).hear(7, { kind: 'revalidate', sessionId: 1n, timeoutMs: 1 }).take().at(-1)).toBe('close 7');
  });
});

describe('an observer that serves', () => {
  test('its clients’ requests, syncs and sessions go on to the leader, and the answers back', () => {
    const request = { sessionId: 3n, cxid: 1, type: 9, body: new Uint8Array(0), identities: [] };
    const talk = serving();
    talk.hear(7, { kind: 'request', request }).step({ kind: 'synced', link: 7 });
    talk.hear(7, { kind: 'revalidate', sessionId: 3n, timeoutMs: 9 }).step({ kind: 'revalidated', link: 7, sessionId: 3n, valid: true });
    talk.hear(7, { kind: 'ping', zxid: 0n, sessions: [{ id: 3n, timeoutMs: 9 }] });
    expect(talk.take()).toEqual(['decide type 9 for 7', '> 7 SYNC', 'revalidate', '> 7 REVALIDATE session 3 lives', 'touched']);
  });

  test('a reconfiguration tells it who leads', () => {
    expect(serving().apply('2:1', 3n).take()).toEqual(['> 7 INFORMANDACTIVATE 2:1']);
  });

  test('is pinged, and sent away when it is silent; nothing is said to one that is gone', () => {
    expect(serving().apply('2:1').ticks(1).take()).toEqual(['> 7 INFORM 2:1', '> 7 PING 2:1']);
    expect(serving().ticks(11).take().at(-1)).toBe('close 7');
    expect(serving().step({ kind: 'linkClosed', link: 7 }).apply('2:1').step({ kind: 'synced', link: 7 }).take()).toEqual([]);
    expect(serving().machine.synced).toBe(1);
  });
});

describe('whom an observer goes to', () => {
  const membership = parseMembership(new Map([
    ['server.1', 'a:1:2'], ['server.2', 'b:1:2'], ['server.3', 'c:1:2'], ['server.4', 'd:1:2:observer'],
  ]), { standaloneEnabled: true, multiAddress: false });

  test('every voter but the leader, one after the other, at the one port', () => {
    const masters = new ObserverMasters(9, seededRandom(1));
    const asked = Array.from({ length: 4 }, () => masters.next(membership, 3n));
    expect(new Set(asked.slice(0, 2).map((place) => `${place?.sid} ${place?.at.host}:${place?.at.port}`))).toEqual(new Set(['1 a:9', '2 b:9']));
    expect(asked.slice(2)).toEqual(asked.slice(0, 2));
  });
});

test('an observer that still takes in the tree that it is being sent is not silent, however long that is', () => {
  const talk = new Talk(txns('2:5'));
  talk.info(4).promise(4, '0:0');
  for (let i = 0; i < 40; i++) {
    talk.nowMs += LIMITS.tickMs;
    talk.step({ kind: 'progress', link: 4, nowMs: talk.nowMs }).step({ kind: 'tick', nowMs: talk.nowMs });
  }
  expect(talk.take()).not.toContain('close 4');
  talk.nowMs += LIMITS.tickMs * (LIMITS.initLimit + LIMITS.syncLimit) + 1;
  expect(talk.step({ kind: 'tick', nowMs: talk.nowMs }).take()).toEqual(['close 4']);
});

test('no more observers at one time than is said are sent trees; the next may come when one has taken its own in', () => {
  const talk = new Talk(txns('2:5'));
  const came = (link: number): string[] => {
    talk.info(link).promise(link, '1:3');
    talk.step({ kind: 'done', task: { kind: 'readLog', link, from: zxidOf('1:3') }, txns: [] });
    return talk.take().filter((line) => line.startsWith(`> ${link} SNAP`) || line.startsWith('close'));
  };
  expect([4, 5, 6].map(came)).toEqual([['> 4 SNAP 2:5'], ['> 5 SNAP 2:5'], ['close 6']]);
  talk.ack(4, '2:0');
  expect(came(7)).toEqual(['> 7 SNAP 2:5']);
});
