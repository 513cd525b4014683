/** How a member that was away is brought up to date: DIFF, TRUNC and SNAP, by our leader and by Apache's. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startMixedEnsemble } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServerHandle } from '../support/server-process.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { expectEqualTrees, until, writeSome } from './ensemble-support.ts';

type Kinds = readonly ('apache' | 'embedded')[];

/** The member whose kind is asked for leads: the others are stopped and started until it does. */
async function makeLead(servers: ServersHandle, kind: 'apache' | 'embedded'): Promise<ServerHandle> {
  for (let attempt = 0; attempt < 6; attempt++) {
    const leader = await servers.leader();
    if (leader.kind === kind) return leader;
    await leader.restart();
    for (const server of servers.servers) await server.waitServing();
  }
  throw new Error(`no ${kind} server would lead`);
}

/** Proposals that the leader has in its log and nobody else has: those are paused when they come, then it is killed. */
async function leaveUncommitted(leader: ServerHandle, others: readonly ServerHandle[]): Promise<void> {
  const kazoo = await startKazoo(leader.connectString);
  await kazoo.create('/committed', 'x');
  for (const other of others) other.pause();
  await kazoo.run("handles = [zk.create_async('/lost%d' % i, b'x') for i in range(5)]");
  await until('the leader has them in its log', () => leader.kind === 'apache' || leader.running);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await leader.kill();
  await kazoo.kill();
  for (const other of others) other.resume();
}

const CASES: readonly (readonly [string, Kinds, 'apache' | 'embedded'])[] = [
  ['ours leads ours', ['embedded', 'embedded', 'embedded'], 'embedded'],
  ['ours leads Apache’s', ['apache', 'embedded', 'apache'], 'embedded'],
  ['Apache’s leads ours', ['embedded', 'apache', 'embedded'], 'apache'],
];

describeWith(['java', 'zookeeper', 'kazoo'], 'a member that was away', () => {
  test.each(CASES)('%s: a few transactions, many, and everything', async (_name, kinds, leading) => {
    await using servers = await startMixedEnsemble(kinds);
    const leader = await makeLead(servers, leading);
    const away = servers.servers.find((server) => server !== leader && (server.kind !== leading || kinds.every((kind) => kind === leading)));
    if (away === undefined) throw new Error('nobody can be away');
    await away.kill();
    await writeSome(leader, '/few', 20);
    await away.start();
    await expectEqualTrees(servers);

    await away.kill();
    await writeSome(leader, '/many', 1500);
    await away.start();
    await expectEqualTrees(servers);

    await away.kill();
    rmSync(join(away.dataDir, 'version-2'), { recursive: true });
    await writeSome(leader, '/more', 20);
    await away.start();
    await expectEqualTrees(servers);
    await away.restart();
    await expectEqualTrees(servers);
  });

  test.each(CASES)('%s: what only a lost leader had is cut off', async (_name, kinds, leading) => {
    await using servers = await startMixedEnsemble(kinds);
    const leader = await servers.leader();
    await writeSome(leader, '/before', 20);
    await leaveUncommitted(leader, servers.servers.filter((server) => server !== leader));
    await makeLead(servers, leading === leader.kind && kinds.filter((kind) => kind === leading).length === 1 ? (leading === 'apache' ? 'embedded' : 'apache') : leading);
    await leader.start();
    await leader.waitServing();
    await expectEqualTrees(servers);
    const kazoo = await startKazoo(leader.connectString);
    expect(await kazoo.exists('/committed')).not.toBeNull();
    await kazoo.close();
    await writeSome(leader, '/after', 20);
    await leader.restart();
    await expectEqualTrees(servers);
  });
});
