/** The use cases on one real Apache ZooKeeper server, with kazoo as the other client where something changes meanwhile. */

import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { connectZooKeeper } from '../../src/client/client.ts';
import type { ProfileDraft } from '../../src/contract/connections.ts';
import { OPEN_ACL, Perms } from '../../src/model/acl.ts';
import { parseSampleTree, writeSampleTree } from '../../src/services/lab/sample-tree.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { freePort } from '../support/ports.ts';
import { startKazoo, type KazooClient } from '../support/kazoo.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { text } from '../unit/services/harness.ts';
import { draftFor, startApp, until, type RealApp } from './services-app.ts';

describeWith(['java', 'zookeeper', 'kazoo'], 'services on Apache standalone', () => {
  let apache: ServersHandle;
  let other: KazooClient;
  let app: RealApp;
  const sessions = async (): Promise<number> => {
    const dump = await apache.servers[0]!.fourLetterWord('dump');
    return Number(/Session Sets \(\d+\)\/\((\d+)\)/.exec(dump)?.[1]);
  };

  beforeAll(async () => {
    apache = await startApacheStandalone({ jvm: ['-Dzookeeper.extendedTypesEnabled=true'] });
    other = await startKazoo(apache.connectString);
    app = startApp();
  });
  afterAll(async () => {
    await app?.close();
    await other?.[Symbol.asyncDispose]();
    await apache?.stopAll();
  });

  test('edit: written over the version shown; another client\'s change is a conflict; deleted is gone', async () => {
    const connectionId = await app.open(apache.connectString);
    await other.create('/edit', 'one');
    const shown = await app.call('node.read', { connectionId, path: '/edit', watch: true });
    expect(shown.data).toEqual(text('one'));
    await other.set('/edit', 'theirs');
    await until('stale', () => app.told('tree.stale').find(({ path, what }) => path === '/edit' && what === 'data'));
    const write = { connectionId, path: '/edit', data: text('mine'), version: shown.stat.version };
    const conflict = await app.call('node.write', write);
    expect(conflict).toMatchObject({ kind: 'conflict', current: { data: text('theirs'), stat: { version: 1 } } });
    expect(await app.call('node.write', { ...write, version: 1 })).toMatchObject({ kind: 'written', stat: { version: 2 } });
    expect((await other.get('/edit')).data.toString()).toBe('mine');
    await other.delete('/edit');
    expect(await app.call('node.write', { ...write, version: 2 })).toEqual({ kind: 'gone' });
    await app.call('connections.close', { connectionId });
  });

  test('all seven kinds of nodes, with missing parents', async () => {
    const connectionId = await app.open(apache.connectString);
    const create = (path: string, kind: 'persistent' | 'ephemeral' | 'persistentSequential' | 'ephemeralSequential' | 'container' | 'ttl' | 'ttlSequential') =>
      app.call('node.create', {
        connectionId, path, kind, data: text(kind), acl: null, ttlMs: kind.startsWith('ttl') ? 60_000n : null, parents: true,
      });
    expect(await create('/kinds/deep/p', 'persistent')).toMatchObject({ path: '/kinds/deep/p', createdParents: ['/kinds', '/kinds/deep'] });
    expect((await create('/kinds/e', 'ephemeral')).stat.ephemeralOwner).not.toBe(0n);
    expect((await create('/kinds/', 'persistentSequential')).path).toBe('/kinds/0000000002');
    expect((await create('/kinds/es-', 'ephemeralSequential')).path).toBe('/kinds/es-0000000003');
    expect((await create('/kinds/c', 'container')).path).toBe('/kinds/c');
    expect((await create('/kinds/t', 'ttl')).path).toBe('/kinds/t');
    expect((await create('/kinds/ts-', 'ttlSequential')).path).toBe('/kinds/ts-0000000006');
    expect((await other.children('/kinds')).length).toBe(7);
    await app.call('connections.close', { connectionId });
    expect(await other.exists('/kinds/e')).toBeNull();
  });

  test('credentials: what bob locked is locked, his password opens it, a wrong one does not', async () => {
    const connectionId = await app.open(apache.connectString);
    const { id } = await app.call('acl.digest', { user: 'bob', password: 'bobsecret' });
    const acl = [{ perms: Perms.ALL, id: { scheme: 'digest', id } }];
    const plain = { connectionId, kind: 'persistent', ttlMs: null, parents: true } as const;
    await app.call('node.create', { ...plain, path: '/auth/locked', data: text('secret'), acl });
    await app.call('node.create', { ...plain, path: '/auth/open', data: text('open'), acl: null });
    const paths = ['/auth/locked', '/auth/open', '/auth/none'];
    const rows = () => app.call('tree.stats', { connectionId, paths });
    expect((await rows()).map(({ locked, error }) => [locked, error])).toEqual([[true, null], [false, null], [null, 'NoNode']]);
    expect(await app.fail('node.read', { connectionId, path: '/auth/locked', watch: false })).toMatchObject({
      code: 'NoAuth', layer: 'permission', hint: 'hint.addAuth', path: '/auth/locked',
    });
    expect((await app.fail('acl.read', { connectionId, path: '/auth/locked' })).code).toBe('NoAuth');

    await app.call('connections.addAuth', { connectionId, scheme: 'digest', user: 'bob', secret: 'wrong' });
    expect((await rows())[0]?.locked).toBe(true);
    await app.call('connections.addAuth', { connectionId, scheme: 'digest', user: 'bob', secret: 'bobsecret' });
    expect((await rows())[0]?.locked).toBe(false);
    expect((await app.call('node.read', { connectionId, path: '/auth/locked', watch: false })).data).toEqual(text('secret'));
    const value = await app.call('acl.read', { connectionId, path: '/auth/locked' });
    expect(value).toMatchObject({ acl, masked: false, rights: { read: true, admin: true } });
    expect(value.identities).toEqual(expect.arrayContaining(['ip:127.0.0.1', 'digest:bob']));
    await app.call('connections.close', { connectionId });
  });

  test('ACLs: masked without ADMIN, a conflict, what the server makes of auth entries', async () => {
    const connectionId = await app.open(apache.connectString);
    const { id } = await app.call('acl.digest', { user: 'ann', password: 'a' });
    const shared = [{ perms: Perms.ALL, id: { scheme: 'digest', id } }, { perms: Perms.READ, id: { scheme: 'world', id: 'anyone' } }];
    await app.call('node.create', { connectionId, path: '/acl', kind: 'persistent', data: null, acl: shared, ttlMs: null, parents: false });
    const blind = await app.call('acl.read', { connectionId, path: '/acl' });
    expect(blind).toMatchObject({ masked: true, rights: { read: true, write: false, admin: false } });
    expect(blind.acl[0]?.id.id).toBe('ann:x');
    expect((await app.fail('acl.write', { connectionId, path: '/acl', acl: blind.acl, aversion: 0 })).code).toBe('MaskedAcl');
    expect((await app.fail('acl.write', { connectionId, path: '/acl', acl: [...OPEN_ACL].map((entry) => ({ ...entry })), aversion: 0 })).code).toBe('NoAuth');
    await app.call('connections.addAuth', { connectionId, scheme: 'digest', user: 'ann', secret: 'a' });
    const byAuth = [{ perms: Perms.ALL, id: { scheme: 'auth', id: '' } }];
    const written = await app.call('acl.write', { connectionId, path: '/acl', acl: byAuth, aversion: 0 });
    expect(written).toMatchObject({ kind: 'written', value: { acl: [{ perms: Perms.ALL, id: { scheme: 'digest', id } }], stat: { aversion: 1 } } });
    expect(await app.call('acl.write', { connectionId, path: '/acl', acl: shared, aversion: 0 })).toMatchObject({
      kind: 'conflict', current: { stat: { aversion: 1 } },
    });
    expect((await app.fail('acl.write', { connectionId, path: '/acl', acl: [{ perms: 31, id: { scheme: 'nonsense', id: 'x' } }], aversion: 1 }))).toMatchObject({
      code: 'InvalidAcl', hint: 'hint.checkAcl',
    });
    await app.call('connections.close', { connectionId });
  });

  test('a read-only connection sends no write', async () => {
    const connectionId = await app.open(apache.connectString, { readOnly: true });
    await other.create('/guarded', 'one');
    const failure = await app.fail('node.write', { connectionId, path: '/guarded', data: text('x'), version: 0 });
    expect(failure).toMatchObject({ kind: 'denied', code: 'ReadOnlyConnection' });
    expect(await app.operations(connectionId)).toEqual([]);
    expect((await other.get('/guarded')).data.toString()).toBe('one');
    await app.call('connections.close', { connectionId });
  });

  test('a deletion takes what the preview showed, and leaves what changed meanwhile', async () => {
    const connectionId = await app.open(apache.connectString);
    for (const path of ['/gone/a/1', '/gone/a/2', '/gone/b', '/gone/c']) await other.create(path, path, { makepath: true });
    const { token, ...shown } = await app.call('node.deletePreview', { connectionId, path: '/gone', limit: 100, jobId: 'p' });
    expect(shown).toMatchObject({ nodes: 6, ephemerals: 0, unreadable: [], truncated: false });
    await other.set('/gone/b', 'changed');
    await other.create('/gone/c/new', '');
    const outcome = await app.call('node.delete', { connectionId, path: '/gone', token, jobId: 'd' });
    expect(outcome.deleted).toBe(3);
    expect(new Map(outcome.left.map(({ path, failure }) => [path, failure.code]))).toEqual(
      new Map([['/gone/b', 'BadVersion'], ['/gone/c', 'NotEmpty'], ['/gone', 'NotEmpty']]),
    );
    expect((await other.children('/gone')).sort()).toEqual(['b', 'c']);
    await app.call('connections.close', { connectionId });
  });

  test('100,000 children: one listing beside an exists, and 5,000 of them deleted with a bounded pipeline', async () => {
    const { transport, clock } = app.ports;
    const maker = connectZooKeeper({ connectString: apache.connectString, transport, clock, random: seededRandom(7), queuedMax: 200_000 });
    const create = (path: string) => ({ type: 15 as const, request: { path, data: null, acl: [...OPEN_ACL], flags: 0 } });
    await maker.multi([create('/wide'), create('/narrow')]);
    const batches = (parent: string, count: number) =>
      Array.from({ length: count / 1_000 }, (_, batch) =>
        maker.multi(Array.from({ length: 1_000 }, (_, n) => create(`${parent}/child-${String(batch * 1_000 + n).padStart(8, '0')}`))),
      );
    await Promise.all([...batches('/wide', 100_000), ...batches('/narrow', 5_000)]);
    await maker.close();

    const connectionId = await app.open(apache.connectString);
    expect(await app.call('tree.children', { connectionId, path: '/wide', wideAbove: 20_000, watch: false })).toMatchObject({ kind: 'wide', count: 100_000 });
    expect(await app.operations(connectionId)).toEqual(['exists']);
    const listed = await app.call('tree.children', { connectionId, path: '/wide', wideAbove: 200_000, watch: true });
    expect(listed).toMatchObject({ kind: 'listed', count: 100_000 });
    // The answer of Apache's server is over its own jute.maxbuffer, which its own clients refuse.
    expect((listed as { names: Uint8Array }).names.length).toBeGreaterThan(1_048_575);
    expect((await app.operations(connectionId)).length).toBe(2);

    const { token, nodes } = await app.call('node.deletePreview', { connectionId, path: '/narrow', limit: 10_000, jobId: 'p' });
    expect(nodes).toBe(5_001);
    expect((await app.call('node.delete', { connectionId, path: '/narrow', token, jobId: 'd' })).deleted).toBe(5_001);
    expect(await other.exists('/narrow')).toBeNull();
    await app.call('connections.close', { connectionId });
  }, 180_000);

  test('watches: old and new values; they survive a lost connection, and the gap is shown', async () => {
    await using proxy = await startFaultProxy({ port: apache.servers[0]!.clientPort });
    const connectionId = await app.open(proxy.connectString);
    await other.create('/watched', 'one');
    const { watchId } = await app.call('watches.add', { connectionId, path: '/watched', kind: 'persistent' });
    await other.create('/below', '');
    const recursive = await app.call('watches.add', { connectionId, path: '/below', kind: 'recursive' });
    const seen = async (type: string, path: string) =>
      until(`${type} ${path}`, async () =>
        (await app.call('feed.history', { connectionId, afterSeq: 0 })).findLast((entry) => entry.type === type && entry.path === path));
    await other.set('/watched', 'two');
    expect(await seen('NodeDataChanged', '/watched')).toMatchObject({ watchId, before: text('one'), after: text('two') });
    await other.create('/watched/child', 'x');
    await other.create('/below/child', 'x');
    expect(await seen('NodeCreated', '/below/child')).toMatchObject({ watchId: recursive.watchId });
    expect(await seen('NodeChildrenChanged', '/watched')).toMatchObject({ watchId });

    const stateOf = async () => (await app.call('connections.list', {})).find((each) => each.connectionId === connectionId);
    const before = await stateOf();
    proxy.cut();
    await until('gap', async () => (await app.call('feed.history', { connectionId, afterSeq: 0 })).find(({ kind }) => kind === 'gap'));
    await until('back', async () => (await stateOf())?.state === 'connected');
    expect((await stateOf())?.sessionId).toBe(before?.sessionId);
    // The watches are set again just after the session is back.
    await until('its watches are there', async () => (await apache.servers[0]!.fourLetterWord('wchp')).includes('/below'));
    await other.set('/below/child', 'after the gap');
    expect(await seen('NodeDataChanged', '/below/child')).toMatchObject({ watchId: recursive.watchId });

    await app.call('watches.remove', { connectionId, watchId });
    await app.call('watches.remove', { connectionId, watchId: recursive.watchId });
    const wchp = await apache.servers[0]!.fourLetterWord('wchp');
    expect(wchp).not.toContain('/watched');
    expect(wchp).not.toContain('/below');
    await app.call('connections.close', { connectionId });
  });

  test('a persistent watch outlives reads that watch the same path, as the tree and a tab make them', async () => {
    const connectionId = await app.open(apache.connectString);
    await other.create('/both', '0');
    const { watchId } = await app.call('watches.add', { connectionId, path: '/both', kind: 'persistent' });
    expect((await app.fail('watches.add', { connectionId, path: '/both', kind: 'recursive' })).code).toBe('WatchConflict');
    for (let round = 1; round <= 3; round++) {
      await app.call('node.read', { connectionId, path: '/both', watch: true });
      await app.call('tree.children', { connectionId, path: '/both', wideAbove: null, watch: true });
      await other.set('/both', String(round));
      await other.create(`/both/${round}`, '');
      await until(`round ${round}`, async () => {
        const feed = await app.call('feed.history', { connectionId, afterSeq: 0 });
        return feed.filter((entry) => entry.watchId === watchId).length === round * 2;
      });
    }
    await until('both told as stale', () => {
      const whats = new Set(app.told('tree.stale').filter(({ path }) => path === '/both').map(({ what }) => what));
      return whats.has('data') && whats.has('children');
    });
    await app.call('connections.close', { connectionId });
  });

  test('the sample tree, as a newcomer finds it', async () => {
    const { transport, clock, random, hash, readResource } = app.ports;
    const client = connectZooKeeper({ connectString: apache.connectString, transport, clock, random });
    await writeSampleTree(client, await parseSampleTree(await readResource('sample-tree.json'), hash));
    await client.close();
    expect((await other.children('/samples/wide')).length).toBe(200);
    expect(await other.children('/queue')).toContain('job-0000000002');
    const connectionId = await app.open(apache.connectString, { auth: [{ id: null, scheme: 'digest', user: 'demo', secret: 'demo' }] });
    expect((await app.call('node.read', { connectionId, path: '/samples/protected', watch: false })).data).toEqual(text('only demo reads this'));
    expect((await app.call('node.read', { connectionId, path: '/samples/null', watch: false })).data).toBeNull();
    expect((await app.call('node.read', { connectionId, path: '/samples/empty', watch: false })).data).toEqual(text(''));
    await app.call('connections.close', { connectionId });
  });

  test('the connection test says which layer failed, and leaves no session', async () => {
    const port = apache.servers[0]!.clientPort;
    const walk = async (connectString: string, draft: Partial<ProfileDraft> = {}) => {
      const steps = await app.call('profiles.test', { testId: 't', draft: draftFor(connectString, { connectTimeoutMs: 1_500, ...draft }) });
      return steps.map(({ step, outcome, failure }) => [step, outcome, ...(failure === null ? [] : [failure.code])].join(' '));
    };
    const before = await sessions();
    expect(await walk(apache.connectString)).toEqual(['name ok', 'socket ok', 'session ok', 'auth skipped', 'root ok']);
    expect(await walk(`no-such-host.invalid:${port}`)).toEqual([
      'name failed NameNotFound', 'socket skipped', 'session skipped', 'auth skipped', 'root skipped',
    ]);
    expect(await walk(`127.0.0.1:${await freePort()}`)).toEqual([
      'name ok', 'socket failed SocketFailed', 'session skipped', 'auth skipped', 'root skipped',
    ]);
    expect((await walk(`no-such-host.invalid:1,localhost:${port}`)).slice(-3)).toEqual(['session ok', 'auth skipped', 'root ok']);

    const stranger = createServer((socket) => socket.on('error', () => undefined).on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    expect(await walk(`127.0.0.1:${(stranger.address() as AddressInfo).port}`)).toEqual([
      'name ok', 'socket ok', 'session failed NoSession', 'auth skipped', 'root skipped',
    ]);
    stranger.close();

    expect(await walk(apache.connectString, { auth: [{ id: null, scheme: 'nonsense', user: '', secret: 'x' }] })).toEqual([
      'name ok', 'socket ok', 'session ok', 'auth failed AuthFailed', 'root skipped',
    ]);
    expect(await walk(`${apache.connectString}/no/such/chroot`)).toEqual(['name ok', 'socket ok', 'session ok', 'auth skipped', 'root failed NoNode']);

    const connectionId = await app.open(apache.connectString, { auth: [{ id: null, scheme: 'digest', user: 'root', secret: 'r' }] });
    const own = [{ perms: Perms.ALL, id: { scheme: 'auth', id: '' } }];
    const closed = await app.call('acl.write', { connectionId, path: '/', acl: own, aversion: 0 });
    expect(closed.kind).toBe('written');
    expect(await walk(apache.connectString)).toEqual(['name ok', 'socket ok', 'session ok', 'auth skipped', 'root warning NoAuth']);
    const right = [{ id: null, scheme: 'digest', user: 'root', secret: 'r' }];
    expect((await walk(apache.connectString, { auth: right })).slice(-2)).toEqual(['auth ok', 'root ok']);
    const wrong = [{ id: null, scheme: 'digest', user: 'root', secret: 'wrong' }];
    expect((await walk(apache.connectString, { auth: wrong })).slice(-2)).toEqual(['auth ok', 'root warning NoAuth']);

    // An unreadable root stops nothing below it.
    const blind = await app.open(apache.connectString);
    expect((await app.fail('tree.children', { connectionId: blind, path: '/', wideAbove: null, watch: false })).code).toBe('NoAuth');
    expect(await app.call('tree.children', { connectionId: blind, path: '/samples', wideAbove: null, watch: false })).toMatchObject({ kind: 'listed' });
    await app.call('acl.write', { connectionId, path: '/', acl: [...OPEN_ACL].map((entry) => ({ ...entry })), aversion: 1 });
    await app.call('connections.close', { connectionId });
    await app.call('connections.close', { connectionId: blind });
    // A server that refuses credentials ends the connection; only that session is left to its timeout.
    await until('the sessions are over', async () => (await sessions()) === before);
  });
});
