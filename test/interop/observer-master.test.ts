/** Observers that go to followers instead of the leader: ours to ours, ours to Apache's, Apache's to ours. */

import { beforeAll, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { startKazoo } from '../support/kazoo.ts';
import { freePort } from '../support/ports.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { expectEqualTrees, figure, treeOf, until, writeSome } from './ensemble-support.ts';
import { leaderOfKind, quorumStores, startMembers, type Keys, type Kind } from './quorum-support.ts';

describeWith(['java', 'zookeeper', 'kazoo', 'openssl'], 'observers of followers', () => {
  let authority: Authority;

  beforeAll(() => {
    authority = new Authority();
  });

  /** Three voters and observers, each on an address of its own, with one port for all followers that take observers. */
  async function start(voters: readonly Kind[], observers: readonly Kind[], config: Keys = {}): Promise<ServersHandle> {
    const port = await freePort();
    return startMembers(
      [...voters, ...observers].map((kind, index) => ({ kind, observer: index >= voters.length, quorumHost: `127.0.0.${index + 1}` })),
      { config: { observerMasterPort: String(port), ...config } },
    );
  }

  /** Through which server an observer goes. */
  const masterOf = (observer: ServerHandle): Promise<number> => figure(observer, 'zk_observer_master_id');

  test.each<[string, readonly Kind[], Kind, Kind]>([
    ['ours at ours', ['embedded', 'embedded', 'embedded'], 'embedded', 'embedded'],
    ["Apache's at ours, which follow Apache's", ['embedded', 'embedded', 'apache'], 'apache', 'apache'],
    ["ours at Apache's, which follow ours", ['apache', 'apache', 'embedded'], 'embedded', 'embedded'],
  ])('%s: writes, syncs, sessions, ephemerals, and the next server when one is lost', async (_name, voters, leads, watches) => {
    await using servers = await start(voters, [watches]);
    const leader = await leaderOfKind(servers, leads);
    const observer = servers.server(4);
    await observer.waitServing();
    const master = servers.server(await masterOf(observer));
    expect(master.id).not.toBe(leader.id);
    expect(await figure(leader, 'zk_synced_observers')).toBe(0);
    await writeSome(leader, '/by-leader', 100);
    await writeSome(observer, '/by-observer', 100);
    await expectEqualTrees(servers);

    const session = await startKazoo(observer.connectString, { timeoutSeconds: 10 });
    try {
      await session.create('/mine', 'x', { ephemeral: true });
      await session.run("zk.sync('/mine')\nresult = True");
      await master.kill();
      await writeSome(await servers.leader(), '/meanwhile', 30);
      await until('it goes to the other follower', async () => {
        const next = await masterOf(observer);
        return next > 0 && next !== master.id;
      });
      // The session was alive all the time: its pings and its return go by way of followers.
      expect((await session.get('/mine')).stat.ephemeralOwner).toBe(String(session.sessionId));
      await session.create('/later', 'y');
    } finally {
      await session.close();
    }
    await master.start();
    await expectEqualTrees(servers);
    await until('the ephemeral is gone everywhere', async () => {
      const trees = await Promise.all(servers.servers.map((server) => treeOf(server))) as Record<string, unknown>[];
      return trees.every((tree) => !('/mine' in tree));
    });
  });

  test.each<[string, readonly Kind[], Kind]>([
    ['ours at ours', ['embedded', 'embedded', 'embedded'], 'embedded'],
    ["Apache's at ours", ['embedded', 'embedded', 'embedded'], 'apache'],
  ])('%s is brought up to date after it was away: by the whole tree, by what is in memory, by the log', async (_name, voters, kind) => {
    await using servers = await start(voters, [kind]);
    const observer = servers.server(4);
    for (const count of [20, 200, 2000]) {
      await observer.kill();
      await writeSome(await servers.leader(), `/away-${count}`, count);
      await observer.start();
      expect(await masterOf(observer)).not.toBe((await servers.leader()).id);
      await expectEqualTrees(servers);
    }
  });

  test('over TLS, as the leader port is', async () => {
    await using servers = await start(['embedded', 'embedded', 'embedded'], ['embedded', 'apache'], {
      sslQuorum: 'true', ...quorumStores(authority, 'IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3,IP:127.0.0.4,IP:127.0.0.5'),
    });
    const leader = await servers.leader();
    for (const id of [4, 5]) {
      expect(await masterOf(servers.server(id))).not.toBe(leader.id);
      await writeSome(servers.server(id), `/by-${id}`, 20);
    }
    await expectEqualTrees(servers);
    const synced = await Promise.all((await servers.followers()).map((follower) => figure(follower, 'zk_synced_observers')));
    expect(synced.reduce((sum, each) => sum + each, 0)).toBe(2);
  });
});
