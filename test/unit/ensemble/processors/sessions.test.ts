import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../../src/base/bytes.ts';
import { connectResponse, decideAttachment } from '../../../../src/ensemble/processors/attach.ts';
import { isSessionPassword, sessionPassword } from '../../../../src/ensemble/processors/session-password.ts';
import { SessionTracker, firstSessionId } from '../../../../src/ensemble/processors/session-tracker.ts';

describe('session passwords', () => {
  test.each([
    [0x1n, '054cc74a37327db215e702e20c73f005'],
    [0x100000000000000n, 'f22acd4a97e69d6d20a49bb638eadb38'],
    [0x1000abcdef12345n, 'e7702c0c2452d662998db73ba0a4f013'],
    [0x10000113c830000n, 'dfee754a8040fc0c55425b47c9e471d1'],
  ])('of %s are those of java.util.Random', (id, hex) => {
    expect(toHex(sessionPassword(id))).toBe(hex);
    expect(isSessionPassword(id, fromHex(hex))).toBe(true);
    expect(isSessionPassword(id + 1n, fromHex(hex))).toBe(false);
  });

  test('never fit session 0, or be missing', () => {
    expect(isSessionPassword(0n, sessionPassword(0n))).toBe(false);
    expect(isSessionPassword(1n, null)).toBe(false);
    expect(isSessionPassword(1n, new Uint8Array(0))).toBe(false);
  });
});

describe('session ids', () => {
  test('carry the server in the top byte and go up from the time', () => {
    const id = firstSessionId(1, 0x1234_5678);
    expect(id).toBe((1n << 56n) | (0x1234_5678n << 16n));
    expect(firstSessionId(0x80, 0)).toBe(-(1n << 63n) + 1n);
    expect(firstSessionId(255, 0)).toBe(BigInt.asIntN(64, 255n << 56n));
    const tracker = new SessionTracker(100, id, 0);
    tracker.track(id + 1n, 100, 0);
    expect([tracker.newId(), tracker.newId()]).toEqual([id, id + 2n]);
  });
});

describe('the session tracker', () => {
  test('expires in whole ticks, after the timeout and within a tick more', () => {
    const tracker = new SessionTracker(1000, 1n, 500);
    tracker.track(1n, 3000, 500);
    tracker.track(2n, 3000, 1400);
    expect(tracker.buckets()).toEqual([{ deadlineMs: 4000, sessions: [1n] }, { deadlineMs: 5000, sessions: [2n] }]);
    expect(tracker.nextDeadlineMs).toBe(1000);
    expect(tracker.expire(3999)).toEqual([]);
    expect(tracker.expire(4000)).toEqual([1n]);
    expect(tracker.expire(4999)).toEqual([]);
    expect(tracker.expire(9000)).toEqual([2n]);
    expect(tracker.nextDeadlineMs).toBe(10_000);
  });

  test('a touch moves the deadline, and a closing session cannot be touched', () => {
    const tracker = new SessionTracker(1000, 1n, 0);
    tracker.track(1n, 2000, 0);
    expect(tracker.touch(1n, 2000, 1500)).toBe(true);
    expect(tracker.expire(3000)).toEqual([]);
    tracker.setClosing(1n);
    expect(tracker.touch(1n, 2000, 3000)).toBe(false);
    expect(tracker.expire(10_000)).toEqual([]);
    expect(tracker.touch(9n, 2000, 0)).toBe(false);
  });

  test('what it says of a session', () => {
    const tracker = new SessionTracker(1000, 1n, 0);
    tracker.track(1n, 2000, 0);
    expect([tracker.check(1n), tracker.check(2n), tracker.checkGlobal(1n), tracker.checkGlobal(2n)]).toEqual([0, -12, 0, -112]);
    tracker.expire(5000);
    expect(tracker.check(1n)).toBe(-112);
    tracker.remove(1n);
    expect(tracker.check(1n)).toBe(-12);
    expect(tracker.size).toBe(0);
  });
});

describe('a connect request', () => {
  const facts = { readOnly: null, lastZxid: 7n, minTimeoutMs: 1000, maxTimeoutMs: 10_000 };
  const request = { protocolVersion: 0, lastZxidSeen: 0n, timeoutMs: 5000, sessionId: 0n, password: null, readOnly: null };

  test.each([[5000, 5000], [1, 1000], [-1, 1000], [99_999, 10_000]])('timeout %i becomes %i', (asked, given) => {
    expect(decideAttachment({ ...request, timeoutMs: asked }, facts)).toEqual({ kind: 'create', timeoutMs: given });
  });

  test('of a client that has seen more than this server', () => {
    expect(decideAttachment({ ...request, lastZxidSeen: 8n }, facts).kind).toBe('close');
    expect(decideAttachment({ ...request, lastZxidSeen: 7n }, facts).kind).toBe('create');
  });

  test('to take a session up again', () => {
    const again = { ...request, sessionId: 5n };
    expect(decideAttachment({ ...again, password: sessionPassword(5n) }, facts)).toMatchObject({ kind: 'attach', passwordFits: true });
    expect(decideAttachment({ ...again, password: sessionPassword(6n) }, facts)).toMatchObject({ kind: 'attach', passwordFits: false });
  });

  test('to a read-only server: only of who may read only, and with no session of the ensemble', () => {
    const here = { ...facts, readOnly: { isEnsembleSession: (id: bigint) => id === 5n } };
    const kinds = [null, false, true].map((readOnly) => decideAttachment({ ...request, readOnly }, here).kind);
    expect(kinds).toEqual(['close', 'close', 'create']);
    const again = { ...request, readOnly: true };
    expect(decideAttachment({ ...again, sessionId: 5n, password: sessionPassword(5n) }, here).kind).toBe('close');
    expect(decideAttachment({ ...again, sessionId: 6n, password: sessionPassword(6n) }, here)).toMatchObject({ kind: 'attach', passwordFits: true });
    expect(connectResponse(null, true, true).readOnly).toBe(true);
  });

  test('is answered with the read-only byte only if it had one', () => {
    expect(connectResponse({ id: 5n, timeoutMs: 9 }, true)).toMatchObject({ sessionId: 5n, timeoutMs: 9, readOnly: false });
    expect(connectResponse(null, false)).toEqual({
      protocolVersion: 0, timeoutMs: 0, sessionId: 0n, password: new Uint8Array(16), readOnly: null,
    });
  });
});
