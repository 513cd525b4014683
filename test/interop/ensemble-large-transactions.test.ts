/** Transactions that are longer than what members take for a packet: they must not cost an ensemble its quorum (ZOOKEEPER-4306). */

import { expect, test } from 'vitest';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { expectEqualTrees, expectNoMismatch, figure, until } from './ensemble-support.ts';
import { leaderOfKind, startMembers, type Kind } from './quorum-support.ts';

const SESSION_NODES = 40_000;

/** Many ephemerals with long names, made through a follower. The session is closed when this resolves. */
async function comeAndGo(servers: ServersHandle, leaderId: number): Promise<void> {
  const follower = servers.servers.find(({ id }) => id !== leaderId);
  const kazoo = await startKazoo(follower?.connectString ?? '');
  await kazoo.create('/e', 'x');
  await kazoo.run(`
for part in range(${SESSION_NODES / 1000}):
    t = zk.transaction()
    for i in range(1000):
        t.create('/e/%s-%05d' % ('n' * 70, part * 1000 + i), b'', ephemeral=True)
    t.commit()
`);
  const leader = await servers.leader();
  await until('they are there', async () => (await figure(leader, 'zk_ephemerals_count')) === SESSION_NODES);
  await kazoo.close();
}

const epochOf = async (servers: ServersHandle): Promise<string> => /^Zxid: 0x(\w+)\w{8}$/m.exec(await (await servers.leader()).fourLetterWord('srvr'))?.[1] ?? '';

describeWith(['java', 'zookeeper', 'kazoo'], 'a session with more ephemerals than a transaction can name', () => {
  test.each([
    ['ours', ['embedded', 'embedded', 'embedded']],
    ['two of Apache’s that follow ours', ['apache', 'embedded', 'apache']],
  ] as const)('is closed, and nobody elects anew: %s', async (_who, kinds: readonly Kind[]) => {
    await using servers = await startMembers(kinds.map((kind) => ({ kind })));
    const leader = await leaderOfKind(servers, 'embedded');
    const epoch = await epochOf(servers);
    await comeAndGo(servers, leader.id);
    await until('they are gone everywhere', async () => (await Promise.all(servers.servers.map((server) => figure(server, 'zk_ephemerals_count')))).every((count) => count === 0));
    expect(await epochOf(servers)).toBe(epoch);
    await expectEqualTrees(servers);
    await expectNoMismatch(servers);
  }, 180_000);
});
