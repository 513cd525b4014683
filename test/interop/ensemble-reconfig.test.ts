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
import { until, writeSome } from './ensemble-support.ts';

type Kind = 'apache' | 'embedded';

/** Servers whose lines have all their ports; who begins knows the first `members` of them. */
async function prepare(kinds: readonly Kind[], members: number): Promise<{ servers: ServerHandle[]; line(id: number): string; [Symbol.asyncDispose](): Promise<void> }> {
  const ports = await freePorts(kinds.length * 3);
  const directory = temporaryDirectory();
  const line = (id: number): string => {
    const [client, quorum, election] = ports.slice((id - 1) * 3, id * 3);
    return `server.${id}=127.0.0.1:${quorum}:${election}:participant;127.0.0.1:${client}`;
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
    writeFileSync(dynamic, `${known.map(line).join('\n')}\n`);
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

async function leaderOf(servers: readonly ServerHandle[]): Promise<ServerHandle> {
  for (;;) {
    const modes = await Promise.all(servers.map((server) => server.mode()));
    const found = servers[modes.indexOf('leader')];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
