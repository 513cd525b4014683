/** Reconfiguration of a running ensemble, by zkCli's words, of our servers and in a mixture with Apache's. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apacheLauncher } from '../support/apache.ts';
import { embeddedLauncher } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { freePorts } from '../support/ports.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import { createServerProcess, type ServerHandle } from '../support/server-process.ts';
import { figure, treeOf, until, writeSome } from './ensemble-support.ts';

type Kind = 'apache' | 'embedded';
type Role = 'participant' | 'observer';

/** Servers whose lines have all their ports; who begins knows the first `members` of them. */
async function prepare(kinds: readonly Kind[], members: number, newcomer: Role = 'participant'): Promise<{ servers: ServerHandle[]; line(id: number, role?: Role): string; [Symbol.asyncDispose](): Promise<void> }> {
  const ports = await freePorts(kinds.length * 3);
  const directory = temporaryDirectory();
  const line = (id: number, role: Role = 'participant'): string => {
    const [client, quorum, election] = ports.slice((id - 1) * 3, id * 3);
    return `server.${id}=127.0.0.1:${quorum}:${election}:${role};127.0.0.1:${client}`;
  };
  const servers = kinds.map((kind, index) => {
    const id = index + 1;
    const home = join(directory, `server-${id}`);
    const dataDir = join(home, 'data');
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'myid'), `${id}\n`);
    const known = Array.from({ length: members }, (_, i) => i + 1);
    if (!known.includes(id)) known.push(id);
    const keys = { tickTime: '500', initLimit: '20', syncLimit: '10', dataDir, reconfigEnabled: 'true', 'admin.enableServer': 'false', '4lw.commands.whitelist': '*', standaloneEnabled: 'false', skipACL: 'yes' };
    const dynamic = join(home, 'zoo.cfg.dynamic');
    writeFileSync(dynamic, `${known.map((one) => line(one, one > members ? newcomer : 'participant')).join('\n')}\n`);
    const configFile = join(home, 'zoo.cfg');
    writeFileSync(configFile, `${Object.entries(keys).map(([key, value]) => `${key}=${value}`).join('\n')}\ndynamicConfigFile=${dynamic}\n`);
    return createServerProcess({
      id, kind, dataDir, configFile, clientPort: ports[index * 3] ?? 0, logFile: join(home, 'server.log'), jvm: [],
      launcher: kind === 'apache' ? apacheLauncher : embeddedLauncher,
    });
  });
  return {
    servers, line,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.kill()));
      removeTemporaryDirectory(directory);
    },
  };
}

async function configOf(server: ServerHandle): Promise<string> {
  const kazoo = await startKazoo(server.connectString);
  try {
    await kazoo.run("zk.sync('/zookeeper/config')");
    return (await kazoo.get('/zookeeper/config')).data.toString();
  } finally {
    await kazoo.close();
  }
}

async function reconfig(at: ServerHandle, joining: string, leaving: string): Promise<string> {
  const kazoo = await startKazoo(at.connectString);
  try {
    return String(await kazoo.run('data, stat = zk.reconfig(args["joining"] or None, args["leaving"] or None, None)\nresult = data.decode()', { joining, leaving }));
  } finally {
    await kazoo.close();
  }
}

const CASES: readonly (readonly [string, readonly Kind[]])[] = [
  ['four of ours', ['embedded', 'embedded', 'embedded', 'embedded']],
  ['two of each', ['embedded', 'apache', 'embedded', 'apache']],
  ['two of each, the other way round', ['apache', 'embedded', 'apache', 'embedded']],
];

describeWith(['java', 'zookeeper', 'kazoo'], 'a reconfiguration', () => {
  test.each(CASES)('%s: one joins, another leaves, the leader leaves', async (_name, kinds) => {
    await using group = await prepare(kinds, 3);
    const { servers, line } = group;
    const [first, second, third, fourth] = servers as [ServerHandle, ServerHandle, ServerHandle, ServerHandle];
    await Promise.all([first, second, third].map((server) => server.start()));
    await until('a leader', async () => (await Promise.all([first, second, third].map((server) => server.mode()))).includes('leader'));
    expect(await configOf(first)).toMatch(/version=1\d{8}$/);
    await writeSome(first, '/before', 20);

    await fourth.start({ waitServing: false });
    await until('the newcomer is in step', async () => (await fourth.mode()) === 'follower');
    const joined = await reconfig(first, line(4), '');
    expect(joined).toContain(line(4));
    await until('everybody has it', async () => (await Promise.all(servers.map(configOf))).every((config) => config === joined));
    await writeSome(fourth, '/with-four', 20);

    const leader = await leaderOf(servers);
    const follower = servers.find((server) => server !== leader) as ServerHandle;
    const left = await reconfig(leader, '', String(follower.id));
    expect(left).not.toContain(`server.${follower.id}=`);
    await follower.kill();
    const rest = servers.filter((server) => server !== follower);
    await writeSome(leader, '/with-three', 20);

    const successor = rest.find((server) => server !== leader) as ServerHandle;
    await reconfig(successor, '', String(leader.id)).catch(() => 'the connection may be gone with the change');
    const two = rest.filter((server) => server !== leader);
    await until('another leads', async () => (await Promise.all(two.map((server) => server.mode()))).includes('leader'));
    for (const server of two) expect(await configOf(server)).not.toContain(`server.${leader.id}=`);
    await leader.kill();
    await writeSome(successor, '/with-two', 20);
    for (const server of two) await server.restart({ waitServing: false });
    await until('both serve again', async () => (await Promise.all(two.map((server) => server.mode()))).every((mode) => mode === 'leader' || mode === 'follower'));
    for (const server of two) expect(await configOf(server)).not.toContain(`server.${leader.id}=`);
    await writeSome(successor, '/again', 5);
  });
});

describeWith(['java', 'zookeeper', 'kazoo'], 'a follower', () => {
  test.each([
    ['of ours', ['embedded', 'embedded', 'embedded', 'embedded']],
    ['of Apache’s', ['apache', 'apache', 'apache', 'apache']],
    ['of ours among Apache’s', ['apache', 'apache', 'apache', 'embedded']],
  ] as const)('%s keeps its clients when it gets a vote and when it loses it', async (_name, kinds) => {
    await using group = await prepare(kinds, 3);
    const { servers, line } = group;
    const [fourth, voters] = [servers[3] as ServerHandle, servers.slice(0, 3)];
    await Promise.all(voters.map((server) => server.start()));
    const leader = await leaderOf(voters);
    await fourth.start({ waitServing: false });
    await until('the newcomer is in step', async () => (await fourth.mode()) === 'follower');
    await using session = await startKazoo(fourth.connectString);
    await session.run("states = []\nzk.add_listener(lambda state: states.append(str(state)) and None)");
    for (const [joining, leaving] of [[line(4), ''], ['', '4']] as const) {
      const config = await reconfig(leader, joining, leaving);
      await session.run("zk.sync('/')");
      expect(await configOf(fourth)).toBe(config);
      await writeSome(fourth, joining === '' ? '/without-a-vote' : '/with-a-vote', 5);
    }
    expect(await session.run("result = states")).toEqual([]);
  });
});

describeWith(['java', 'zookeeper', 'kazoo'], 'an observer', () => {
  test.each([
    ['ours among Apache’s', ['apache', 'apache', 'apache', 'embedded']],
    ['Apache’s among ours', ['embedded', 'embedded', 'embedded', 'apache']],
    ['ours among both', ['embedded', 'apache', 'apache', 'embedded']],
  ] as const)('%s: joins, becomes a voter that counts, and an observer again, with a session on it', async (_name, kinds) => {
    await using group = await prepare(kinds, 3, 'observer');
    const { servers, line } = group;
    const fourth = servers[3] as ServerHandle;
    const voters = servers.slice(0, 3);
    await Promise.all(voters.map((server) => server.start()));
    const leader = await leaderOf(voters);
    await writeSome(leader, '/before', 20);
    await fourth.start();
    expect(await reconfig(leader, line(4, 'observer'), '')).toContain(line(4, 'observer'));
    await until('it observes', async () => (await fourth.mode()) === 'observer');
    await using session = await startKazoo(fourth.connectString);
    await session.create('/mine', '', { ephemeral: true });

    expect(await reconfig(leader, line(4), '')).toContain(line(4));
    await until('it follows', async () => (await fourth.mode()) === 'follower');
    // Of four voters three must agree: without another of them, nothing is written but with the new one.
    const other = voters.find((server) => server !== leader) as ServerHandle;
    await other.kill();
    await writeSome(fourth, '/with-its-vote', 20);
    await until('the session is back', async () => (await session.exists('/mine').catch(() => null)) !== null);
    expect((await session.get('/mine')).stat.ephemeralOwner).toBe(String(session.sessionId));
    await other.start();

    await reconfig(leader, line(4, 'observer'), '');
    await until('it observes again', async () => (await fourth.mode()) === 'observer');
    await writeSome(fourth, '/observed', 20);
    await until('the session is back', async () => (await session.exists('/mine').catch(() => null)) !== null);
    await expectSameTree(servers);
  });
});

async function expectSameTree(servers: readonly ServerHandle[]): Promise<void> {
  const [first, ...others] = await Promise.all(servers.map((server) => treeOf(server)));
  for (const other of others) expect(other).toEqual(first);
  for (const server of servers) expect(await figure(server, 'zk_digest_mismatches_count'), `server ${server.id}`).toBe(0);
}

async function leaderOf(servers: readonly ServerHandle[]): Promise<ServerHandle> {
  for (;;) {
    const modes = await Promise.all(servers.map((server) => server.mode()));
    const found = servers[modes.indexOf('leader')];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
