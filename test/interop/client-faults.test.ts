/** The client on bad networks: a fault proxy in front of a real server. */

import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectionLostError, SessionExpiredError, WireError } from '../../src/model/errors.ts';
import { CreateMode } from '../../src/model/create-mode.ts';
import { AddWatchMode } from '../../src/model/watch.ts';
import type { StateChange } from '../../src/client/api.ts';
import { fourLetterWord } from '../../src/client/four-letter.ts';
import { probeHandshake, probeSocket } from '../../src/client/probe.ts';
import { topologies, type ServersHandle } from '../support/embedded.ts';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { connectRaw } from '../support/raw-client.ts';
import { bytes, codeOf, describeTopology, nodeClock, openClient, readyClient, recorder, text, transport, until } from './client-support.ts';

for (const topology of topologies.filter((each) => each.serverCount === 1)) {
  describeTopology(topology, () => {
    let servers: ServersHandle;
    let at: string;
    let next = 0;
    const fresh = (): string => `/f/n${next++}`;
    const proxyTo = (): Promise<FaultProxy> => startFaultProxy({ port: servers.server(1).clientPort });

    beforeAll(async () => {
      servers = await topology.start();
      at = servers.connectString;
      const root = openClient(at);
      await root.create('/f', bytes('f'));
      await root.close();
    }, 120_000);
    afterAll(() => servers?.stopAll());

    test('tiny chunks each way change nothing', async () => {
      await using proxy = await proxyTo();
      proxy.setChunking({ bytes: 3, pauseMs: 0 });
      const zk = await readyClient(proxy.connectString);
      const path = fresh();
      await zk.create(path, bytes('some data'));
      const seen = recorder();
      const answers = await Promise.all([zk.getData(path, { watch: seen.watcher }), zk.getChildren('/f'), zk.setData(path, null, 0)]);
      expect(text(answers[0].data)).toBe('some data');
      expect(answers[1].children).toContain(path.slice(3));
      expect(seen.lines).toEqual([`NodeDataChanged ${path}`]);
    });

    test('4 ms of round trip: 2,000 reads are pipelined', async () => {
      await using proxy = await proxyTo();
      proxy.setLatency(2);
      const zk = await readyClient(proxy.connectString);
      const start = performance.now();
      await Promise.all(Array.from({ length: 2_000 }, () => zk.exists('/f')));
      // One after the other it would take 8 s at the very least.
      expect(performance.now() - start).toBeLessThan(4_000);
    });

    test('a cut: what was sent is lost, the session and its ephemerals live on, watches fire once', async () => {
      await using proxy = await proxyTo();
      const zk = await readyClient(proxy.connectString, { inFlightMax: 1 });
      const writer = await readyClient(at);
      const path = fresh();
      await zk.create(path, null, { mode: CreateMode.EPHEMERAL });
      const id = zk.sessionId;
      const [data, child, exist, recursive] = [recorder(), recorder(), recorder(), recorder()];
      await zk.getData(path, { watch: data.watcher });
      await zk.getChildren('/f', { watch: child.watcher });
      await zk.exists(`${path}-later`, { watch: exist.watcher });
      await zk.addWatch('/f', AddWatchMode.PERSISTENT_RECURSIVE, recursive.watcher);
      const changes: StateChange[] = [];
      zk.stateChanges.on((change) => changes.push(change));

      await proxy.refuse();
      proxy.blackhole('toClient');
      const sent = zk.setData(path, bytes('perhaps'), -1);
      const unsent = zk.getData(path);
      await until('the request is on its way', () => zk.load.inFlight === 1);
      proxy.cut();
      const errors = await Promise.all([sent, unsent].map((each) => each.catch((caught: unknown) => caught)));
      expect(errors.every((error) => error instanceof ConnectionLostError)).toBe(true);
      expect(errors.map((error) => (error as ConnectionLostError).retrySafe)).toEqual([false, true]);
      expect(zk.state).toBe('connecting');

      // While away: everything that is watched changes.
      await writer.setData(path, bytes('away'), -1);
      await writer.create(`${path}-later`, null);
      const queued = zk.getData(path);
      await proxy.heal();
      await zk.ready();
      expect(text((await queued).data)).toBe('away');
      expect(zk.sessionId).toBe(id);
      expect(changes.map((change) => change.state).filter((state, i, all) => state !== all[i - 1])).toEqual(['connecting', 'connected']);
      expect([data.lines, child.lines, exist.lines]).toEqual([
        [`NodeDataChanged ${path}`], ['NodeChildrenChanged /f'], [`NodeCreated ${path}-later`],
      ]);
      // Persistent watches learn nothing of the time away, and everything afterwards.
      const missed = recursive.lines.length;
      await writer.setData(path, bytes('back'), -1);
      await until('recursive', () => recursive.lines.length > missed);
      expect(recursive.lines.at(-1)).toBe(`NodeDataChanged ${path}`);
      expect(data.lines).toHaveLength(1);
    });

    test('a reply cut in the middle of its frame is no reply', async () => {
      await using proxy = await proxyTo();
      const zk = await readyClient(proxy.connectString);
      const path = fresh();
      await zk.create(path, new Uint8Array(200_000));
      proxy.setChunking({ bytes: 1_000, pauseMs: 20 });
      const before = proxy.counters().bytesToClient;
      const read = zk.getData(path);
      await until('a part came', () => proxy.counters().bytesToClient > before + 5_000);
      proxy.setChunking(undefined);
      proxy.cut();
      await expect(read).rejects.toBeInstanceOf(ConnectionLostError);
      expect((await zk.getData(path)).data).toHaveLength(200_000);
    });

    test('silence: the connection is given up after two thirds of the timeout, and the next one serves', async () => {
      await using proxy = await proxyTo();
      const zk = await readyClient(proxy.connectString, { sessionTimeoutMs: 3_000 });
      const id = zk.sessionId;
      const changes: StateChange[] = [];
      zk.stateChanges.on((change) => changes.push(change));
      const start = Date.now();
      proxy.blackhole();
      const asked = zk.getData('/f');
      await expect(asked).rejects.toBeInstanceOf(ConnectionLostError);
      const tookMs = Date.now() - start;
      expect(tookMs).toBeGreaterThan(900);
      expect(tookMs).toBeLessThan(3_000);
      expect(changes[0]?.reason).toContain('nothing was heard for');
      await zk.ready();
      expect(zk.sessionId).toBe(id);
    });

    test('half-open: an attempt is given up, the next one serves', async () => {
      await using proxy = await proxyTo();
      await proxy.halfOpen();
      const zk = openClient(proxy.connectString, { connectTimeoutMs: 300 });
      const changes: StateChange[] = [];
      zk.stateChanges.on((change) => changes.push(change));
      await proxy.whenAccepted(2);
      expect(changes[0]?.reason).toBe('no answer to the handshake within 300 ms');
      await proxy.heal();
      await zk.ready();
      expect((await zk.exists('/f')).stat).not.toBeNull();
    });

    test('garbage in the stream drops the connection, not the session', async () => {
      await using proxy = await proxyTo();
      const zk = await readyClient(proxy.connectString);
      const id = zk.sessionId;
      const changes: StateChange[] = [];
      zk.stateChanges.on((change) => changes.push(change));
      for (const garbage of ['ffffffff', '00000010000000630000000000000001000000000000', '00000004000000ff']) {
        proxy.inject(Buffer.from(garbage, 'hex'));
        await until('the drop', () => changes.some((change) => change.state === 'connecting'));
        await zk.ready();
        expect(zk.sessionId).toBe(id);
        expect((await zk.exists('/f')).stat).not.toBeNull();
        changes.length = 0;
      }
    });

    test('away for longer than the session: the client knows without a server', async () => {
      await using proxy = await proxyTo();
      const zk = await readyClient(proxy.connectString, { sessionTimeoutMs: 1_500 });
      const seen = recorder();
      await zk.getData('/f', { watch: seen.watcher });
      await proxy.refuse();
      proxy.cut();
      await until('lost', () => zk.state === 'connecting');
      const waiting = zk.getData('/f');
      await expect(waiting).rejects.toBeInstanceOf(SessionExpiredError);
      expect(zk.state).toBe('expired');
      expect(zk.failure?.message).toContain('no server could be reached');
      await until('the watcher is told', () => seen.lines.length === 1);
      expect(seen.lines).toEqual(['None -']);
    });

    test('a session that expired meanwhile is known by the handshake', async () => {
      await using proxy = await proxyTo();
      const zk = await readyClient(proxy.connectString, { sessionTimeoutMs: 20_000 });
      await proxy.refuse();
      proxy.cut();
      const raw = await connectRaw(servers.server(1).host, servers.server(1).clientPort);
      await raw.connectSession({ sessionId: zk.sessionId, password: zk.sessionPassword });
      await raw.request(-11);
      await proxy.heal();
      const error = await zk.getData('/f').catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(SessionExpiredError);
      expect((error as Error).message).toBe('the session has expired: the server does not know the session any more');
      expect(zk.state).toBe('expired');
    });

    test('many watches are registered again in several requests', async () => {
      await using proxy = await proxyTo();
      const zk = await readyClient(proxy.connectString);
      const writer = await readyClient(at);
      const seen = recorder();
      const count = 3_000;
      const name = (i: number): string => `/f/${'long'.repeat(20)}-${i}`;
      await Promise.all(Array.from({ length: count }, (_, i) => zk.exists(name(i), { watch: seen.watcher })));
      const operations: string[] = [];
      zk.requests.on((record) => operations.push(record.operation));
      proxy.cut();
      await until('reconnected', () => operations.filter((each) => each === 'setWatches').length >= 3);
      expect(operations).not.toContain('setWatches2');
      await writer.create(name(0), null);
      await writer.create(name(count - 1), null);
      await until('both fired', () => seen.lines.length === 2);
      expect(seen.lines).toEqual([`NodeCreated ${name(0)}`, `NodeCreated ${name(count - 1)}`]);
    });

    test('a server that is started again on its data takes the session back', async () => {
      const zk = await readyClient(at, { sessionTimeoutMs: 10_000 });
      const path = fresh();
      await zk.create(path, bytes('kept'), { mode: CreateMode.EPHEMERAL });
      const seen = recorder();
      await zk.getData(path, { watch: seen.watcher });
      const id = zk.sessionId;
      await servers.server(1).kill();
      await until('lost', () => zk.state === 'connecting');
      await servers.server(1).start();
      expect(text((await zk.getData(path)).data)).toBe('kept');
      expect(zk.sessionId).toBe(id);
      await zk.setData(path, null, -1);
      await zk.sync(path);
      expect(seen.lines).toEqual([`NodeDataChanged ${path}`]);
    });

    test('four-letter words and probes', async () => {
      const { host, clientPort: port } = servers.server(1);
      const options = { timeoutMs: 3_000 };
      expect(await fourLetterWord(transport, nodeClock, { host, port }, 'srvr')).toMatch(/^Mode: standalone$/m);
      expect(await fourLetterWord(transport, nodeClock, { host, port }, 'isro')).toBe('rw');
      expect((await probeSocket(transport, nodeClock, { host, port }, options)).tookMs).toBeGreaterThan(0);
      const shaken = await probeHandshake(transport, nodeClock, { host, port }, { ...options, sessionTimeoutMs: 4_000 });
      expect(shaken).toMatchObject({ sessionTimeoutMs: 4_000, readOnly: false });
      expect(shaken.sessionId).not.toBe(0n);

      const dead = { host, port: 1 };
      const refused = await fourLetterWord(transport, nodeClock, dead, 'srvr').catch((caught: unknown) => caught);
      expect(refused).toMatchObject({ code: 'ConnectionLoss', retrySafe: true });
      await using proxy = await proxyTo();
      await proxy.halfOpen();
      const silent = await fourLetterWord(transport, nodeClock, proxy, 'srvr', { timeoutMs: 200 }).catch((caught: unknown) => caught);
      expect(silent).toMatchObject({ code: 'ConnectionLoss', retrySafe: false });
      expect(await codeOf(fourLetterWord(transport, nodeClock, { host, port }, 'mntr', { bytesMax: 10 }))).toBe('Malformed');
      const control = new AbortController();
      const cancelled = fourLetterWord(transport, nodeClock, proxy, 'srvr', { signal: control.signal });
      control.abort();
      expect(await codeOf(cancelled)).toBe('Cancelled');
    });
  });
}

test.each([
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', /127\.0\.0\.1:\d+ does not speak ZooKeeper \(a frame of \d+ bytes/],
  ['TLS', '\u0015\u0003\u0003\u0000\u0002\u0002\u0046', /does not speak ZooKeeper \(it seems to expect TLS\)/],
  ['a short frame', '\u0000\u0000\u0000\u0004abcd', /does not speak ZooKeeper \(truncated/],
])('a peer that speaks %s is named as no ZooKeeper at once', async (_name, answer, message) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(Buffer.from(answer, 'latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const zk = openClient(`127.0.0.1:${port}`);
    const reason = await new Promise<string | null>((resolve) => zk.stateChanges.on((change) => resolve(change.reason)));
    expect(reason).toMatch(message);
    const probe = probeHandshake(transport, nodeClock, { host: '127.0.0.1', port }, { timeoutMs: 2_000, sessionTimeoutMs: 4_000 });
    await expect(probe).rejects.toBeInstanceOf(WireError);
    await expect(probe).rejects.toThrow(message);
    await zk.close();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a server that refuses a session by a reply header is quoted', async () => {
  // What Apache 3.8.0 answers when it is read-only and has no local sessions.
  const refusal = Buffer.from('00000010000000000000000000000000ffffff89', 'hex');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(refusal));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const zk = openClient(`127.0.0.1:${port}`, { canBeReadOnly: true });
  const reason = await new Promise<string | null>((resolve) => zk.stateChanges.on((change) => resolve(change.reason)));
  expect(reason).toContain('the server refused a session: this server is read-only');
  const probe = probeHandshake(transport, nodeClock, { host: '127.0.0.1', port }, { timeoutMs: 2_000, sessionTimeoutMs: 4_000 });
  await expect(probe).rejects.toThrow('the server refused a session');
  await zk.close();
  server.close();
});
