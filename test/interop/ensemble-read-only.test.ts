/**
 * Read-only mode: two members of one ensemble, Apache's and ours, that lost their quorum answer the same questions
 * alike; and what clients make of it.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { apacheLauncher } from '../support/apache.ts';
import { embeddedLauncher } from '../support/embedded.ts';
import { startKazoo } from '../support/kazoo.ts';
import { freePorts } from '../support/ports.ts';
import { connectRaw, connectRequestPayload } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers, type ServersHandle } from '../support/server-group.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { figure, until } from './ensemble-support.ts';
import { askEverything, comeBack, goneWithQuorum, knock } from './read-only-talk.ts';
import { ask, Room, type Talker } from './server-conversation.ts';
import { runCliOnce } from './zkcli.ts';

const READ_ONLY = ['-Dreadonlymode.enabled=true'];

/** Server 1 is Apache's, all others are ours; 1 and 2 stay when the others go. */
async function startFive(localSessions: boolean, adminPorts: readonly number[] = []): Promise<ServersHandle> {
  const admin = (i: number): Record<string, string> => (adminPorts[i] === undefined ? {} : { 'admin.enableServer': 'true', 'admin.serverPort': String(adminPorts[i]) });
  const ours = { kind: 'embedded', launcher: embeddedLauncher } as const;
  return startServers({
    name: 'five', quorum: true,
    members: [
      // Without local sessions Apache's server answers a connect request with a bare header of -119.
      { kind: 'apache', launcher: apacheLauncher, jvm: READ_ONLY, config: { ...admin(0), localSessionsEnabled: String(localSessions) } },
      { ...ours, jvm: READ_ONLY, config: admin(1) }, ours, ours, ours,
    ],
  });
}

/** The same words of both, but for what is a server's own. */
function masked(text: string): string[] {
  // Apache's server keeps groups of sessions that nobody is left in.
  const lines = text.split('\n').filter((line) => !line.startsWith('0 expire at'));
  return lines.map((line) => line
    .replace(/Sets \(\d+\)/, 'Sets (n)')
    .replace(/^Zookeeper version: .*/, 'Zookeeper version: (version)')
    .replace(/^(Latency .*): .*/, '$1: (ms)')
    // Apache's server never forgets a request that it refused, and counts in its requests of before.
    .replace(/^(Received|Sent|Outstanding): \d+/, '$1: (n)')
    .replace(/^(clientPort|dataDir|dataDirSize|dataLogDir|dataLogSize|serverId|electionPort|quorumPort)=.*/, '$1=')
    .replace(/expire at .*:/, 'expire at (time):')
    .replace(/0x[0-9a-f]{10,}/, '(session)')
    .replace(/\/127\.0\.0\.1:\d+(\[\d\]\(.*\))?/, '(connection)'));
}

async function becomesReadOnly(server: ServerHandle): Promise<void> {
  await until(`server ${server.id} is read-only`, async () => (await server.fourLetterWord('isro')) === 'ro');
}

describeWith(['java', 'zookeeper', 'kazoo'], 'a minority in read-only mode', () => {
  let servers: ServersHandle;
  let apache: ServerHandle;
  let ours: ServerHandle;
  let writer: Talker;
  let adminPorts: readonly number[];

  const both = async (talk: (room: Room) => Promise<void>): Promise<void> => {
    const heard: (readonly string[])[] = [];
    for (const { host, clientPort } of [apache, ours]) {
      const room = new Room(host, clientPort);
      await talk(room);
      await room.leave();
      heard.push(room.lines);
    }
    expect(heard[1]).toEqual(heard[0]);
    expect(heard[1]?.length).toBeGreaterThan(0);
  };

  const parted = async (): Promise<void> => {
    for (const id of [3, 4, 5]) await servers.server(id).kill();
    for (const server of [apache, ours]) await becomesReadOnly(server);
  };

  beforeAll(async () => {
    adminPorts = await freePorts(2);
    servers = await startFive(true, adminPorts);
    [apache, ours] = [servers.server(1), servers.server(2)];
    const room = new Room(ours.host, ours.clientPort);
    writer = await room.join('writer');
    for (const path of ['/r', '/r/a', '/r/b']) await writer.do(1, ask.create(path, path));
    await writer.do(1, ask.create('/r-ephemeral', 'x', 1));
    await until('both have it', async () => /^Zxid: (.*)$/m.exec(await apache.fourLetterWord('srvr'))?.[1] === `0x${writer.lastZxid.toString(16)}`);
    await parted();
  }, 120_000);

  afterAll(() => servers.stopAll());

  test('refuses whoever may not read only, and whoever has seen more', () => both((room) => knock(room, writer.lastZxid)));

  test('answers every read, and no write', () => both(askEverything));

  test('keeps sessions of its own', () => both(comeBack));

  test('takes no session of the ensemble', () => both(async (room) => {
    const { sessionId, password } = writer;
    const talker = await room.enter('writer');
    expect(await talker.connect({ readOnly: true, sessionId, password })).toBe(false);
  }));

  test('expires its sessions', () => both(async (room) => {
    const talker = await room.join('silent', { readOnly: true, timeoutMs: 1_000 });
    await talker.closed();
    // The connection may go before the session.
    const server = servers.servers.find(({ clientPort }) => clientPort === room.port) as ServerHandle;
    await until('its session is gone', async () => (await figure(server, 'zk_local_sessions')) === 0);
    const { sessionId, password } = talker;
    const again = await room.join('again', { readOnly: true, timeoutMs: 1_000, sessionId, password });
    await again.closed();
  }));

  test.each(['stat', 'srvr', 'conf', 'isro', 'ruok', 'wchs', 'dump'])('says the same to %s', async (word) => {
    const said: string[][] = [];
    for (const server of [apache, ours]) {
      const room = new Room(server.host, server.clientPort);
      await room.join('reader', { readOnly: true });
      const lines = masked(await server.fourLetterWord(word));
      said.push(word === 'dump' ? lines.sort() : lines);
      await room.leave();
    }
    expect(said[1]).toEqual(said[0]);
  });

  test('shows the same in mntr', async () => {
    const keys = ['server_state', 'global_sessions', 'local_sessions', 'znode_count', 'ephemerals_count', 'peer_state', 'quorum_size'];
    const said: unknown[] = [];
    for (const server of [apache, ours]) {
      const room = new Room(server.host, server.clientPort);
      await room.join('reader', { readOnly: true });
      const text = await server.fourLetterWord('mntr');
      said.push(keys.map((key) => new RegExp(`^zk_${key}\\t(\\S+)$`, 'm').exec(text)?.[1]));
      await room.leave();
    }
    expect(said[1]).toEqual(said[0]);
    expect(said[1]).toEqual(['read-only', '1', '1', '9', '1', undefined, undefined]);
  });

  test.each(['is_read_only', 'leader', 'voting_view', 'zabstate'])('shows the same in AdminServer’s %s', async (command) => {
    const [of, own] = await Promise.all(adminPorts.map(async (port) => (await fetch(`http://127.0.0.1:${port}/commands/${command}`)).json() as unknown));
    expect(own).toEqual(of);
  });

  test('serves kazoo and zkCli -r', async () => {
    for (const server of [apache, ours]) {
      const kazoo = await startKazoo(server.connectString, { readOnly: true });
      expect((await kazoo.run("result = [zk.get('/r/a')[0].decode(), zk.client_state]")) as unknown, `server ${server.id}`).toEqual(['/r/a', 'CONNECTED_RO']);
      await expect(kazoo.create('/from-kazoo', 'x')).rejects.toMatchObject({ kazooType: 'NotReadOnlyCallError' });
      await kazoo.close();
    }
    const reports = [];
    for (const server of [apache, ours]) reports.push((await runCliOnce(server.connectString, ['-r', 'get', '/r/a'])).outputs);
    expect(reports[1]).toEqual(reports[0]);
    expect(JSON.stringify(reports[1])).toContain('/r/a');
  });

  test('ends all that when there is a quorum again, and its writer goes on', async () => {
    const readers: Talker[] = [];
    for (const { host, clientPort } of [apache, ours]) readers.push(await new Room(host, clientPort).join('reader', { readOnly: true, timeoutMs: 10_000 }));
    const pings = setInterval(() => readers.forEach((reader) => reader.send(11, Buffer.alloc(0), -2)), 500);
    await Promise.all([3, 4, 5].map((id) => servers.server(id).start()));
    await Promise.all(readers.map((reader) => reader.raw.closed));
    clearInterval(pings);
    await Promise.all(servers.servers.map((server) => server.waitServing()));
    const heard: (readonly string[])[] = [];
    for (const [i, server] of [apache, ours].entries()) {
      expect(await server.fourLetterWord('isro')).toBe('rw');
      const room = new Room(server.host, server.clientPort);
      await goneWithQuorum(room, readers[i] as Talker);
      heard.push(room.lines);
    }
    expect(heard[1]).toEqual(heard[0]);
    const back = await new Room(ours.host, ours.clientPort).enter('writer');
    expect(await back.connect({ sessionId: writer.sessionId, password: writer.password, lastZxidSeen: writer.lastZxid })).toBe(true);
    expect(back.sessionId).toBe(writer.sessionId);
    back.raw.destroy();
  });
});

describeWith(['java', 'zookeeper'], 'a minority in read-only mode without local sessions', () => {
  test('Apache’s server has no session to give; ours has', async () => {
    await using servers = await startFive(false);
    const [apache, ours] = [servers.server(1), servers.server(2)];
    for (const id of [3, 4, 5]) await servers.server(id).kill();
    for (const server of [apache, ours]) await becomesReadOnly(server);
    const client = await connectRaw(apache.host, apache.clientPort);
    client.sendFrame(connectRequestPayload({ readOnly: true }));
    const frame = await client.readFrame();
    expect([frame.length, frame.readInt32BE(12)]).toEqual([16, -119]);
    client.destroy();
    const room = new Room(ours.host, ours.clientPort);
    const reader = await room.join('reader', { readOnly: true });
    await reader.do(4, ask.read('/'));
    expect(room.lines.at(-1)).toContain('err 0');
    await room.leave();
  });
});
