/** Ensembles of our servers, of Apache's, and of both: one history, whoever leads. */

import { expect, test } from 'vitest';
import { startMixedEnsemble } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import { expectEqualTrees, treeOf, until, writeSome } from './ensemble-support.ts';

type Kinds = readonly ('apache' | 'embedded')[];

const ALL: readonly Kinds[] = [
  ['embedded', 'embedded', 'embedded'],
  ['embedded', 'apache', 'apache'],
  ['apache', 'apache', 'embedded'],
  ['apache', 'embedded', 'embedded'],
  ['embedded', 'embedded', 'apache'],
  ['apache', 'embedded', 'apache', 'embedded', 'apache'],
];

describeWith(['java', 'zookeeper', 'kazoo'], 'an ensemble of three, or five', () => {
  test.each(ALL.map((kinds) => [kinds.join(', '), kinds] as const))('%s: writes, a lost leader, a lost follower, and back', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds);
    const leader = await servers.leader();
    for (const server of servers.servers) await writeSome(server, `/through/${server.id}`, 50);
    await expectEqualTrees(servers);

    const session = await startKazoo(servers.connectString, { timeoutSeconds: 10 });
    await session.create('/mine', 'x', { ephemeral: true });
    await leader.kill();
    const next = await servers.leader();
    expect(next.id).not.toBe(leader.id);
    await writeSome(next, '/second-epoch', 50);
    expect((await session.get('/mine')).stat.ephemeralOwner).toBe(String(session.sessionId));
    await leader.start();
    await leader.waitServing();
    await expectEqualTrees(servers);

    const [follower] = (await servers.followers()).filter(({ id }) => id !== leader.id);
    await follower?.kill();
    await writeSome(next, '/without-one', 700);
    await follower?.start();
    await follower?.waitServing();
    await expectEqualTrees(servers);
    await session.close();
    await until('the ephemeral is gone everywhere', async () => {
      const trees = await Promise.all(servers.servers.map((server) => treeOf(server))) as Record<string, unknown>[];
      return trees.every((tree) => !('/mine' in tree));
    });
  });
});
