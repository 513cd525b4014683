/** Groups and weights (hierarchical quorums): who may elect and commit, in ensembles of Apache's servers, of ours, and of both. */

import { expect, test } from 'vitest';
import { startMixedEnsemble } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { expectEqualTrees, until } from './ensemble-support.ts';

type Kinds = readonly ('apache' | 'embedded')[];

/** Two of {1, 2, 3} and server 4 are a quorum. */
const GROUPS = { 'group.1': '1:2:3', 'group.2': '4' };
/** Server 3 alone is a quorum, and so is no set without it; server 2 may not lead. */
const WEIGHTS = { 'group.1': '1:2:3', 'weight.1': '1', 'weight.2': '0', 'weight.3': '2' };

const FOUR: readonly Kinds[] = [
  ['apache', 'apache', 'apache', 'apache'], ['embedded', 'embedded', 'embedded', 'embedded'],
  ['apache', 'embedded', 'embedded', 'apache'], ['embedded', 'apache', 'apache', 'embedded'],
];
const THREE: readonly Kinds[] = [['apache', 'apache', 'apache'], ['embedded', 'embedded', 'embedded'], ['apache', 'embedded', 'apache'], ['embedded', 'apache', 'embedded']];

const named = (all: readonly Kinds[]): [string, Kinds][] => all.map((kinds) => [kinds.join(', '), kinds]);

const modes = (servers: ServersHandle, ids: readonly number[]): Promise<(string | undefined)[]> => Promise.all(ids.map((id) => servers.server(id).mode()));

/** A write through one server is committed. */
async function writes(servers: ServersHandle, id: number, path: string): Promise<void> {
  await servers.server(id).waitServing();
  const kazoo = await startKazoo(servers.server(id).connectString);
  await kazoo.create(path, 'x');
  await kazoo.close();
}

async function nobodyServes(servers: ServersHandle, ids: readonly number[]): Promise<void> {
  await until(`none of ${ids.join()} serves`, async () => (await modes(servers, ids)).every((mode) => mode === undefined));
}

describeWith(['java', 'zookeeper', 'kazoo'], 'a quorum of groups', () => {
  test.each(named(FOUR))('%s: most of each group', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds, { config: GROUPS });
    await writes(servers, 1, '/all');
    await servers.server(3).kill();
    await writes(servers, 2, '/three-of-four');
    await servers.server(3).start();
    // Most of the servers are left, but nobody of the second group.
    await servers.server(4).kill();
    await nobodyServes(servers, [1, 2, 3]);
    await servers.server(4).start();
    await writes(servers, 4, '/again');
    await expectEqualTrees(servers);
  });

  test.each(named(THREE))('%s: most of the weight', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds, { config: WEIGHTS });
    expect(await modes(servers, [2])).toEqual(['follower']);
    await writes(servers, 2, '/all');
    await Promise.all([1, 2].map((id) => servers.server(id).kill()));
    await writes(servers, 3, '/the-heavy-one-alone');
    expect(await modes(servers, [3])).toEqual(['leader']);
    await Promise.all([1, 2].map((id) => servers.server(id).start()));
    await servers.server(3).kill();
    // Two of three are left, with a third of the weight.
    await nobodyServes(servers, [1, 2]);
    await servers.server(3).start();
    await writes(servers, 1, '/again');
    await expectEqualTrees(servers);
  });
});
