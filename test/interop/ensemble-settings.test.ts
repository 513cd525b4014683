/** Settings of members that change what can be seen from outside: where they listen, and how a learner is brought up to date. */

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startMixedEnsemble } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { expectEqualTrees, writeSome } from './ensemble-support.ts';

/** Another address of this machine than the one in the server lines. */
const ELSEWHERE = '127.0.0.2';

const answers = (port: number): Promise<boolean> => new Promise((resolve) => {
  const socket = connect({ host: ELSEWHERE, port });
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  socket.on('connect', () => socket.destroy());
});

function electionPortOf({ id, configFile }: ServerHandle): number {
  return Number(new RegExp(`^server\\.${id}=[^:]*:\\d+:(\\d+)`, 'm').exec(readFileSync(configFile, 'utf8'))?.[1]);
}

/** Server 2 is Apache's and has no weight, so it never leads: it tells in its log how it was brought up to date. */
const KINDS = ['embedded', 'apache', 'embedded'] as const;
const WEIGHTS = { 'group.1': '1:2:3', 'weight.1': '1', 'weight.2': '0', 'weight.3': '1' };

/** How often the server was sent a snapshot, or transactions, since it was started last. */
function snapshotsTaken(server: ServerHandle, logBefore: number): { readonly snapshots: number; readonly diffs: number } {
  const log = server.log().slice(logBefore);
  return { snapshots: log.match(/Getting a snapshot from leader/g)?.length ?? 0, diffs: log.match(/Getting a diff from the leader/g)?.length ?? 0 };
}

describeWith(['java', 'zookeeper', 'kazoo'], 'settings of members', () => {
  test.each([
    ['by default', {}, false, { snapshots: 0, diffs: 1 }],
    ['with forceSnapshotSync and quorumListenOnAllIPs', { forceSnapshotSync: 'true', quorumListenOnAllIPs: 'true' }, true, { snapshots: 1, diffs: 0 }],
  ] as const)('%s', async (_name, config, everywhere, taken) => {
    await using servers = await startMixedEnsemble(KINDS, { config: { ...config, ...WEIGHTS, 'leader.maxConcurrentSnapSyncs': '1', commitLogCount: '600' } });
    expect(await Promise.all(servers.servers.map((server) => answers(electionPortOf(server))))).toEqual([everywhere, everywhere, everywhere]);
    await writeSome(servers.server(1), '/some', 20);
    const apache = servers.server(2);
    await apache.kill();
    const before = apache.log().length;
    await apache.start();
    expect(snapshotsTaken(apache, before)).toEqual(taken);
    await expectEqualTrees(servers);
  });
});
