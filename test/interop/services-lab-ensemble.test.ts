/** Local ensembles as the app makes them: processes of the built embedded server, elections, kills, and their end. */

import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lab, LabServer } from '../../src/contract/lab.ts';
import { builtLocalServers, labOptions } from '../support/lab-options.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { text } from '../unit/services/harness.ts';
import { launch } from './ensemble-launcher-support.ts';
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

const alive = (pid: number | null): boolean => {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch {
    return false;
  }
};
const labOf = async (labId: string): Promise<Lab> => (await app.call('lab.list', {})).find((lab) => lab.labId === labId)!;
const leaderOf = async (labId: string): Promise<LabServer | undefined> => (await labOf(labId)).servers.find(({ role }) => role === 'leader');

test('three servers from nothing; the leader killed, the session lives on; stopped and started with their data; deleted', async () => {
  const made = await app.call('lab.create', labOptions({ name: 'mine', servers: 3, sampleTree: true }));
  const { labId, profileId, dataDir } = made;
  expect(made).toMatchObject({ state: 'running', phase: null, failure: null });
  expect(made.servers.every(({ pid }) => alive(pid))).toBe(true);
  // The answer comes with the first write; the third server may have to catch up.
  await until('every role', async () => (await labOf(labId)).servers.every(({ role }) => role === 'leader' || role === 'follower'));

  const { connectionId } = await app.call('connections.open', { profileId });
  const state = async () => (await app.call('connections.list', {})).find((each) => each.connectionId === connectionId)!;
  const before = await until('connected', async () => ((await state()).state === 'connected' ? state() : null));
  const kept = await app.call('tree.children', { connectionId, path: '/samples/wide', wideAbove: 20_000, watch: false });
  expect(kept).toMatchObject({ kind: 'listed', count: 200 });

  const leader = await leaderOf(labId);
  const killed = await app.call('lab.killServer', { labId, serverId: leader!.id });
  expect(alive(leader!.pid)).toBe(false);
  expect(killed.servers[leader!.id - 1]).toMatchObject({ state: 'killed', pid: null, role: null, failure: null });
  // Asked for by the app itself, with no view that looks.
  const next = await until('another leader', () => leaderOf(labId));
  expect(next.id).not.toBe(leader!.id);
  await until('connected again', async () => (await state()).state === 'connected');
  const readme = await app.call('node.read', { connectionId, path: '/readme', watch: false });
  const written = await app.call('node.write', { connectionId, path: '/readme', data: text('after the election'), version: readme.stat.version });
  expect(written.kind).toBe('written');
  expect((await state()).sessionId).toBe(before.sessionId);
  const roles = (await app.call('cluster.status', { connectionId })).servers.map(({ role, reach }) => role ?? reach);
  expect(roles.toSorted()).toEqual(['down', 'follower', 'leader']);

  await app.call('lab.startServer', { labId, serverId: leader!.id });
  const back = await until('it follows', async () => (await labOf(labId)).servers.find(({ id, role }) => id === leader!.id && role === 'follower'));
  expect(back.clientPort).toBe(leader!.clientPort);

  const stopped = await app.call('lab.stop', { labId });
  expect(stopped).toMatchObject({ state: 'stopped', connectString: made.connectString });
  expect(back.pid === null || alive(back.pid)).toBe(false);
  const again = await app.call('lab.start', { labId });
  expect(again.connectString).toBe(made.connectString);
  await until('connected after the pause', async () => (await state()).state === 'connected');
  expect((await app.call('node.read', { connectionId, path: '/readme', watch: false })).data).toEqual(text('after the election'));

  expect(await app.fail('lab.remove', { labId, typedName: 'other' })).toMatchObject({ code: 'NameMismatch' });
  expect(existsSync(dataDir)).toBe(true);
  await app.call('lab.remove', { labId, typedName: 'mine' });
  expect(existsSync(dataDir)).toBe(false);
  expect(again.servers.some(({ pid }) => alive(pid))).toBe(false);
  expect([await app.call('lab.list', {}), await app.call('connections.list', {}), await app.call('profiles.list', {})]).toEqual([[], [], []]);
}, 90_000);

test('too few servers take no write until a majority is back', async () => {
  const { labId, profileId } = await app.call('lab.create', labOptions({ name: null, servers: 3, sampleTree: false }));
  const { connectionId } = await app.call('connections.open', { profileId });
  for (const serverId of [1, 2]) await app.call('lab.killServer', { labId, serverId });
  expect((await labOf(labId)).state).toBe('noQuorum');
  expect((await app.call('lab.start', { labId })).state).toBe('running');
  await until('connected', async () => (await app.call('connections.list', {})).some((each) => each.connectionId === connectionId && each.state === 'connected'));
  await app.call('node.create', { connectionId, path: '/late', kind: 'persistent', data: null, acl: null, ttlMs: null, parents: false });
  await app.call('lab.remove', { labId, typedName: 'Local ensemble' });
}, 60_000);

test('the command-line launcher opens the same directory, and not while it runs here', async () => {
  const { labId, profileId, dataDir, connectString } = await app.call('lab.create', labOptions({ name: 'shared', servers: 3, sampleTree: false }));
  const { connectionId } = await app.call('connections.open', { profileId });
  await app.call('node.create', { connectionId, path: '/by-the-app', kind: 'persistent', data: text('kept'), acl: null, ttlMs: null, parents: false });
  const tooSoon = await launch(['--dir', dataDir, '--json']).ended;
  expect([tooSoon.code, tooSoon.out]).toEqual([2, '']);
  await app.call('connections.close', { connectionId });
  await app.call('lab.stop', { labId });

  await using launcher = launch(['--dir', dataDir, '--json']);
  expect((await launcher.ready()).connect).toBe(connectString);
  expect((await app.fail('lab.start', { labId })).message).toContain('another program');
  const elsewhere = await app.open(connectString!);
  expect((await app.call('node.read', { connectionId: elsewhere, path: '/by-the-app', watch: false })).data).toEqual(text('kept'));
  await app.call('connections.close', { connectionId: elsewhere });
  expect((await launcher.stop()).code).toBe(0);

  expect((await app.call('lab.start', { labId })).state).toBe('running');
  await app.call('lab.remove', { labId, typedName: 'shared' });
}, 60_000);
