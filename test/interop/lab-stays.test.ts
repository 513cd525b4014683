/**
 * Local servers and the end of the app, as real processes: those that stay go on and are found again, the others end,
 * also when the app is killed; and what only looks like one of them is left alone. Needs a build.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Lab, LabOptions } from '../../src/contract/lab.ts';
import { processFacts } from '../../src/platform/process-facts.ts';
import type { Api } from '../../src/view/api/client.ts';
import { startApp, type WebApp } from '../e2e/support/app.ts';
import { zooscope } from '../e2e/hosts-support.ts';
import { labOptions } from '../support/lab-options.ts';
import { guardPid, guardProcess, removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import { launch } from './ensemble-launcher-support.ts';
import { until } from './services-app.ts';

let home: string;
let app: WebApp | null = null;
const untie: (() => void)[] = [];

beforeAll(() => {
  home = temporaryDirectory();
});
afterEach(async () => {
  // Nothing of one test is left for the next.
  if (app === null) await begin();
  const api = await app!.api();
  for (const { labId, name } of await api.call('lab.list', {})) await api.call('lab.remove', { labId, typedName: name });
  await app!.end();
  app = null;
  for (const each of untie.splice(0)) each();
}, 60_000);
afterAll(() => removeTemporaryDirectory(home));

/** An app on the same home; nothing listens where it connects to. */
async function begin(): Promise<Api> {
  app = await startApp('127.0.0.1:1', {}, home);
  return app.api();
}

async function killApp(): Promise<void> {
  await app!.kill();
  app = null;
}

async function endApp(): Promise<void> {
  expect(await app!.end()).toBe(0);
  app = null;
}

async function make(api: Api, options: Partial<LabOptions>): Promise<Lab> {
  const lab = await api.call('lab.create', labOptions(options));
  for (const pid of pidsOf(lab)) untie.push(guardPid(pid));
  return lab;
}

const pidsOf = ({ servers }: Lab): number[] => servers.flatMap(({ pid }) => pid ?? []);
const runs = async (pid: number): Promise<boolean> => (await processFacts(pid)) !== null;
const running = async (pids: readonly number[]): Promise<number> => (await Promise.all(pids.map(runs))).filter(Boolean).length;
const labOf = async (api: Api, labId: string): Promise<Lab> => (await api.call('lab.list', {})).find((lab) => lab.labId === labId)!;
const rolesOf = (lab: Lab): string => lab.servers.map(({ role }) => role).toSorted().join();

test.each([['ends', endApp], ['is killed', killApp]])('the app %s: an ensemble that stays goes on with its sessions, and is found again; the other ends', async (_how, finish) => {
  const before = await begin();
  const stays = await make(before, { name: 'stays', servers: 3, stays: true });
  const ends = await make(before, { name: 'ends' });
  await finish();
  await until('the other has ended', async () => (await running(pidsOf(ends))) === 0);
  expect(await running(pidsOf(stays))).toBe(3);

  const after = await begin();
  const found = await labOf(after, stays.labId);
  expect(found).toMatchObject({ state: 'running', stays: true, connectString: stays.connectString });
  expect(pidsOf(found)).toEqual(pidsOf(stays));
  expect(await labOf(after, ends.labId)).toMatchObject({ state: 'stopped', stays: false });
  await until('their roles', async () => rolesOf(await labOf(after, stays.labId)) === 'follower,follower,leader');

  // Everything that can be done with one that was started here.
  const { connectionId } = await after.call('connections.open', { profileId: stays.profileId });
  await until('connected', async () => (await after.call('connections.list', {})).some((each) => each.connectionId === connectionId && each.state === 'connected'));
  expect(pidsOf(await labOf(after, stays.labId))).toEqual(pidsOf(stays));
  const [first, second] = pidsOf(stays);
  await after.call('lab.pauseServer', { labId: stays.labId, serverId: 1 });
  await until('it is paused', async () => (await processFacts(first!))?.paused === true);
  await after.call('lab.resumeServer', { labId: stays.labId, serverId: 1 });
  const killed = await after.call('lab.killServer', { labId: stays.labId, serverId: 1 });
  expect(killed.servers[0]).toMatchObject({ state: 'killed', pid: null });
  expect(await runs(first!)).toBe(false);
  const restarted = await after.call('lab.restartServer', { labId: stays.labId, serverId: 2 });
  for (const pid of pidsOf(restarted)) untie.push(guardPid(pid));
  expect(restarted.servers[1]!.pid).not.toBe(second);
  const stopped = await after.call('lab.stop', { labId: stays.labId });
  expect(stopped).toMatchObject({ state: 'stopped', failure: null });
  expect(await running([...pidsOf(stays), ...pidsOf(restarted)])).toBe(0);
}, 120_000);

test('the choice counts at once, in both directions, also for one that was found', async () => {
  const api = await begin();
  const lab = await make(api, { name: 'later' });
  expect(await api.call('lab.setStays', { labId: lab.labId, stays: true })).toMatchObject({ stays: true });
  await killApp();
  const again = await begin();
  expect(pidsOf(await labOf(again, lab.labId))).toEqual(pidsOf(lab));
  await again.call('lab.setStays', { labId: lab.labId, stays: false });
  await killApp();
  await until('it has ended', async () => (await running(pidsOf(lab))) === 0);
  expect(await labOf(await begin(), lab.labId)).toMatchObject({ state: 'stopped', stays: false });
}, 60_000);

test('a server that is paused when the app ends is found paused, and goes on', async () => {
  const api = await begin();
  const lab = await make(api, { stays: true });
  await api.call('lab.pauseServer', { labId: lab.labId, serverId: 1 });
  await endApp();
  const again = await begin();
  expect((await labOf(again, lab.labId)).servers).toMatchObject([{ state: 'paused', pid: pidsOf(lab)[0] }]);
  await again.call('lab.resumeServer', { labId: lab.labId, serverId: 1 });
  await until('it serves', async () => rolesOf(await labOf(again, lab.labId)) === 'standalone');
}, 60_000);

test('one that ends while no app looks is stopped at the next start; a process that has its number now is left alone', async () => {
  const api = await begin();
  const lab = await make(api, { stays: true });
  const file = join(lab.dataDir, 'server-1', 'running.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as object;
  await endApp();
  process.kill(pidsOf(lab)[0]!, 'SIGKILL');
  await until('it has ended', async () => !(await runs(pidsOf(lab)[0]!)));
  const other = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1e6)', '--', join(lab.dataDir, 'server-1', 'zoo.cfg')], { stdio: ['ignore', 'pipe', 'ignore'] });
  guardProcess(other);
  await once(other.stdout, 'data');
  writeFileSync(file, JSON.stringify({ ...record, pid: other.pid }));
  const again = await begin();
  expect(await labOf(again, lab.labId)).toMatchObject({ state: 'stopped', servers: [{ state: 'stopped', pid: null }] });
  const started = await again.call('lab.start', { labId: lab.labId });
  for (const pid of pidsOf(started)) untie.push(guardPid(pid));
  await again.call('lab.stop', { labId: lab.labId });
  expect(await runs(other.pid ?? 0)).toBe(true);
  other.kill('SIGKILL');
}, 60_000);

test('a second app on the same home, and the launcher on the same directory, are refused and touch nothing', async () => {
  const api = await begin();
  const lab = await make(api, { name: 'mine', servers: 3, stays: true });
  const second = zooscope(home, ['serve', '--port', '0']);
  expect(await second.ended).not.toBe(0);
  expect(second.err()).toContain('already running');
  expect(await running(pidsOf(lab))).toBe(3);
  expect(await labOf(api, lab.labId)).toMatchObject({ state: 'running' });
  await endApp();
  const launcher = await launch(['--dir', lab.dataDir, '--client-port', '0', '--json']).ended;
  expect([launcher.code, launcher.out]).toEqual([2, '']);
  expect(launcher.err).toContain(`server 1 runs already (pid ${pidsOf(lab)[0]})`);
  expect(await running(pidsOf(lab))).toBe(3);
}, 60_000);

describeWith(['java', 'zookeeper'], 'Apache ZooKeeper', () => {
  test('runs the same ensemble: chosen, switched to and back with its data; killed with the app or staying', async () => {
    const api = await begin();
    const lab = await make(api, { name: 'moved', servers: 3, sampleTree: true });
    const { labId, profileId } = lab;
    expect((await api.call('lab.findApache', { zookeeper: null })).zookeeper).toMatchObject({ version: expect.stringMatching(/^3\./) });
    await expect(api.call('lab.setEngine', { labId, engine: 'apache', zookeeper: null })).rejects.toMatchObject({ failure: { code: 'LabRuns' } });
    await api.call('lab.stop', { labId });
    await expect(api.call('lab.setEngine', { labId, engine: 'apache', zookeeper: home })).rejects.toMatchObject({ failure: { message: expect.stringContaining('has no zookeeper jar') } });
    expect(await api.call('lab.setEngine', { labId, engine: 'apache', zookeeper: null })).toMatchObject({ engine: 'apache', state: 'stopped' });
    const java = await api.call('lab.start', { labId });
    for (const pid of pidsOf(java)) untie.push(guardPid(pid));
    expect((await Promise.all(pidsOf(java).map((pid) => processFacts(pid)))).every((facts) => facts?.command.includes('QuorumPeerMain'))).toBe(true);
    const { connectionId } = await api.call('connections.open', { profileId });
    await until('connected', async () => (await api.call('connections.list', {})).some((each) => each.connectionId === connectionId && each.state === 'connected'));
    expect(await api.call('tree.children', { connectionId, path: '/samples/wide', wideAbove: 20_000, watch: false })).toMatchObject({ count: 200 });
    expect((await api.call('lab.files', { labId, serverId: 1 })).log).toContain('QuorumPeer');
    await api.call('lab.setStays', { labId, stays: true });
    await killApp();
    expect(await running(pidsOf(java))).toBe(3);

    const again = await begin();
    expect(pidsOf(await labOf(again, labId))).toEqual(pidsOf(java));
    await again.call('lab.setStays', { labId, stays: false });
    await killApp();
    await until('they have ended', async () => (await running(pidsOf(java))) === 0);

    const last = await begin();
    expect(await last.call('lab.setEngine', { labId, engine: 'embedded', zookeeper: null })).toMatchObject({ engine: 'embedded' });
    const back = await last.call('lab.start', { labId });
    for (const pid of pidsOf(back)) untie.push(guardPid(pid));
    const opened = await last.call('connections.open', { profileId });
    await until('connected', async () => (await last.call('connections.list', {})).some((each) => each.state === 'connected'));
    expect(await last.call('tree.children', { connectionId: opened.connectionId, path: '/samples/wide', wideAbove: 20_000, watch: false })).toMatchObject({ count: 200 });
  }, 180_000);
});
