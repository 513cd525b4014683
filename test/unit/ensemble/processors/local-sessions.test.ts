/** Local sessions, at a leader and at a server that has one; and what a member does with requests before it decides. */

import { describe, expect, test } from 'vitest';
import { LearnerRole } from '../../../../src/ensemble/learner-role.ts';
import { LeaderSessions } from '../../../../src/ensemble/processors/leader-sessions.ts';
import { LearnerSessions } from '../../../../src/ensemble/processors/learner-sessions.ts';
import { LocalSessions } from '../../../../src/ensemble/processors/local-sessions.ts';
import type { Request } from '../../../../src/ensemble/processors/request.ts';
import { Screening } from '../../../../src/ensemble/processors/screening.ts';
import { firstSessionId, SessionTracker } from '../../../../src/ensemble/processors/session-tracker.ts';
import { jute } from '../../../support/raw-client.ts';
import { ask } from '../../../interop/server-conversation.ts';

const TICK_MS = 1000;
const EXPIRED = -112;
const MOVED = -118;
const SID = 7n;
const OWN = firstSessionId(Number(SID), 1);
const OTHERS = firstSessionId(8, 1);

const leader = (): LeaderSessions =>
  new LeaderSessions(new SessionTracker(TICK_MS, OWN, 0, EXPIRED), new LocalSessions(TICK_MS, 0), SID);
const learner = (known: readonly (readonly [bigint, number])[] = []): LearnerSessions =>
  new LearnerSessions(OWN, known, new LocalSessions(TICK_MS, 0));

describe('a leader', () => {
  test('takes the local sessions of others for alive, and its own unknown ones for expired', () => {
    const sessions = leader();
    expect(sessions.check(OTHERS, 3)).toBe(0);
    expect(sessions.check(OWN)).toBe(EXPIRED);
    expect(sessions.checkGlobal(OTHERS, 3)).toBe(EXPIRED);
    const without = new LeaderSessions(new SessionTracker(TICK_MS, OWN, 0, EXPIRED), null, SID);
    expect(without.check(OTHERS, 3)).toBe(EXPIRED);
  });

  test('lets nobody come back with a local session but at its own server', () => {
    const sessions = leader();
    sessions.local?.open(OWN, 4000, 0);
    expect(sessions.touchGlobal(OWN, 4000, 0)).toBe(false);
    expect(sessions.touch(OWN, 4000, 0)).toBe(true);
    sessions.track(OTHERS, 4000, 0);
    expect(sessions.touchGlobal(OTHERS, 4000, 0)).toBe(true);
  });

  test('judges a session that is both by what the whole ensemble knows', () => {
    const sessions = leader();
    sessions.local?.open(OWN, 4000, 0);
    expect(sessions.check(OWN)).toBe(0);
    sessions.track(OWN, 4000, 0);
    expect(sessions.check(OWN)).toBe(0);
    expect(sessions.check(OWN, 5)).toBe(MOVED);
    sessions.opened(OWN, 4000, 0);
    expect(sessions.local?.has(OWN)).toBe(false);
    sessions.setClosing(OWN);
    expect(sessions.check(OWN)).toBe(EXPIRED);
  });

  test('gives out no id twice', () => {
    const sessions = leader();
    const first = sessions.newId();
    sessions.local?.open(first + 1n, 4000, 0);
    expect(sessions.newId()).toBe(first + 2n);
  });
});

describe('a server that has a leader', () => {
  test('listens to its local sessions, to those it upgrades, and to those the ensemble knows', () => {
    const sessions = learner([[OTHERS, 5000]]);
    sessions.local?.open(OWN, 4000, 0);
    expect([OWN, OTHERS, OWN + 1n].map((id) => sessions.touch(id, 4000, 0))).toEqual([true, true, false]);
    expect(sessions.takeTouched().map(({ id }) => id)).toEqual([OTHERS]);
    expect(sessions.local?.upgrade(OWN)).toBe(4000);
    expect(sessions.touch(OWN, 4000, 0)).toBe(false);
    sessions.upgrading(OWN);
    expect(sessions.touch(OWN, 4000, 0)).toBe(true);
    sessions.opened(OWN, 4000);
    expect(sessions.size).toBe(2);
    expect(sessions.local?.size).toBe(0);
    sessions.remove(OWN);
    expect(sessions.touch(OWN, 4000, 0)).toBe(false);
  });

  test('upgrades with the timeout that the session began with, and only once', () => {
    const { local } = learner();
    local?.open(OWN, 4000, 0);
    local?.touch(OWN, 9000, 0);
    expect(local?.upgrade(OWN)).toBe(4000);
    expect(local?.upgrade(OWN)).toBeNull();
  });

  test('lets its local sessions expire itself', () => {
    const { local } = learner();
    local?.open(OWN, 4000, 0);
    expect(local?.expire(4000)).toEqual([]);
    expect(local?.expire(5000)).toEqual([OWN]);
    expect(local?.check(OWN, 0)).toBe(EXPIRED);
  });
});

describe('screening', () => {
  const request = (type: number, body: Uint8Array): Request => ({
    connection: 1, sessionId: OWN, cxid: 3, type, body, identities: [], receivedMs: 0,
  });
  const screening = ({ upgrades = true, isLocal = true } = {}) => {
    const sessions = learner();
    if (isLocal) sessions.local?.open(OWN, 4000, 0);
    return new Screening(sessions, upgrades);
  };
  const EPHEMERAL = ask.create('/e', null, 1);

  test('opens the session before the request that wants an ephemeral node, once', () => {
    const screen = screening();
    expect(screen.screen(request(1, EPHEMERAL)).map(({ type, connection }) => [type, connection])).toEqual([[-10, null], [1, 1]]);
    expect(screen.screen(request(1, EPHEMERAL))).toHaveLength(1);
    expect(screening({ isLocal: false }).screen(request(1, EPHEMERAL))).toHaveLength(1);
  });

  test('says what the node will come to where upgrades are off', () => {
    const [only, ...more] = screening({ upgrades: false }).screen(request(1, EPHEMERAL));
    expect(only).toMatchObject({ type: 1, ephemeralRefusal: -120 });
    expect(more).toEqual([]);
  });

  test('marks the end of a local session, and of no other', () => {
    expect(screening().screen(request(-11, jute.int(0)))).toMatchObject([{ local: true }]);
    expect(screening({ isLocal: false }).screen(request(-11, jute.int(0)))[0]?.local).toBeUndefined();
  });
});

describe('a server that has a leader', () => {
  const request = (cxid: number, more: Partial<Request> = {}): Request => ({
    connection: 1, sessionId: OWN, cxid, type: 5, body: ask.setData('/a', 'x'), identities: [], receivedMs: 0, ...more,
  });
  const forwarded: number[] = [];
  const role = new LearnerRole('follower', ({ cxid }) => forwarded.push(cxid));
  const step = (one: Request): readonly Request[] => role.step({ kind: 'request', request: one, wallMs: 0, monotonicMs: 0 }).answer;

  test('tells of an early refusal, and of the end of a local session, behind what was asked before', () => {
    expect(step(request(1))).toEqual([]);
    expect(step(request(2, { refusal: -102 }))).toEqual([]);
    expect(step(request(3, { type: -11, local: true }))).toEqual([]);
    expect(forwarded).toEqual([1]);
    const header = { sessionId: OWN, cxid: 1, zxid: 1n, timeMs: 0n, type: -1 };
    expect(role.committed({ header, body: { type: -1, err: -101 }, digest: null }).released.map(({ cxid }) => cxid)).toEqual([2, 3]);
    expect(step(request(4, { refusal: -102 })).map(({ cxid }) => cxid)).toEqual([4]);
  });
});
