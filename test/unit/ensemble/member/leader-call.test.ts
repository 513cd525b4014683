/** A learner that calls a leader which does not answer. */

import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { readMemberSettings } from '../../../../src/ensemble/config/member-settings.ts';
import type { ClientSocket } from '../../../../src/ensemble/listener.ts';
import { Configurations } from '../../../../src/ensemble/member/configurations.ts';
import { LeaderCall } from '../../../../src/ensemble/member/leader-call.ts';
import type { QuorumNetwork } from '../../../../src/ensemble/quorum-network.ts';
import { parseMembershipText } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { TestClient, TestClock } from '../server/harness.ts';

const CONNECT_TIMEOUT_MS = 2_000;

interface Called {
  readonly clock: TestClock;
  readonly call: LeaderCall;
  /** When it was tried, and for how long. */
  readonly tries: [number, number][];
  readonly failed: [number, string][];
  readonly opened: ClientSocket[];
}

/** @param answer what the network does at a try: a reason at once, null for silence, or true for a connection */
function calling(answer: (attempt: number) => string | null | true, leader = 1n): Called {
  const clock = new TestClock();
  const tries: [number, number][] = [];
  const failed: [number, string][] = [];
  const opened: ClientSocket[] = [];
  const network: Pick<QuorumNetwork, 'connect'> = {
    connect({ timeoutMs }, onOpen, onFail) {
      tries.push([clock.monotonicMs(), timeoutMs]);
      const said = answer(tries.length);
      if (said === true) clock.after(1, () => void onOpen(new TestClient('1.1.1.1')));
      else clock.after(said === null ? timeoutMs : 1, () => onFail(said ?? 'it took too long'));
    },
  };
  const membership = parseMembershipText([1, 2, 3].map((sid) => `server.${sid}=h${sid}:1:2`).join('\n'));
  const call = new LeaderCall({
    clock, logger: silentLogger, connectTimeoutMs: CONNECT_TIMEOUT_MS, observerMasters: null,
    network: network as QuorumNetwork,
    settings: readMemberSettings(new Map()),
    configurations: new Configurations(membership, null, { reconfigEnabled: false, standaloneEnabled: true }, null, () => undefined),
  }, leader, false, {
    onOpen: (socket) => {
      opened.push(socket);
      return { onData: () => undefined, onDrain: () => undefined, onClose: () => undefined };
    },
    onFail: (reason) => void failed.push([clock.monotonicMs(), reason]),
  });
  call.begin();
  return { clock, call, tries, failed, opened };
}

test('a server that is silent is given up after the time for all tries, not after that for each', async () => {
  const { clock, tries, failed } = calling(() => null);
  await clock.advance(20 * CONNECT_TIMEOUT_MS);
  expect(tries).toEqual([[0, CONNECT_TIMEOUT_MS]]);
  expect(failed).toEqual([[CONNECT_TIMEOUT_MS, 'the leader cannot be reached']]);
});

test('a later try has the time that is left', async () => {
  const { clock, tries, failed } = calling((attempt) => (attempt === 1 ? 'refused' : null));
  await clock.advance(20 * CONNECT_TIMEOUT_MS);
  expect(tries).toEqual([[0, CONNECT_TIMEOUT_MS], [6, CONNECT_TIMEOUT_MS - 6]]);
  expect(failed).toEqual([[CONNECT_TIMEOUT_MS, 'the leader cannot be reached']]);
});

test('one that refuses is tried again, quickly at first, and given up before the time is over', async () => {
  const { clock, tries, failed } = calling(() => 'refused');
  await clock.advance(20 * CONNECT_TIMEOUT_MS);
  expect(tries.length).toBe(12);
  expect(failed.map(([, reason]) => reason)).toEqual(['the leader cannot be reached']);
  expect(failed[0]?.[0]).toBeLessThan(CONNECT_TIMEOUT_MS);
});

test('one that comes up a moment later is reached, and nothing more is tried', async () => {
  const { clock, tries, failed, opened } = calling((attempt) => (attempt < 4 ? 'refused' : true));
  await clock.advance(20 * CONNECT_TIMEOUT_MS);
  expect([tries.length, opened.length, failed]).toEqual([4, 1, []]);
});

test('nothing is tried any more when it is stopped, and a leader that is no member is not called', async () => {
  const { clock, call, tries, failed } = calling(() => 'refused');
  call.stop();
  await clock.advance(CONNECT_TIMEOUT_MS);
  expect([tries.length, failed]).toEqual([1, []]);
  const stranger = calling(() => true, 9n);
  expect([stranger.tries, stranger.failed]).toEqual([[], [[0, 'server 9, which leads, is no member']]]);
});
