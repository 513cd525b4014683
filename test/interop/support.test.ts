/** Proves the test support itself against real Apache ZooKeeper servers. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApacheEnsemble, startApacheStandalone } from '../support/apache.ts';
import type { ServersHandle } from '../support/embedded.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { runKazoo, startKazoo } from '../support/kazoo.ts';
import { connectRaw, jute } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';

const exists = 3;
const rootExists = Buffer.concat([jute.string('/'), jute.bool(false)]);

describeWith(['java', 'zookeeper'], 'Apache standalone', () => {
  let apache: ServersHandle;

  beforeAll(async () => {
    apache = await startApacheStandalone();
  }, 60_000);
  afterAll(() => apache?.stopAll());

  const first = () => apache.server(1);

  test('srvr answers, and a raw session works', async () => {
    expect(await first().fourLetterWord('srvr')).toMatch(/^Mode: standalone$/m);
    const raw = await connectRaw(first().host, first().clientPort);
    const session = await raw.connectSession({ timeoutMs: 4_000 });
    expect(session).toMatchObject({ timeoutMs: 4_000, readOnly: false });
    expect((await raw.request(exists, rootExists)).err).toBe(0);
    raw.destroy();
    await raw.closed;
  });

  test('the proxy forwards in tiny writes, cuts, refuses and heals', async () => {
    await using proxy = await startFaultProxy({ port: first().clientPort });
    proxy.setChunking({ bytes: 3 });
    const raw = await connectRaw(proxy.host, proxy.port);
    await raw.connectSession();
    expect(proxy.counters()).toMatchObject({ accepted: 1, open: 1, bytesToServer: 49, bytesToClient: 41 });

    await proxy.refuse();
    expect(proxy.cut()).toBe(1);
    await raw.closed;
    await expect(connectRaw(proxy.host, proxy.port)).rejects.toThrow('ECONNREFUSED');

    await proxy.heal();
    const again = await connectRaw(proxy.host, proxy.port);
    await again.connectSession();
    again.destroy();
  });

  test('the proxy delays, holds, injects and half-opens', async () => {
    await using proxy = await startFaultProxy({ port: first().clientPort });
    await proxy.halfOpen();
    const raw = await connectRaw(proxy.host, proxy.port);
    const session = raw.connectSession();
    await proxy.whenAccepted(1);
    expect(proxy.counters().bytesToServer).toBe(0);
    await proxy.heal();
    expect((await session).sessionId).not.toBe(0n);

    proxy.setLatency(60);
    const before = performance.now();
    await raw.request(exists, rootExists);
    expect(performance.now() - before).toBeGreaterThan(115);
    proxy.setLatency(0);

    proxy.blackhole('toClient');
    const held = raw.request(exists, rootExists);
    await expect(raw.readFrame(100)).rejects.toThrow('no frame within');
    await proxy.heal();
    expect((await held).err).toBe(0);

    proxy.inject(Buffer.from('ffffffff', 'hex'));
    await raw.closed;
  });

  test('a paused server is silent and a killed one comes back with its data', async () => {
    await first().pause();
    await expect(first().fourLetterWord('ruok', 300)).rejects.toThrow('no answer');
    first().resume();
    expect(await first().fourLetterWord('ruok')).toBe('imok');
    await first().kill();
    expect(first().running).toBe(false);
    await first().start();
    expect(await first().mode()).toBe('standalone');
  }, 60_000);

  test('a failed start shows the end of the log', async () => {
    await expect(startApacheStandalone({ config: { tickTime: 'often' } })).rejects.toThrow(/Invalid config/);
  }, 60_000);

  describeWith(['kazoo'], 'kazoo', () => {
    test('is another client', async () => {
      await using kazoo = await startKazoo(apache.connectString);
      await kazoo.create('/other/child', 'text', { makepath: true });
      await kazoo.watch('/other', 'children');
      expect((await kazoo.get('/other/child')).data.toString()).toBe('text');
      await kazoo.set('/other/child', Buffer.of(0, 255));
      expect(await kazoo.children('/other')).toEqual(['child']);
      await expect(kazoo.set('/nowhere', '')).rejects.toMatchObject({ kazooType: 'NoNodeError' });
      await kazoo.delete('/other', { recursive: true });
      expect(await kazoo.exists('/other')).toBeNull();
      expect(kazoo.events).toContainEqual({ type: 'CHILD', state: 'CONNECTED', path: '/other' });
      expect(await runKazoo('result = {"sum": sum(args), "raw": b"ab"}', [1, 2])).toEqual({
        sum: 3,
        raw: Buffer.from('ab'),
      });
    });
  });
});

describeWith(['java', 'zookeeper'], 'Apache ensemble', () => {
  test('when the leader dies the others choose a new one', async () => {
    await using apache = await startApacheEnsemble({ servers: 3, observers: 1 });
    const leader = await apache.leader();
    expect((await apache.followers()).length).toBe(2);
    expect(await apache.server(4).mode()).toBe('observer');
    await leader.kill();
    const next = await apache.leader();
    expect(next.id).not.toBe(leader.id);
    await leader.start();
    expect(await leader.mode()).toBe('follower');
  }, 120_000);
});
