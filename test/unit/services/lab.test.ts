import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CreateMode } from '../../../src/model/create-mode.ts';
import { UsageError } from '../../../src/model/errors.ts';
import { parseSampleTree } from '../../../src/services/lab/sample-tree.ts';
import { labOptions } from '../../support/lab-options.ts';
import { settle } from './fake-clock.ts';
import type { Lab } from '../../../src/contract/lab.ts';
import { createHarness, draftOf, memoryStore, text, type FakeLocalServer, type Harness } from './harness.ts';

const hash = { sha1: (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest()) };
const sampleText = readFileSync(new URL('../../../resources/sample-tree.json', import.meta.url), 'utf8');

describe('the sample tree', () => {
  test('holds what a newcomer should see', async () => {
    const nodes = new Map((await parseSampleTree(sampleText, hash)).map((node) => [node.path, node]));
    const data = (path: string) => nodes.get(path)?.data;
    const decode = (path: string): string => new TextDecoder().decode(data(path) ?? new Uint8Array());
    expect(JSON.parse(decode('/config/app/features.json'))).toHaveProperty('checkout');
    expect(decode('/config/app/routes.xml')).toMatch(/^<\?xml/);
    expect(data('/samples/null')).toBeNull();
    expect(data('/samples/empty')).toEqual(text(''));
    expect([...(data('/samples/binary') ?? [])]).toContain(0xff);
    expect([...nodes.keys()].filter((path) => path.startsWith('/samples/wide/')).length).toBe(200);
    expect(decode('/samples/wide/item-007')).toBe('item 007');
    const demo = `demo:${createHash('sha1').update('demo:demo').digest('base64')}`;
    expect(nodes.get('/kinds/container')?.mode).toBe(CreateMode.CONTAINER);
    expect(nodes.get('/kinds/ttl-one-day')).toMatchObject({ mode: CreateMode.PERSISTENT_WITH_TTL, ttlMs: 86_400_000n });
    expect(gunzipSync(data('/samples/compressed.json.gz') ?? new Uint8Array()).toString()).toContain('"compressed":true');
    expect(nodes.get('/samples/protected')?.acl).toEqual([{ perms: 31, id: { scheme: 'digest', id: demo } }]);
  });

  test.each([
    ['{', 'JSON'],
    ['{"nodes":[{"path":"a"}]}', 'begin with /'],
    ['{"nodes":[{"path":"/a","hex":"abc"}]}', 'nodes.0.hex'],
    ['{"nodes":[{"path":"/a","container":true,"ttlSeconds":5}]}', '/a: a node is of one kind'],
    ['{"nodes":[{"path":"/a","acl":[{"perms":"xyz","scheme":"world"}]}]}', 'permissions xyz'],
  ])('%s is refused', async (document, reason) => {
    await expect(parseSampleTree(document, hash)).rejects.toThrow(UsageError);
    await expect(parseSampleTree(document, hash)).rejects.toThrow(reason);
  });
});

describe('the first run', () => {
  test('makes three servers with the sample tree and a profile that opens them', async () => {
    const h = createHarness();
    const profileId = await h.services.firstRun();
    const [profile] = await h.call('profiles.list', {});
    expect(profile).toMatchObject({ id: profileId, name: 'Local ensemble', environment: 'local', connectString: '127.0.0.1:20001,127.0.0.1:20002,127.0.0.1:20003' });
    const [lab] = await h.call('lab.list', {});
    expect(lab).toMatchObject({
      state: 'running', phase: null, connectString: profile?.connectString, profileId, failure: null,
      servers: [
        { id: 1, state: 'running', pid: 4711, clientPort: 20_001, role: 'follower', failure: null },
        { id: 2, state: 'running', clientPort: 20_002, role: 'follower' },
        { id: 3, state: 'running', clientPort: 20_003, role: 'leader' },
      ],
    });
    expect(profile?.labId).toBe(lab?.labId);
    const phases = h.told('lab.changed').map(({ phase }) => phase);
    expect(phases.filter((phase, index) => phase !== phases[index - 1])).toEqual(['servers', 'write', 'sample', null]);
    expect(h.clients.every(({ closed }) => closed)).toBe(true);
    expect(h.ensemble.children('/samples/wide').length).toBe(200);
    expect(h.ensemble.children('/queue').sort()).toEqual(['job-0000000000', 'job-0000000001', 'job-0000000002']);
    expect(await h.call('connections.open', { profileId: profileId ?? '' })).toMatchObject({ environment: 'local' });
  });

  test('is none when there is a connection already', async () => {
    const h = createHarness();
    await h.call('profiles.save', draftOf());
    expect(await h.services.firstRun()).toBeNull();
    expect(h.localServers.dirs.size).toBe(0);
  });
});

const plain = labOptions();
const three = labOptions({ servers: 3 });
const running = (h: Harness): FakeLocalServer[] => [...h.localServers.running.values()];
const byId = (h: Harness, id: number): FakeLocalServer => running(h).find((server) => server.id === id)!;
const states = (lab: Lab | undefined): string[] => (lab?.servers ?? []).map(({ state }) => state);
const roles = (lab: Lab | undefined): (string | null)[] => (lab?.servers ?? []).map(({ role }) => role);
const only = async (h: Harness): Promise<Lab | undefined> => (await h.call('lab.list', {}))[0];

describe('local servers', () => {
  test('stop and start; the profile follows the port', async () => {
    const h = createHarness();
    const { labId, profileId } = await h.call('lab.create', { ...plain, name: 'mine' });
    const stopped = await h.call('lab.stop', { labId });
    expect(stopped).toMatchObject({ state: 'stopped', connectString: '127.0.0.1:20001', failure: null, servers: [{ state: 'stopped', pid: null, role: null }] });
    expect(h.localServers.running.size).toBe(0);
    h.localServers.port = 20_777;
    expect(await h.call('lab.start', { labId })).toMatchObject({ state: 'running', connectString: '127.0.0.1:20777', profileId });
    expect((await h.call('profiles.list', {}))[0]).toMatchObject({ id: profileId, name: 'mine', connectString: '127.0.0.1:20777' });
    expect(h.ensemble.children('/')).toEqual([]);
  });

  test('a server that ends by itself has failed, with the end of its log', async () => {
    const h = createHarness();
    const { labId } = await h.call('lab.create', plain);
    running(h)[0]?.exit({ code: null, signal: 'SIGKILL', logTail: 'the last words' });
    const lab = await only(h);
    expect(lab).toMatchObject({ state: 'failed', servers: [{ state: 'failed', pid: null }], failure: { code: 'LocalServerFailed', hint: 'hint.localServer' } });
    expect(lab?.failure?.message).toContain('SIGKILL');
    expect(lab?.failure?.message).toContain('the last words');
    // Nobody's log says why it was killed.
    expect(lab?.failure?.reason).toEqual({ key: 'reason.endedSignal', params: { id: 1, signal: 'SIGKILL' } });
    expect((await h.call('lab.start', { labId })).state).toBe('running');
  });

  test('one that does not start says why, and can be tried again', async () => {
    const h = createHarness();
    h.localServers.failing = new UsageError('LocalServerFailed', 'the port is taken');
    expect(await h.fail('lab.create', { ...plain, sampleTree: true })).toMatchObject({ code: 'LocalServerFailed' });
    const lab = await only(h);
    expect(lab).toMatchObject({ state: 'failed', failure: { message: 'the port is taken' } });
    h.localServers.failing = null;
    expect((await h.call('lab.start', { labId: lab?.labId ?? '' })).state).toBe('running');
  });

  test('one that never serves is stopped again', async () => {
    const h = createHarness({ autoConnect: false });
    const outcome = h.fail('lab.create', plain);
    while (h.clients.length === 0) await settle();
    await h.clock.advance(26_000);
    expect(await outcome).toMatchObject({ code: 'LocalServerFailed' });
    expect((await only(h))?.state).toBe('failed');
    expect(h.localServers.running.size).toBe(0);
    expect(h.clients.every(({ closed }) => closed)).toBe(true);
  });

  test('one that ends while it starts is not waited for', async () => {
    const h = createHarness({ autoConnect: false });
    const outcome = h.fail('lab.create', { ...plain, sampleTree: true });
    while (h.clients.length === 0) await settle();
    running(h)[0]?.exit({ code: 1, signal: null, logTail: 'zooscope: info: a leader is elected\nzooscope: bad data directory.\nzooscope: info: gone' });
    const failure = await outcome;
    expect(failure).toMatchObject({ code: 'LocalServerFailed' });
    expect(failure.message).toContain('bad data directory');
    expect(failure.reason).toEqual({ key: 'reason.endedCode', params: { id: 1, code: 1, cause: 'bad data directory' } });
    expect(await only(h)).toMatchObject({ state: 'failed', failure: { message: failure.message } });
    expect(h.clock.timers).toBe(0);
  });

  test('a stop during the start ends it', async () => {
    const h = createHarness({ autoConnect: false });
    const starting = h.dispatcher.call('s', 'lab.create', three);
    while (h.clients.length === 0) await settle();
    const lab = await only(h);
    expect(lab).toMatchObject({ state: 'starting', phase: 'write' });
    expect(await h.call('lab.stop', { labId: lab?.labId ?? '' })).toMatchObject({ state: 'stopped', failure: null });
    // Whoever stopped it wanted that: it is no failure.
    expect(await starting).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
    expect(await only(h)).toMatchObject({ state: 'stopped', phase: null, failure: null });
    expect(h.localServers.running.size).toBe(0);
  });

  test('a stop while the sample tree is planted is no failure either', async () => {
    const h = createHarness();
    const starting = h.dispatcher.call('s', 'lab.create', { ...three, sampleTree: true });
    while ((await only(h))?.phase !== 'sample') await settle();
    expect(await h.call('lab.stop', { labId: (await only(h))?.labId ?? '' })).toMatchObject({ state: 'stopped', failure: null });
    expect(await starting).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
    expect(h.clients.every(({ closed }) => closed)).toBe(true);
  });

  test('when it cannot be written down, nothing of it is left', async () => {
    const h = createHarness({ stores: { lab: memoryStore(), profiles: memoryStore() } });
    for (const refusing of ['profiles', 'lab'] as const) {
      const store = h.stores[refusing];
      if (store === undefined) throw new TypeError(`no store ${refusing}`);
      store.failing = true;
      expect((await h.fail('lab.create', three)).code).toBe('StoreFailed');
      store.failing = false;
      expect(h.localServers.dirs.size).toBe(0);
      expect(await h.call('profiles.list', {})).toEqual([]);
      expect(await only(h)).toBeUndefined();
    }
  });

  test('opening its connection starts it; starting twice is once', async () => {
    const h = createHarness();
    const { labId, profileId } = await h.call('lab.create', plain);
    await h.call('lab.stop', { labId });
    h.localServers.port = 20_002;
    const [state] = await Promise.all([h.call('connections.open', { profileId }), h.call('lab.start', { labId })]);
    expect(state.servers).toEqual(['127.0.0.1:20002']);
    expect(h.localServers.running.size).toBe(1);
  });

  test('survive in their document; nothing runs by itself; a profile that was removed is made again', async () => {
    const h = createHarness();
    const { labId, profileId } = await h.call('lab.create', { ...plain, name: 'mine' });
    await h.services.close();
    await settle();
    expect(h.localServers.running.size).toBe(0);
    await h.call('profiles.remove', { id: profileId });
    const later = createHarness({ stores: h.stores });
    expect(await later.call('lab.list', {})).toMatchObject([{ labId, state: 'stopped', name: 'mine', connectString: '127.0.0.1:20001' }]);
    expect(later.localServers.running.size).toBe(0);
    const started = await later.call('lab.start', { labId });
    expect((await later.call('profiles.list', {}))[0]).toMatchObject({ id: started.profileId, name: 'mine', labId });
    expect((await later.call('lab.list', {}))[0]?.profileId).toBe(started.profileId);
    expect((await later.fail('lab.start', { labId: 'none' })).code).toBe('UnknownLab');
  });

  test('what an earlier release stored is listed, and says so where its files are gone', async () => {
    const stored = { schema: 1, servers: [{ labId: 'old', name: 'of old', dir: '/data/old', profileId: 'p' }] };
    const h = createHarness({ stores: { lab: memoryStore({ kind: 'document', value: stored }) } });
    expect(await h.call('lab.start', { labId: 'old' })).toMatchObject({ name: 'of old', state: 'running', servers: [{ id: 1 }] });
    const gone = createHarness({ stores: { lab: memoryStore({ kind: 'document', value: stored }) } });
    gone.localServers.read = async () => {
      throw new UsageError('LocalServerFailed', 'the directory is gone');
    };
    expect(await only(gone)).toMatchObject({ state: 'failed', servers: [], connectString: null, failure: { message: 'the directory is gone' } });
    await gone.call('lab.remove', { labId: 'old', typedName: 'of old' });
    expect(await gone.call('lab.list', {})).toEqual([]);
  });
});

describe('local ensembles', () => {
  test('three servers, one leader, one profile with all of them', async () => {
    const h = createHarness();
    const lab = await h.call('lab.create', { ...three, sampleTree: true });
    expect(lab).toMatchObject({ name: 'Local ensemble', state: 'running', connectString: '127.0.0.1:20001,127.0.0.1:20002,127.0.0.1:20003' });
    expect(roles(lab)).toEqual(['follower', 'follower', 'leader']);
    expect(lab.servers.map(({ zxid }) => zxid)).toEqual([0x1_0000_0002n, 0x1_0000_0002n, 0x1_0000_0002n]);
    expect((await h.call('profiles.list', {}))[0]).toMatchObject({ connectString: lab.connectString, labId: lab.labId });
    expect((await h.call('lab.create', three)).name).toBe('Local ensemble 2');
  });

  test('waits for those that do not serve yet', async () => {
    const h = createHarness();
    h.localServers.electing = false;
    const making = h.call('lab.create', three);
    while (running(h).length < 3) await settle();
    await h.clock.advance(500);
    expect(await only(h)).toMatchObject({ state: 'starting', phase: 'write' });
    h.localServers.elect(byId(h, 2));
    await h.clock.advance(100);
    expect(roles(await making)).toEqual(['follower', 'leader', 'follower']);
  });

  test('the leader is killed: its place is empty until another leads, and the events say so', async () => {
    const h = createHarness();
    const { labId } = await h.call('lab.create', three);
    const killed = await h.call('lab.killServer', { labId, serverId: 3 });
    expect(killed).toMatchObject({ state: 'running', failure: null });
    expect(states(killed)).toEqual(['running', 'running', 'killed']);
    expect(roles(killed)).toEqual([null, null, null]);
    for (const server of running(h)) server.role = null;
    await h.clock.advance(400);
    expect(roles(await only(h))).toEqual([null, null, null]);
    h.localServers.elect(byId(h, 2));
    await h.clock.advance(200);
    expect(roles(h.told('lab.changed').at(-1))).toEqual(['follower', 'leader', null]);
    // With a leader there is nothing to ask for any more: nobody looks.
    expect(h.clock.timers).toBe(0);
    expect(states(await h.call('lab.startServer', { labId, serverId: 3 }))).toEqual(['running', 'running', 'running']);
  });

  test('too few servers: no quorum, which is asked for only so long', async () => {
    const h = createHarness();
    const { labId } = await h.call('lab.create', three);
    await h.call('lab.stopServer', { labId, serverId: 1 });
    const left = await h.call('lab.killServer', { labId, serverId: 2 });
    expect(left.state).toBe('noQuorum');
    byId(h, 3).role = null;
    await h.clock.advance(60_000);
    expect(h.clock.timers).toBe(0);
    expect((await h.call('lab.start', { labId })).state).toBe('running');
    await h.call('lab.stop', { labId });
    expect(h.localServers.running.size).toBe(0);
  });

  test('opening its connection does not start a server that was killed on purpose', async () => {
    const h = createHarness();
    const { labId, profileId } = await h.call('lab.create', three);
    await h.call('lab.killServer', { labId, serverId: 1 });
    await h.call('connections.open', { profileId });
    expect(states(await only(h))).toEqual(['killed', 'running', 'running']);
  });

  test('one of three that does not start is told, and the others serve; two are too many', async () => {
    const h = createHarness();
    h.localServers.broken.add(1);
    const lab = await h.call('lab.create', three);
    expect(lab).toMatchObject({ state: 'running', failure: null, servers: [{ state: 'failed', failure: { message: 'server 1 is broken' } }, {}, {}] });
    await h.call('lab.stop', { labId: lab.labId });
    h.localServers.broken.add(2);
    expect((await h.fail('lab.start', { labId: lab.labId })).message).toBe('server 1 is broken');
    expect(await only(h)).toMatchObject({ state: 'failed' });
    expect(h.localServers.running.size).toBe(0);
  });

  test('roles are asked for slowly while a view looks, and no longer', async () => {
    const h = createHarness();
    await h.call('lab.create', three);
    await h.clock.advance(1_000);
    const before = h.asked.length;
    await h.call('lab.watch', { on: true });
    await h.clock.advance(10_000);
    expect(h.asked.length - before).toBe(5 * 3);
    await h.call('lab.watch', { on: false });
    await h.clock.advance(10_000);
    expect(h.asked.length - before).toBe(5 * 3);
    await h.call('lab.watch', { on: true });
    h.dispatcher.close();
    expect(h.clock.timers).toBe(0);
  });

  test('a watched cluster panel hears of a kill before its next round', async () => {
    const h = createHarness();
    const { labId, profileId } = await h.call('lab.create', three);
    const { connectionId } = await h.call('connections.open', { profileId });
    await h.call('settings.set', { clusterPollMs: 60_000 });
    await h.call('cluster.watch', { connectionId, on: true });
    await h.clock.advance(100);
    expect(h.told('cluster.changed').at(-1)?.servers.map(({ role }) => role)).toEqual(['follower', 'follower', 'leader']);
    await h.call('lab.killServer', { labId, serverId: 3 });
    h.localServers.elect(byId(h, 1));
    await h.clock.advance(500);
    expect(h.told('cluster.changed').at(-1)?.servers.map(({ role, reach }) => role ?? reach)).toEqual(['leader', 'follower', 'down']);
  });

  test('a follower that is killed takes nobody’s role; a leader that is paused takes all, and they come back', async () => {
    const h = createHarness();
    const { labId } = await h.call('lab.create', three);
    expect(roles(await h.call('lab.killServer', { labId, serverId: 1 }))).toEqual([null, 'follower', 'leader']);
    await h.call('lab.startServer', { labId, serverId: 1 });
    await h.clock.advance(500);
    const paused = await h.call('lab.pauseServer', { labId, serverId: 3 });
    expect([states(paused), roles(paused), paused.state]).toEqual([['running', 'running', 'paused'], [null, null, null], 'running']);
    expect(byId(h, 3).paused).toBe(true);
    expect((await h.call('lab.pauseServer', { labId, serverId: 1 })).state).toBe('noQuorum');
    // To start all is to have those go on that are paused.
    const started = await h.call('lab.start', { labId });
    expect([states(started), running(h).map(({ paused: is }) => is)]).toEqual([['running', 'running', 'running'], [false, false, false]]);
    await h.call('lab.resumeServer', { labId, serverId: 1 });
    expect(states(await only(h))).toEqual(['running', 'running', 'running']);
  });

  test('a restart is another process; what is not running is not paused', async () => {
    const h = createHarness();
    const { labId } = await h.call('lab.create', three);
    const before = byId(h, 2);
    expect(states(await h.call('lab.restartServer', { labId, serverId: 2 }))).toEqual(['running', 'running', 'running']);
    expect(byId(h, 2)).not.toBe(before);
    await h.call('lab.stopServer', { labId, serverId: 2 });
    expect(states(await h.call('lab.pauseServer', { labId, serverId: 2 }))).toEqual(['running', 'stopped', 'running']);
    expect(await h.call('lab.files', { labId, serverId: 2 })).toMatchObject({ configFile: '/server-2/zoo.cfg', cut: false });
  });

  test('observers do not count for a majority', async () => {
    const h = createHarness();
    expect(await h.fail('lab.create', labOptions({ observers: 1 }))).toMatchObject({ code: 'BadOptions' });
    const { labId, servers } = await h.call('lab.create', labOptions({ servers: 3, observers: 2 }));
    expect(servers.map(({ observer }) => observer)).toEqual([false, false, false, true, true]);
    expect(roles(await only(h)).slice(3)).toEqual(['observer', 'observer']);
    await h.call('lab.killServer', { labId, serverId: 1 });
    expect((await only(h))?.state).toBe('running');
    expect((await h.call('lab.killServer', { labId, serverId: 2 })).state).toBe('noQuorum');
  });

  test('is deleted with its name, its connection and its profile; a wrong name deletes nothing', async () => {
    const h = createHarness();
    const { labId, profileId, name } = await h.call('lab.create', three);
    await h.call('connections.open', { profileId });
    expect(await h.fail('lab.remove', { labId, typedName: 'local ensemble' })).toMatchObject({ code: 'NameMismatch' });
    expect(running(h)).toHaveLength(3);
    h.localServers.remove = async () => {
      throw new UsageError('LocalServerFailed', 'a file is in use');
    };
    expect(await h.fail('lab.remove', { labId, typedName: name })).toMatchObject({ message: 'a file is in use' });
    expect((await h.call('lab.start', { labId })).state).toBe('running');
    h.localServers.remove = async (dir) => void h.localServers.dirs.delete(dir);
    await h.call('lab.remove', { labId, typedName: name });
    expect(h.told('lab.removed')).toEqual([{ labId }]);
    expect([h.localServers.running.size, h.localServers.dirs.size]).toEqual([0, 0]);
    expect([await h.call('lab.list', {}), await h.call('profiles.list', {}), await h.call('connections.list', {})]).toEqual([[], [], []]);
    expect((await h.fail('lab.start', { labId })).code).toBe('UnknownLab');
  });
});
