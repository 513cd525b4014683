/** A leader that waits for followers who may have changed their minds (leader.maxTimeToWaitForEpoch). */

import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { readMemberSettings } from '../../../../src/ensemble/config/member-settings.ts';
import { Configurations } from '../../../../src/ensemble/member/configurations.ts';
import { LeaderTerm } from '../../../../src/ensemble/member/leader-term.ts';
import type { TermParts } from '../../../../src/ensemble/member/term.ts';
import { ServerStats } from '../../../../src/ensemble/processors/stats.ts';
import { CommittedLog } from '../../../../src/ensemble/replication/leader/committed-log.ts';
import { parseMembershipText } from '../../../../src/ensemble/replication/quorum/membership.ts';
import { settle, TestClock } from '../server/harness.ts';

async function waitingLeader(epochWaitMs: number): Promise<{ readonly term: LeaderTerm; readonly clock: TestClock; readonly ended: string[]; readonly stats: ServerStats }> {
  const clock = new TestClock();
  const ended: string[] = [];
  const stats = new ServerStats();
  const membership = parseMembershipText([1, 2, 3].map((sid) => `server.${sid}=h${sid}:1:2`).join('\n'));
  const house = {
    epochs: { accepted: 0, current: 0 }, lastLogged: 0n, committed: new CommittedLog(), settled: () => Promise.resolve(), apply: () => undefined,
  };
  const parts = {
    sid: 1n, clock, logger: silentLogger, house, stats, connectTimeoutMs: 1, connectDelayMs: 0, onAllAddresses: false, packetBytesMax: 1,
    network: { listen: () => Promise.resolve({ host: '', port: 0, close: () => Promise.resolve() }) },
    configurations: new Configurations(membership, null, { reconfigEnabled: false, standaloneEnabled: true }, null, () => undefined),
    limits: { tickMs: 100, initLimit: 100, syncLimit: 5 },
    settings: readMemberSettings(new Map([['zookeeper.leader.maxTimeToWaitForEpoch', String(epochWaitMs)]])),
    events: { onEnded: (reason: string) => void ended.push(reason) },
  } as unknown as TermParts;
  const term = new LeaderTerm(parts, new Set([1n, 2n]));
  term.start();
  await settle();
  return { term, clock, ended, stats };
}

test('it gives up when one of those that elected it looks again, after the time that is said', async () => {
  const { term, clock, ended, stats } = await waitingLeader(1_000);
  await clock.advance(1_000);
  term.looking(2n);
  await clock.advance(1);
  term.looking(3n);
  await settle();
  expect(ended).toEqual([]);
  term.looking(2n);
  await settle();
  expect(ended).toEqual(['server 2 elected this one and looks for a leader again']);
  expect(new Map(stats.counters()).get('quit_leading_due_to_disloyal_voter')).toBe(1);
});

test('it goes on waiting unless that was asked for', async () => {
  const { term, clock, ended } = await waitingLeader(-1);
  await clock.advance(5_000);
  term.looking(2n);
  await settle();
  expect(ended).toEqual([]);
});
