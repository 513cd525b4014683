/** How a member that was away is brought up to date: DIFF, TRUNC and SNAP, by our leader and by Apache's. */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startMixedEnsemble } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServerHandle } from '../support/server-process.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { writeSnapshot } from '../../src/ensemble/log/snapshot-writer.ts';
import { codecs, recoverDirectory, storageOf } from './disk-support.ts';
import { expectEqualTrees, until, writeSome } from './ensemble-support.ts';

type Kinds = readonly ('apache' | 'embedded')[];

/** Lets server 3 lead: of servers that have the same, the greatest id wins. */
async function thirdLeads(servers: ServersHandle): Promise<ServerHandle> {
  for (;;) {
    const leader = await servers.leader();
    if (leader.id === 3) {
      // Now all have the same, so that server 2 is next.
      await writeSome(leader, '/begun', 1);
      await expectEqualTrees(servers);
      return leader;
    }
    await leader.stop();
    await servers.leader();
    await leader.start();
  }
}

/** Proposals that the leader has in its log and nobody else has: the others are paused before, and it is killed after. */
async function leaveUncommitted(leader: ServerHandle, others: readonly ServerHandle[]): Promise<void> {
  const kazoo = await startKazoo(leader.connectString);
  await kazoo.create('/committed', 'x');
  const logged = logBytes(leader);
  for (const other of others) other.pause();
  await kazoo.run("handles = [zk.create_async('/lost%d' % i, b'x') for i in range(5)]");
  await until('the leader has them in its log', () => logBytes(leader) > logged + 5 * ENTRY_BYTES_MIN);
  await leader.kill();
  await kazoo.kill();
  for (const other of others) other.resume();
}

const ENTRY_BYTES_MIN = 60;

/** Bytes of transactions in a server's newest log, without the zeros behind them. */
function logBytes({ dataDir }: ServerHandle): number {
  const directory = join(dataDir, 'version-2');
  const newest = readdirSync(directory).filter((name) => name.startsWith('log.')).sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).at(-1);
  if (newest === undefined) return 0;
  const bytes = readFileSync(join(directory, newest));
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Server 2 will lead server 3. */
const CASES: readonly (readonly [string, Kinds])[] = [
  ['ours leads ours', ['embedded', 'embedded', 'embedded']],
  ['ours leads Apache’s', ['apache', 'embedded', 'apache']],
  ['Apache’s leads ours', ['embedded', 'apache', 'embedded']],
];

describeWith(['java', 'zookeeper', 'kazoo'], 'a member that was away', () => {
  test.each(CASES)('%s: a few transactions, many, and everything', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds);
    const away = await thirdLeads(servers);
    await away.kill();
    const leader = await servers.leader();
    expect(leader.id).toBe(2);
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
    expect((await servers.leader()).id).toBe(2);
  });

  test.each(CASES)('%s: what only a lost leader had is cut off', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds);
    const lost = await thirdLeads(servers);
    await writeSome(lost, '/before', 20);
    await leaveUncommitted(lost, servers.servers.filter((server) => server !== lost));
    expect((await servers.leader()).id).toBe(2);
    await lost.start();
    await expectEqualTrees(servers);
    const kazoo = await startKazoo(lost.connectString);
    expect(await kazoo.exists('/committed')).not.toBeNull();
    await kazoo.close();
    await writeSome(lost, '/after', 20);
    await lost.restart();
    await expectEqualTrees(servers);
  });

  test.each(CASES.filter(([, kinds]) => kinds[2] === 'embedded'))('%s: when every snapshot of ours has what must be cut off, it takes the leader’s tree', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds);
    const lost = await thirdLeads(servers);
    await writeSome(lost, '/before', 20);
    await leaveUncommitted(lost, servers.servers.filter((server) => server !== lost));
    expect((await servers.leader()).id).toBe(2);
    await onlyNewSnapshots(lost);
    await lost.start();
    expect(lost.log()).toContain('its tree is asked for');
    await expectEqualTrees(servers);
    await writeSome(lost, '/after', 20);
    await lost.restart();
    await expectEqualTrees(servers);
  });
});

/** As if its last snapshot had been taken at the very end, and the ones before had been purged. */
async function onlyNewSnapshots({ dataDir }: ServerHandle): Promise<void> {
  const { target } = await recoverDirectory(dataDir);
  const storage = await storageOf(dataDir);
  const old = (await storage.list()).filter((name) => name.startsWith('snapshot.'));
  await writeSnapshot(storage, target.snapshot(), () => Promise.resolve(), { compression: 'none', codecs });
  for (const name of old) await storage.remove(name);
}
