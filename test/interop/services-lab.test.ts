/** Local servers as the app makes them: processes of the built embedded server, the sample tree, an end by force. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtLocalServers, labOptions } from '../support/lab-options.ts';
import { freePort } from '../support/ports.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { memoryStore, text } from '../unit/services/harness.ts';
import { startApp, until, type RealApp } from './services-app.ts';

let directory: string;
let app: RealApp;

beforeAll(() => {
  directory = temporaryDirectory();
  app = startApp(builtLocalServers(directory));
});
afterAll(async () => {
  await app?.close();
  removeTemporaryDirectory(directory);
});

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('one server with the sample tree; killed, it has failed, and comes back with its data', async () => {
  const { profileId } = await app.call('lab.create', labOptions({ sampleTree: true }));
  const [server] = await app.call('lab.list', {});
  const { labId } = server!;
  const { pid } = server!.servers[0]!;
  expect(server).toMatchObject({ state: 'running', profileId });
  expect(alive(pid!)).toBe(true);

  const { connectionId } = await app.call('connections.open', { profileId });
  const wide = await app.call('tree.children', { connectionId, path: '/samples/wide', wideAbove: 20_000, watch: true });
  expect(wide).toMatchObject({ kind: 'listed', count: 200 });
  const rows = await app.call('tree.stats', { connectionId, paths: ['/samples/protected', '/samples/shared', '/samples/null'] });
  expect(rows.map(({ locked }) => locked)).toEqual([true, false, false]);
  const shared = await app.call('acl.read', { connectionId, path: '/samples/shared' });
  expect(shared).toMatchObject({ masked: true, rights: { read: true, write: false } });
  const readme = await app.call('node.read', { connectionId, path: '/readme', watch: true });
  const written = await app.call('node.write', { connectionId, path: '/readme', data: text('mine'), version: readme.stat.version });
  expect(written.kind).toBe('written');
  const status = await app.call('cluster.status', { connectionId });
  expect(status.servers).toMatchObject([{ reach: 'up', role: 'standalone', lag: 0, current: true, refused: [] }]);

  process.kill(pid!, 'SIGKILL');
  const failed = await until('failed', async () => (await app.call('lab.list', {})).find(({ state }) => state === 'failed'));
  expect(failed).toMatchObject({ servers: [{ state: 'failed', pid: null }], failure: { code: 'LocalServerFailed', hint: 'hint.localServer' } });
  await until('connecting', async () => (await app.call('connections.list', {}))[0]?.state === 'connecting');

  const again = await app.call('lab.start', { labId });
  expect(again).toMatchObject({ state: 'running', connectString: server!.connectString });
  expect(again.servers[0]!.pid).not.toBe(pid);
  expect((await app.call('node.read', { connectionId, path: '/readme', watch: false })).data).toEqual(text('mine'));
  expect((await app.call('connections.list', {}))[0]?.state).toBe('connected');

  const stopped = await app.call('lab.stop', { labId });
  expect(stopped).toMatchObject({ state: 'stopped', servers: [{ pid: null }], failure: null });
  expect(alive(again.servers[0]!.pid!)).toBe(false);
  await app.call('connections.close', { connectionId });
  // Opening the connection of a stopped server starts it.
  const reopened = await app.call('connections.open', { profileId });
  const running = await app.call('lab.list', {});
  expect(running[0]?.state).toBe('running');
  expect((await app.call('node.stat', { connectionId: reopened.connectionId, path: '/samples/wide' }))?.stat.numChildren).toBe(200);
  await app.services.close();
  expect(alive(running[0]!.servers[0]!.pid!)).toBe(false);
}, 60_000);

test('a server that an earlier release made, in the directory itself, still opens', async () => {
  const dir = join(directory, 'servers', 'old');
  mkdirSync(join(dir, 'data'), { recursive: true });
  const port = await freePort();
  writeFileSync(join(dir, 'zoo.cfg'), `tickTime=2000\ndataDir=${join(dir, 'data')}\nclientPort=${port}\nclientPortAddress=127.0.0.1\n4lw.commands.whitelist=*\nadmin.enableServer=false\n`);
  const stores = { profiles: memoryStore(), settings: memoryStore(), lab: memoryStore({ kind: 'document', value: { schema: 1, servers: [{ labId: 'old', name: 'of old', dir, profileId: '' }] } }) };
  await using later = startApp(builtLocalServers(directory), undefined, (name) => stores[name]);
  expect(await later.call('lab.list', {})).toMatchObject([{ name: 'of old', state: 'stopped', connectString: `127.0.0.1:${port}` }]);
  const { profileId } = await later.call('lab.start', { labId: 'old' });
  const { connectionId } = await later.call('connections.open', { profileId });
  await later.call('node.create', { connectionId, path: '/a', kind: 'persistent', data: null, acl: null, ttlMs: null, parents: false });
  expect((await later.call('cluster.status', { connectionId })).servers).toMatchObject([{ reach: 'up', role: 'standalone' }]);
  await later.call('lab.remove', { labId: 'old', typedName: 'of old' });
  expect(existsSync(dir)).toBe(false);
}, 30_000);
