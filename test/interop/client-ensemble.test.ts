/** One session over several servers: it survives the one it is on, and the leader; and how sessions are taken up. */

import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { WatchedEvent } from '../../src/client/api.ts';
import { CreateMode } from '../../src/model/create-mode.ts';
import { SessionExpiredError } from '../../src/model/errors.ts';
import { AddWatchMode } from '../../src/model/watch.ts';
import { topologies, type ServersHandle } from '../support/embedded.ts';
import { startApacheEnsemble } from '../support/apache.ts';
import { describeWith } from '../support/requirements.ts';
import { bytes, codeOf, describeTopology, openClient, readyClient, recorder, text, until } from './client-support.ts';

for (const topology of topologies) {
  describeTopology(topology, () => {
    let servers: ServersHandle;
    let at: string;

    beforeAll(async () => {
      servers = await topology.start();
      at = servers.connectString;
    }, 120_000);
    afterAll(() => servers?.stopAll());

    test('a session is taken up by its id and password, and by no other password', async () => {
      const first = await readyClient(at);
      const path = (await first.create('/taken-', null, { mode: CreateMode.EPHEMERAL_SEQUENTIAL })).path;
      const session = { id: first.sessionId, password: first.sessionPassword };
      first.abandon();
      const second = await readyClient(at, { session });
      expect(second.sessionId).toBe(session.id);
      await second.sync('/');
      expect(await second.getEphemerals('/')).toEqual([path]);

      const wrong = openClient(at, { session: { id: session.id, password: new Uint8Array(16) } });
      await expect(wrong.ready()).rejects.toBeInstanceOf(SessionExpiredError);
      expect(wrong.state).toBe('expired');
      // The session itself is none the worse for it.
      await until('the rightful handle is back', async () => (await codeOf(second.exists(path))) === 'fulfilled');
      expect(second.sessionId).toBe(session.id);
    });

    test('IPv6 loopback, in brackets', async (context) => {
      const relay = createServer((socket) => {
        const upstream = connect(servers.server(1).clientPort, servers.server(1).host);
        socket.pipe(upstream).pipe(socket);
        for (const end of [socket, upstream]) end.on('error', () => end.destroy());
      });
      const listening = await new Promise<boolean>((resolve) => {
        relay.once('error', () => resolve(false));
        relay.listen(0, '::1', () => resolve(true));
      });
      if (!listening) {
        process.stderr.write('skipped: no IPv6 loopback on this machine\n');
        context.skip();
        return;
      }
      const { port } = relay.address() as AddressInfo;
      const zk = await readyClient(`[::1]:${port}/zookeeper`);
      expect(zk.server).toEqual({ host: '::1', port });
      expect((await zk.exists('/quota')).stat).not.toBeNull();
      await zk.close();
      relay.close();
    });

    test('a name is looked up, and all of its addresses are tried', async () => {
      // localhost may be ::1 first, where nothing listens.
      const zk = await readyClient(`localhost:${servers.server(1).clientPort}`);
      expect((await zk.exists('/')).stat).not.toBeNull();
      const lost = openClient('no-such-host.invalid:2181');
      const reason = await new Promise<string | null>((resolve) => lost.stateChanges.on((change) => resolve(change.reason)));
      expect(reason).toMatch(/^no-such-host\.invalid:2181: the name/);
    });
  });
}

describeWith(['java', 'zookeeper'], 'Apache 3 nodes, servers killed', () => {
  let servers: ServersHandle;

  beforeAll(async () => {
    servers = await startApacheEnsemble({ servers: 3 });
  }, 120_000);
  afterAll(() => servers?.stopAll());

  const victims = { 'the server it is on': 'own', 'the leader': 'leader' } as const;

  test.each(Object.keys(victims) as (keyof typeof victims)[])('a session survives the loss of %s', async (victim) => {
    const zk = await readyClient(servers.connectString, { sessionTimeoutMs: 10_000 });
    const base = (await zk.create('/killed-', bytes('before'), { mode: CreateMode.PERSISTENT_SEQUENTIAL })).path;
    await zk.create(`${base}/mine`, null, { mode: CreateMode.EPHEMERAL });
    const id = zk.sessionId;
    const [data, child, recursive] = [recorder(), recorder(), recorder()];
    await zk.getData(base, { watch: data.watcher });
    await zk.getChildren(base, { watch: child.watcher });
    // Up to 3.8 a recursive watch takes the place of a child watch on the very same path: it stands beside.
    await zk.create(`${base}/wide`, null);
    expect(child.lines.splice(0)).toHaveLength(1);
    await zk.getChildren(base, { watch: child.watcher });
    await zk.addWatch(`${base}/wide`, AddWatchMode.PERSISTENT_RECURSIVE, recursive.watcher);
    const states: string[] = [];
    zk.stateChanges.on((change) => states.push(change.state));

    const own = servers.servers.find((each) => each.clientPort === zk.server?.port)!;
    const killed = victims[victim] === 'own' ? own : await servers.leader();
    await killed.kill();
    onTestFinished(() => killed.start());
    // Writes go on as soon as there is a quorum and a connection; until then each failure says whether it was sent.
    const writer = await readyClient(servers.servers.filter((each) => each !== killed).map((each) => each.connectString).join());
    await until('a write goes through', async () => (await codeOf(writer.setData(base, bytes('after'), -1))) === 'fulfilled');
    await until('the session is connected', () => zk.state === 'connected');
    await until('the change is seen', () => data.lines.length > 0);

    expect(zk.sessionId).toBe(id);
    expect(states).not.toContain('expired');
    expect(text((await zk.getData(base)).data)).toBe('after');
    expect((await zk.exists(`${base}/mine`)).stat?.ephemeralOwner).toBe(id);
    await writer.create(`${base}/new`, null);
    await writer.create(`${base}/wide/new`, null);
    await until('the recursive watch lives', () => recursive.lines.includes(`NodeCreated ${base}/wide/new`));
    await zk.sync(base);
    expect(data.lines).toEqual([`NodeDataChanged ${base}`]);
    expect(child.lines).toEqual([`NodeChildrenChanged ${base}`]);
  });

  test('a client never goes back in time: servers behind what it saw are passed over', async () => {
    const zk = await readyClient(servers.connectString);
    const seen: bigint[] = [];
    const path = (await zk.create('/time-', null, { mode: CreateMode.PERSISTENT_SEQUENTIAL })).path;
    for (let i = 0; i < 50; i++) seen.push((await zk.setData(path, bytes(String(i)), i)).stat.mzxid);
    expect([...seen].sort((a, b) => (a < b ? -1 : 1))).toEqual(seen);
    expect(zk.lastZxid).toBe(seen.at(-1));
  });

  test('without a quorum: a read-only server will do for who asks for one', { timeout: 120_000 }, async () => {
    const group = await startApacheEnsemble({
      servers: 3,
      jvm: ['-Dreadonlymode.enabled=true'],
      // Without them a read-only server refuses every session.
      config: { localSessionsEnabled: 'true', localSessionsUpgradingEnabled: 'true' },
    });
    try {
      const plain = await readyClient(group.connectString, { sessionTimeoutMs: 10_000 });
      await plain.create('/ro', bytes('kept'));
      const events: WatchedEvent[] = [];
      await plain.close();
      await group.server(1).kill();
      await group.server(2).kill();
      await until('the last one is read-only', async () => (await group.server(3).mode()) === 'read-only');

      const zk = openClient(group.connectString, { canBeReadOnly: true, sessionTimeoutMs: 10_000 });
      await zk.ready();
      expect(zk.state).toBe('connectedReadOnly');
      expect(text((await zk.getData('/ro', { watch: (event) => events.push(event) })).data)).toBe('kept');
      expect(await codeOf(zk.setData('/ro', null, -1))).toBe('NotReadOnly');
      const borrowed = zk.sessionId;

      await Promise.all([group.server(1).start({ waitServing: false }), group.server(2).start({ waitServing: false })]);
      await until('a server that takes writes is found', () => zk.state === 'connected', 60_000);
      expect(zk.sessionId).not.toBe(borrowed);
      await zk.setData('/ro', bytes('new'), 0);
      expect(text((await zk.getData('/ro')).data)).toBe('new');
    } finally {
      await group.stopAll();
    }
  });
});
