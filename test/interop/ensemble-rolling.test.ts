/**
 * Apache's servers replaced by ours one after the other, and back, on the same directories and configuration, while
 * clients work: what an upgrade in production is.
 */

import { expect, test } from 'vitest';
import { engines, startMixedEnsemble, type ServersHandle, type ServerHandle } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import { startLoad, type EnsembleLoad } from './ensemble-load.ts';
import { expectNoMismatch, wroteTwice } from './ensemble-support.ts';

type Kind = keyof typeof engines;

/** Which member is next, of those that are left. */
type Order = (left: readonly ServerHandle[], leader: ServerHandle) => ServerHandle | undefined;

const byId: Order = (left) => left[0];
const leaderFirst: Order = (left, leader) => left.find(({ id }) => id === leader.id) ?? left.at(-1);

/** Members may keep their configuration in a file of its own, which they write themselves when it may change. */
const CASES: readonly (readonly [string, Order, Readonly<Record<string, string>>])[] = [
  ['one after the other', byId, {}],
  ['the leader first, each time', leaderFirst, { reconfigEnabled: 'true' }],
];

async function replaceAll(servers: ServersHandle, kind: Kind, order: Order, load: EnsembleLoad): Promise<void> {
  const left = [...servers.servers];
  while (left.length > 0) {
    const next = order(left, await servers.leader()) as ServerHandle;
    left.splice(left.indexOf(next), 1);
    await next.stop();
    next.become(engines[kind]);
    await next.start();
    await load.goesOn();
    await expectNoMismatch(servers);
    // Apache's servers read here what ours have written.
    expect(wroteTwice(next)).toBe(false);
  }
  expect(servers.servers.map((server) => server.kind)).toEqual([kind, kind, kind]);
}

describeWith(['java', 'zookeeper', 'kazoo'], 'an ensemble of Apache’s, replaced by ours and back under load', () => {
  test.each(CASES)('%s', async (_name, order, config) => {
    await using servers = await startMixedEnsemble(['apache', 'apache', 'apache'], { config: { maxSessionTimeout: '40000', ...config } });
    await using load = await startLoad(servers.connectString);
    await load.goesOn();
    await replaceAll(servers, 'embedded', order, load);
    await load.goesOn(150);
    await replaceAll(servers, 'apache', order, load);
    await load.goesOn(150);
    const report = await load.finish(servers);
    // As in a rolling restart of Apache's alone, no session is lost that lasts longer than an election.
    expect(report.lost).toBe(0);
    expect(report.watched).toBeGreaterThan(100);
  });
});
