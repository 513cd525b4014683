/** The AdminServer's `snapshot` and `restore`: out of one server and into another, through crashes, and with Apache's files. */

import { connect } from 'node:net';
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { freePort } from '../support/ports.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { metricsOf, walkWithKazoo, type SeenNode } from './disk-support.ts';

const AUTH = { authorization: 'digest admin:secret' };

interface Administered {
  readonly servers: ServersHandle;
  readonly kazoo: KazooClient;
  readonly url: string;
}

async function start(config: Record<string, string> = {}): Promise<Administered> {
  const port = await freePort();
  const servers = await startEmbeddedStandalone({
    config: {
      'admin.enableServer': 'true', 'admin.serverPort': String(port), 'admin.serverAddress': '127.0.0.1',
      'admin.rateLimiterIntervalInMS': '0', tickTime: '2000', ...config,
    },
  });
  return { servers, kazoo: await startKazoo(servers.connectString), url: `http://127.0.0.1:${port}/commands` };
}

async function stop({ kazoo, servers }: Administered): Promise<void> {
  await kazoo.kill();
  await servers.stopAll();
}

async function plant(kazoo: KazooClient): Promise<void> {
  await kazoo.create('/kept', 'of the snapshot');
  await kazoo.create('/kept/e', 'mine', { ephemeral: true });
  await kazoo.create('/kept/acl', 'x', { acl: [{ perms: 1, scheme: 'world', id: 'anyone' }] });
  await kazoo.set('/kept', 'changed');
  await kazoo.create('/big', 'y'.repeat(300_000));
}

const restore = (url: string, body: Uint8Array, headers: Record<string, string> = AUTH): Promise<Response> =>
  fetch(`${url}/restore`, { method: 'POST', body: new Uint8Array(body), headers });

async function walk(connectString: string): Promise<Map<string, SeenNode>> {
  const kazoo = await startKazoo(connectString);
  try {
    return await walkWithKazoo(kazoo);
  } finally {
    await kazoo.close();
  }
}

async function takeSnapshot(url: string): Promise<{ bytes: Buffer; zxid: bigint }> {
  const response = await fetch(`${url}/snapshot`, { headers: AUTH });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/octet-stream');
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(response.headers.get('snapshot_size')).toBe(String(bytes.length));
  return { bytes, zxid: BigInt(response.headers.get('last_zxid') ?? '') };
}

describeWith(['kazoo'], 'snapshot and restore', () => {
  test('a state moves to another server, durably, and clients come back to it', async () => {
    const [from, to] = [await start(), await start()];
    try {
      await plant(from.kazoo);
      const there = await walkWithKazoo(from.kazoo);
      const { bytes, zxid } = await takeSnapshot(from.url);
      await to.kazoo.create('/lost', 'x');
      const seen = await to.kazoo.run('zk.create("/lost/2"); result = zk.last_zxid');
      const answer = await restore(to.url, bytes);
      expect(answer.status).toBe(200);
      const { last_zxid: lastZxid, command, error } = JSON.parse(await answer.text()) as Record<string, unknown>;
      expect([command, error]).toEqual(['restore', null]);
      expect(BigInt(lastZxid as number) >= zxid && BigInt(lastZxid as number) > BigInt(seen as number)).toBe(true);
      // The other server's session is in the snapshot and holds its ephemeral until it expires.
      expect(await walk(to.servers.connectString)).toEqual(there);
      const again = await startKazoo(to.servers.connectString);
      await again.create('/after', 'x');
      await again.close();

      await to.servers.server(1).kill();
      await to.servers.server(1).start();
      const kept = await walk(to.servers.connectString);
      expect(kept.has('/after')).toBe(true);
      expect(kept.has('/lost')).toBe(false);
      for (const [path, node] of there) if (path !== '/') expect(kept.get(path), path).toEqual(node);
    } finally {
      await stop(from);
      await stop(to);
    }
  });

  test('an older snapshot never takes a client back before what it has seen', async () => {
    const server = await start();
    try {
      await plant(server.kazoo);
      const { bytes } = await takeSnapshot(server.url);
      await server.kazoo.create('/later', 'x');
      // This client's session is in the snapshot: it goes on, and sees what there was.
      expect((await restore(server.url, bytes)).status).toBe(200);
      expect(await server.kazoo.run(`
from kazoo.exceptions import ConnectionLoss, SessionExpiredError
result = zk.retry(zk.exists, "/later")
`)).toBeNull();
      expect(await server.kazoo.run('result = zk.retry(zk.get, "/kept/e")[0]')).toEqual(Buffer.from('mine'));
    } finally {
      await stop(server);
    }
  });

  test('what is no snapshot changes nothing', async () => {
    const server = await start({ 'zooscope.restoreBytesMax': '400000' });
    try {
      await plant(server.kazoo);
      const { bytes } = await takeSnapshot(server.url);
      const spoilt = Buffer.from(bytes);
      spoilt.writeUInt8(spoilt.readUInt8(700) ^ 1, 700);
      for (const body of [Buffer.alloc(0), Buffer.from('nonsense'), bytes.subarray(0, 5000), spoilt]) {
        expect((await restore(server.url, body)).status).toBe(500);
      }
      await server.kazoo.create('/big/too', 'y'.repeat(300_000));
      expect((await restore(server.url, (await takeSnapshot(server.url)).bytes)).status).toBe(413);
      expect((await metricsOf(server.servers.server(1))).get('restore_error_count')).toBe('5');
      // Nobody was even disconnected.
      expect((await server.kazoo.get('/kept')).data.toString()).toBe('changed');
    } finally {
      await stop(server);
    }
  });

  test('a snapshot that never comes whole does not keep the server from stopping', async () => {
    const server = await start();
    const url = new URL(server.url);
    const sender = connect({ host: url.hostname, port: Number(url.port) });
    try {
      sender.on('error', () => undefined);
      sender.write(`POST /commands/restore HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTH.authorization}\r\nContent-Length: 1000\r\n\r\nZKSN`);
      // Asked after it: by now the restore is waiting for more.
      expect((await fetch(`${server.url}/ruok`)).status).toBe(200);
      await server.kazoo.kill();
      await server.servers.server(1).stop();
      // One that had to be killed would have left its lock.
      expect(readdirSync(server.servers.server(1).dataDir)).not.toContain('instance.sock');
    } finally {
      sender.destroy();
      await server.servers.stopAll();
    }
  });

  test('who may not, gets neither', async () => {
    const server = await start({ 'admin.rateLimiterIntervalInMS': '3600000' });
    const ask = (headers: Record<string, string>): Promise<Response> => fetch(`${server.url}/snapshot?streaming=false`, { headers });
    try {
      const told: [number, unknown][] = [];
      for (const authorization of ['', 'digest', 'world anyone', 'nosuch x', 'digest a b']) {
        const response = await ask(authorization === '' ? {} : { authorization });
        told.push([response.status, JSON.parse(await response.text())]);
      }
      const said = (error: string): [number, unknown] => [401, { command: 'snapshot', error }];
      expect(told).toEqual([said('Auth info is missing for the command'), ...Array<unknown>(4).fill(said('Not authenticated'))]);
      expect((await fetch(`${server.url}/restore`, { headers: AUTH })).status).toBe(405);
      expect((await fetch(`${server.url}/snapshot`, { headers: AUTH, method: 'POST' })).status).toBe(405);

      // An address is as good as a password.
      const taken = await ask({ authorization: 'ip' });
      expect([taken.status, await taken.text()]).toEqual([200, '{\n  "command" : "snapshot",\n  "error" : null\n}']);
      expect((await ask(AUTH)).status).toBe(429);
      expect((await metricsOf(server.servers.server(1))).get('snapshot_rate_limited_count')).toBe('1');

      await server.kazoo.setAcl('/', [{ perms: 30, scheme: 'world', id: 'anyone' }]);
      const forbidden = await restore(server.url, Buffer.alloc(0));
      expect([forbidden.status, JSON.parse(await forbidden.text())]).toEqual([403, { command: 'restore', error: 'Not authorized' }]);
    } finally {
      await stop(server);
    }
  });

  test.each([
    ['admin.snapshot.enabled', 503, 500], ['admin.restore.enabled', 200, 503], ['serializeLastProcessedZxid.enabled', 500, 500],
  ])('%s=false', async (key, snapshot, restored) => {
    const server = await start({ [key]: 'false' });
    try {
      expect((await fetch(`${server.url}/snap`, { headers: AUTH })).status).toBe(snapshot);
      expect((await fetch(`${server.url}/rest`, { headers: AUTH, method: 'POST' })).status).toBe(restored);
    } finally {
      await stop(server);
    }
  });
});

describeWith(['java', 'zookeeper', 'kazoo'], 'snapshots that go to and from Apache’s server', () => {
  test('Apache’s server starts on ours, and ours restores Apache’s', async () => {
    const ours = await start();
    try {
      await plant(ours.kazoo);
      const { bytes, zxid } = await takeSnapshot(ours.url);
      const there = await walkWithKazoo(ours.kazoo);
      const dataDir = temporaryDirectory();
      mkdirSync(join(dataDir, 'version-2'));
      writeFileSync(join(dataDir, 'version-2', `snapshot.${zxid.toString(16)}`), bytes);
      await using apache = await startApacheStandalone({ dataDir, config: { tickTime: '60000' } });
      expect(await walk(apache.connectString)).toEqual(there);
      const kazoo = await startKazoo(apache.connectString, { timeoutSeconds: 240 });
      await kazoo.create('/of-apache', 'x');
      const seen = await walkWithKazoo(kazoo);
      await kazoo.kill();
      await apache.server(1).stop();
      await apache.server(1).start();
      const newest = readdirSync(join(dataDir, 'version-2')).filter((name) => name.startsWith('snapshot.'))
        .sort((a, b) => Number.parseInt(a.slice(9), 16) - Number.parseInt(b.slice(9), 16)).at(-1) ?? '';
      expect((await restore(ours.url, readFileSync(join(dataDir, 'version-2', newest)))).status).toBe(200);
      expect(await walk(ours.servers.connectString)).toEqual(seen);
    } finally {
      await stop(ours);
    }
  });

  test('Apache’s server starts on the directory of a server that restored', async () => {
    const dataDir = temporaryDirectory();
    const [from, port] = [await start(), await freePort()];
    const to = await startEmbeddedStandalone({
      dataDir,
      config: { 'admin.enableServer': 'true', 'admin.serverPort': String(port), 'admin.serverAddress': '127.0.0.1', tickTime: '60000' },
    });
    try {
      await plant(from.kazoo);
      const before = await startKazoo(to.connectString);
      await before.create('/lost', 'x');
      await before.kill();
      const { bytes } = await takeSnapshot(from.url);
      expect((await restore(`http://127.0.0.1:${port}/commands`, bytes)).status).toBe(200);
      const kazoo = await startKazoo(to.connectString, { timeoutSeconds: 240 });
      await kazoo.create('/after', 'x');
      const seen = await walkWithKazoo(kazoo);
      await kazoo.kill();
      await to.server(1).kill();
      await using apache = await startApacheStandalone({ dataDir, config: { tickTime: '60000' } });
      expect(await walk(apache.connectString)).toEqual(seen);
      expect((await metricsOf(apache.server(1))).get('digest_mismatches_count')).toBe('0');
    } finally {
      await stop(from);
      await to.stopAll();
    }
  });
});
