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

/**
 * Proposals that the leader has in its log and nobody else has. The others are paused meanwhile, and then, like the
 * leader, killed: what lies in their sockets they would still read and take for theirs.
 */
async function leaveUncommitted(servers: ServersHandle, leader: ServerHandle): Promise<void> {
  const others = servers.servers.filter((server) => server !== leader);
  const kazoo = await startKazoo(leader.connectString);
  await kazoo.create('/committed', 'x');
  await until('all have the same', async () => new Set(await Promise.all(servers.servers.map(lastZxid))).size === 1);
  const logged = logBytes(leader);
  await Promise.all(others.map((other) => other.pause()));
  await kazoo.run("handles = [zk.create_async('/lost%d' % i, b'x') for i in range(5)]");
  await until('the leader has them in its log', () => logBytes(leader) > logged + 5 * ENTRY_BYTES_MIN);
  await leader.kill();
  await kazoo.kill();
  await Promise.all(others.map(async (other) => {
    await other.kill();
    await other.start();
  }));
}

const ENTRY_BYTES_MIN = 60;

async function lastZxid(server: ServerHandle): Promise<string | undefined> {
  return /^Zxid: (\S+)/m.exec(await server.fourLetterWord('srvr'))?.[1];
}

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

/** Apache's leader tells of a TRUNC at this level. */
const jvm = ['-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.LearnerHandler=debug'];

/** What Apache's server says of a synchronisation, the learner and then the leader (Learner, LearnerHandler). */
const WORDS = [
  ['DIFF', /Getting a diff from the leader|Sending DIFF zxid=\S+ +for peer sid: 3/g],
  ['TRUNC', /Truncating log to get in sync|Sending TRUNC to follower \S+ for peer sid:3/g],
  ['SNAP', /Getting a snapshot from leader|Sending snapshot last zxid/g],
] as const;

/**
 * Starts server 3, which follows server 2, and waits until all are equal.
 *
 * @returns how it was brought up to date, as the Apache server of the two says; nothing when both are ours
 */
async function comeBack(servers: ServersHandle): Promise<readonly string[]> {
  const witness = [servers.server(2), servers.server(3)].find(({ kind }) => kind === 'apache');
  const before = witness?.log().length ?? 0;
  await servers.server(3).restart();
  await expectEqualTrees(servers);
  const said = witness?.log().slice(before) ?? '';
  return WORDS.filter(([, words]) => said.match(words) !== null).map(([way]) => way);
}

/** Server 2 will lead server 3. */
const CASES: readonly (readonly [string, Kinds])[] = [
  ['ours leads ours', ['embedded', 'embedded', 'embedded']],
  ['ours leads Apache’s', ['apache', 'embedded', 'apache']],
  ['Apache’s leads ours', ['embedded', 'apache', 'embedded']],
];

const said = (kinds: Kinds, way: string): readonly string[] => (kinds.slice(1).includes('apache') ? [way] : []);

describeWith(['java', 'zookeeper', 'kazoo'], 'a member that was away', () => {
  test.each(CASES)('%s: a few transactions, many, and everything', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds, { jvm });
    const away = await thirdLeads(servers);
    await away.kill();
    const leader = await servers.leader();
    expect(leader.id).toBe(2);
    await writeSome(leader, '/few', 20);
    expect(await comeBack(servers)).toEqual(said(kinds, 'DIFF'));

    await away.kill();
    // More than the leader has in memory: from its log.
    await writeSome(leader, '/many', 1500);
    expect(await comeBack(servers)).toEqual(said(kinds, 'DIFF'));

    await away.kill();
    rmSync(join(away.dataDir, 'version-2'), { recursive: true });
    await writeSome(leader, '/more', 20);
    expect(await comeBack(servers)).toEqual(said(kinds, 'SNAP'));
    expect(await comeBack(servers)).toEqual(said(kinds, 'DIFF'));
    expect((await servers.leader()).id).toBe(2);
  });

  test.each(CASES.flatMap(([name, kinds]) => [
    [`${name}: what only a lost leader had is cut off`, kinds, false],
    [`${name}: what only a lost leader had gives way to what came after`, kinds, true],
  ] as const))('%s', async (_name, kinds, meanwhile) => {
    await using servers = await startMixedEnsemble(kinds, { jvm });
    const lost = await thirdLeads(servers);
    await writeSome(lost, '/before', 20);
    await leaveUncommitted(servers, lost);
    const leader = await servers.leader();
    expect(leader.id).toBe(2);
    if (meanwhile) await writeSome(leader, '/meanwhile', 20);
    // A log is not cut back over the beginning of an epoch (LearnerHandler.queueCommittedProposals).
    expect(await comeBack(servers)).toEqual(said(kinds, meanwhile ? 'SNAP' : 'TRUNC'));
    const kazoo = await startKazoo(lost.connectString);
    expect(await kazoo.exists('/committed')).not.toBeNull();
    for (let i = 0; i < 5; i++) expect(await kazoo.exists(`/lost${i}`)).toBeNull();
    await kazoo.close();
    await writeSome(lost, '/after', 20);
    expect(await comeBack(servers)).toEqual(said(kinds, 'DIFF'));
  });

  test.each(CASES.filter(([, kinds]) => kinds[2] === 'embedded'))('%s: when every snapshot of ours has what must be cut off, it takes the leader’s tree', async (_name, kinds) => {
    await using servers = await startMixedEnsemble(kinds);
    const lost = await thirdLeads(servers);
    await writeSome(lost, '/before', 20);
    await leaveUncommitted(servers, lost);
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
