import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CreateMode } from '../../../src/model/create-mode.ts';
import { UsageError } from '../../../src/model/errors.ts';
import { parseSampleTree } from '../../../src/services/lab/sample-tree.ts';
import { settle } from './fake-clock.ts';
import { createHarness, draftOf, text } from './harness.ts';

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
  test('makes a server with the sample tree and a profile that opens it', async () => {
    const h = createHarness();
    const profileId = await h.services.firstRun();
    const [profile] = await h.call('profiles.list', {});
    expect(profile).toMatchObject({ id: profileId, name: 'Local server', environment: 'local', connectString: '127.0.0.1:20001' });
    const [server] = await h.call('lab.list', {});
    expect(server).toMatchObject({ state: 'running', pid: 4711, connectString: '127.0.0.1:20001', profileId, failure: null });
    expect(profile?.labId).toBe(server?.labId);
    const states = h.told('lab.changed').map(({ state }) => state);
    expect(states).toEqual(['starting', 'running']);
    expect(h.clients.every(({ closed }) => closed)).toBe(true);
    expect(h.ensemble.children('/samples/wide').length).toBe(200);
    expect(h.ensemble.children('/queue').sort()).toEqual(['job-0000000000', 'job-0000000001', 'job-0000000002']);
    expect(await h.call('connections.open', { profileId: profileId ?? '' })).toMatchObject({ environment: 'local' });
  });

  test('is none when there is a connection already', async () => {
    const h = createHarness();
    await h.call('profiles.save', draftOf());
    expect(await h.services.firstRun()).toBeNull();
    expect(h.localServers.dirs).toEqual([]);
  });
});

describe('local servers', () => {
  test('stop and start; the profile follows the port', async () => {
    const h = createHarness();
    const { labId, profileId } = await h.call('lab.create', { name: 'mine', sampleTree: false });
    expect(await h.call('lab.stop', { labId })).toMatchObject({ state: 'stopped', pid: null, connectString: null, failure: null });
    expect(h.localServers.running.size).toBe(0);
    h.localServers.port = 20_777;
    expect(await h.call('lab.start', { labId })).toMatchObject({ state: 'running', connectString: '127.0.0.1:20777', profileId });
    expect((await h.call('profiles.list', {}))[0]).toMatchObject({ id: profileId, name: 'mine', connectString: '127.0.0.1:20777' });
    expect(h.ensemble.children('/')).toEqual([]);
  });

  test('a server that ends by itself has failed, with the end of its log', async () => {
    const h = createHarness();
    const { labId } = await h.call('lab.create', { name: null, sampleTree: false });
    [...h.localServers.running.values()][0]?.exit({ code: null, signal: 'SIGKILL', logTail: 'the last words' });
    const [server] = await h.call('lab.list', {});
    expect(server).toMatchObject({ state: 'failed', pid: null, failure: { code: 'LocalServerFailed', hint: 'hint.localServer' } });
    expect(server?.failure?.message).toContain('SIGKILL');
    expect(server?.failure?.message).toContain('the last words');
    expect((await h.call('lab.start', { labId })).state).toBe('running');
  });

  test('one that does not start says why, and can be tried again', async () => {
    const h = createHarness();
    h.localServers.failing = new UsageError('LocalServerFailed', 'the port is taken');
    expect(await h.fail('lab.create', { name: null, sampleTree: true })).toMatchObject({ code: 'LocalServerFailed' });
    const [server] = await h.call('lab.list', {});
    expect(server).toMatchObject({ state: 'failed', failure: { message: 'the port is taken' } });
    h.localServers.failing = null;
    expect((await h.call('lab.start', { labId: server?.labId ?? '' })).state).toBe('running');
  });

  test('one that never serves is stopped again', async () => {
    const h = createHarness({ autoConnect: false });
    const outcome = h.fail('lab.create', { name: null, sampleTree: false });
    while (h.clients.length === 0) await settle();
    await h.clock.advance(21_000);
    expect(await outcome).toMatchObject({ code: 'LocalServerFailed' });
    expect((await h.call('lab.list', {}))[0]?.state).toBe('failed');
    expect(h.localServers.running.size).toBe(0);
  });

  test('one that ends while it starts is not waited for', async () => {
    const h = createHarness({ autoConnect: false });
    const outcome = h.fail('lab.create', { name: null, sampleTree: true });
    while (h.clients.length === 0) await settle();
    [...h.localServers.running.values()][0]?.exit({ code: 1, signal: null, logTail: 'bad data directory' });
    const failure = await outcome;
    expect(failure).toMatchObject({ code: 'LocalServerFailed' });
    expect(failure.message).toContain('bad data directory');
    expect((await h.call('lab.list', {}))[0]).toMatchObject({ state: 'failed', failure: { message: failure.message } });
    expect(h.clock.timers).toBe(0);
  });

  test('a stop during the start ends it', async () => {
    const h = createHarness({ autoConnect: false });
    const starting = h.dispatcher.call('s', 'lab.create', { name: null, sampleTree: false });
    while (h.clients.length === 0) await settle();
    const [server] = await h.call('lab.list', {});
    expect(server?.state).toBe('starting');
    expect(await h.call('lab.stop', { labId: server?.labId ?? '' })).toMatchObject({ state: 'stopped', failure: null });
    expect((await starting).ok).toBe(false);
    expect((await h.call('lab.list', {}))[0]).toMatchObject({ state: 'stopped', pid: null, failure: null });
    expect(h.localServers.running.size).toBe(0);
  });

  test('opening its connection starts it; starting twice is once', async () => {
    const h = createHarness();
    const { labId, profileId } = await h.call('lab.create', { name: null, sampleTree: false });
    await h.call('lab.stop', { labId });
    h.localServers.port = 20_002;
    const [state] = await Promise.all([h.call('connections.open', { profileId }), h.call('lab.start', { labId })]);
    expect(state.servers).toEqual(['127.0.0.1:20002']);
    expect(h.localServers.running.size).toBe(1);
  });

  test('survive in their document; a profile that was removed is made again', async () => {
    const h = createHarness();
    const { labId, profileId } = await h.call('lab.create', { name: 'mine', sampleTree: false });
    await h.services.close();
    await settle();
    expect(h.localServers.running.size).toBe(0);
    await h.call('profiles.remove', { id: profileId });
    const later = createHarness({ stores: h.stores });
    expect(await later.call('lab.list', {})).toMatchObject([{ labId, state: 'stopped', name: 'mine' }]);
    const started = await later.call('lab.start', { labId });
    expect((await later.call('profiles.list', {}))[0]).toMatchObject({ id: started.profileId, name: 'mine', labId });
    expect((await later.fail('lab.start', { labId: 'none' })).code).toBe('UnknownLab');
  });
});
