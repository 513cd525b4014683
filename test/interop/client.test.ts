/** The client's operations, one body of tests over every topology: what Apache answers is what is right. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { OPEN_ACL, Perms, type Acl } from '../../src/model/acl.ts';
import { CreateMode } from '../../src/model/create-mode.ts';
import { AuthFailedError, CancelledError, KeeperError, SessionExpiredError, UsageError } from '../../src/model/errors.ts';
import { AddWatchMode, WatcherType } from '../../src/model/watch.ts';
import { MultiError } from '../../src/client/multi-error.ts';
import type { MultiOp, RequestRecord, StateChange } from '../../src/client/api.ts';
import { topologies, type ServersHandle } from '../support/embedded.ts';
import { bytes, codeOf, describeTopology, openClient, readyClient, recorder, text, until } from './client-support.ts';

const digestOf = (pair: string): string => `${pair.split(':')[0]}:${createHash('sha1').update(pair).digest('base64')}`;

for (const topology of topologies) {
  describeTopology(topology, () => {
    let servers: ServersHandle;
    let at: string;
    let next = 0;

    beforeAll(async () => {
      servers = await topology.start({ jvm: ['-Dzookeeper.extendedTypesEnabled=true'] });
      at = servers.connectString;
      const root = openClient(at);
      await root.create('/t', null);
      await root.close();
    }, 120_000);
    afterAll(() => servers?.stopAll());

    const fresh = (): string => `/t/n${next++}`;

    describe('data operations', () => {
      test('create, read, write, delete, with exact stats', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        const created = await zk.create(path, bytes('one'));
        expect(created.path).toBe(path);
        expect(created.stat).toMatchObject({ version: 0, cversion: 0, aversion: 0, dataLength: 3, numChildren: 0, ephemeralOwner: 0n });
        expect(created.stat.czxid).toBe(created.reply.zxid);

        const read = await zk.getData(path);
        expect(text(read.data)).toBe('one');
        expect(read.stat).toEqual(created.stat);

        const written = await zk.setData(path, bytes('two!'), 0);
        expect(written.stat).toMatchObject({ version: 1, dataLength: 4, mzxid: written.reply.zxid });
        expect(await codeOf(zk.setData(path, null, 0))).toBe('BadVersion');
        await zk.setData(path, null, -1);
        expect((await zk.getData(path)).data).toBeNull();
        await zk.setData(path, new Uint8Array(0), -1);
        expect((await zk.getData(path)).data).toEqual(new Uint8Array(0));

        expect(await codeOf(zk.delete(path, 7))).toBe('BadVersion');
        await zk.delete(path, 3);
        expect((await zk.exists(path)).stat).toBeNull();
        expect(await codeOf(zk.getData(path))).toBe('NoNode');
        expect(await codeOf(zk.delete(path, -1))).toBe('NoNode');
      });

      test('errors name the code, the path and that a retry is safe', async () => {
        const zk = await readyClient(at);
        const error = await zk.getData('/t/none').catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(KeeperError);
        expect(error).toMatchObject({ code: 'NoNode', number: -101, path: '/t/none', retrySafe: true });
        expect(await codeOf(zk.create('/t', null))).toBe('NodeExists');
        expect(await codeOf(zk.create('/t/none/below', null))).toBe('NoNode');
        expect(await codeOf(zk.create('/t/acl', null, { acl: [] }))).toBe('InvalidAcl');
      });

      test('children: decoded, raw, with names of every kind', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        await zk.create(path, null);
        const names = ['plain', 'with space', 'zażółć', '节点', 'emoji ☃', 'a'.repeat(200)];
        await Promise.all(names.map((name) => zk.create(`${path}/${name}`, null)));
        const listed = await zk.getChildren(path);
        expect([...listed.children].sort()).toEqual([...names].sort());
        expect(listed.stat).toMatchObject({ numChildren: names.length, cversion: names.length });
        const raw = await zk.getChildrenRaw(path);
        expect(raw.count).toBe(names.length);
        expect(new DataView(raw.names.buffer, raw.names.byteOffset).getInt32(0)).toBe(names.length);
        expect(raw.names.length).toBe(4 + names.reduce((sum, name) => sum + 4 + Buffer.byteLength(name), 0));
        expect(raw.stat).toEqual(listed.stat);
        const empty = await zk.getChildrenRaw(`${path}/plain`);
        expect(empty).toMatchObject({ count: 0, names: new Uint8Array(4) });
        expect(await zk.getAllChildrenNumber(path)).toBe(names.length);
        expect(await codeOf(zk.delete(path, -1))).toBe('NotEmpty');
      });

      test('sequential, ephemeral, container and TTL nodes', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        await zk.create(path, null);
        const first = await zk.create(`${path}/s-`, null, { mode: CreateMode.PERSISTENT_SEQUENTIAL });
        expect(first.path).toBe(`${path}/s-0000000000`);
        const second = await zk.create(`${path}/`, null, { mode: CreateMode.EPHEMERAL_SEQUENTIAL });
        expect(second.path).toBe(`${path}/0000000001`);
        expect(second.stat.ephemeralOwner).toBe(zk.sessionId);
        expect(await zk.getEphemerals(path)).toEqual([second.path]);
        expect(await codeOf(zk.create(`${second.path}/child`, null))).toBe('NoChildrenForEphemerals');
        const container = await zk.create(`${path}/c`, null, { mode: CreateMode.CONTAINER });
        expect(container.stat.ephemeralOwner).toBe(0n);
        const ttl = await zk.create(`${path}/ttl`, null, { mode: CreateMode.PERSISTENT_WITH_TTL, ttlMs: 600_000n });
        expect(ttl.path).toBe(`${path}/ttl`);
        const both = await zk.create(`${path}/ttl-`, null, { mode: CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, ttlMs: 600_000n });
        expect(both.path).toBe(`${path}/ttl-0000000004`);
        const other = await readyClient(at);
        await zk.close();
        await other.sync(path);
        expect((await other.exists(second.path)).stat).toBeNull();
      });

      test('sync, getConfig, whoAmI', async () => {
        const zk = await readyClient(at);
        expect((await zk.sync('/t')).zxid).toBeGreaterThan(0n);
        const config = await zk.getConfig();
        if (topology.serverCount > 1) expect(text(config.data)).toContain('server.1=');
        expect(await zk.whoAmI()).toEqual([{ authScheme: 'ip', user: '127.0.0.1' }]);
      });
    });

    describe('multi', () => {
      const part = (path: string, data: string): MultiOp => ({
        type: 15,
        request: { path, data: bytes(data), acl: OPEN_ACL as Acl[], flags: 0 },
      });

      test('all parts take effect as one', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        const { results, reply } = await zk.multi([
          part(path, 'a'),
          { type: 1, request: { path: `${path}/s-`, data: null, acl: OPEN_ACL as Acl[], flags: 2 } },
          { type: 5, request: { path, data: bytes('bb'), version: 0 } },
          { type: 13, request: { path, version: 1 } },
          { type: 2, request: { path: `${path}/s-0000000000`, version: -1 } },
          { type: 19, request: { path: `${path}/c`, data: null, acl: OPEN_ACL as Acl[], flags: 4 } },
        ]);
        // The server goes by the flags: a create2 within a multi is answered as a create, without a Stat.
        expect(results.map((result) => result.type)).toEqual([1, 1, 5, 13, 2, 15]);
        expect(results[1]).toMatchObject({ path: `${path}/s-0000000000` });
        expect((await zk.getData(path)).stat).toMatchObject({ mzxid: reply.zxid, czxid: reply.zxid, version: 1 });
        expect((await zk.multi([])).results).toEqual([]);
      });

      test('one failing part undoes them all, and the error says which', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        const error = await zk
          .multi([part(path, 'a'), { type: 13, request: { path: '/t', version: 99 } }, part(`${path}/x`, 'b')])
          .catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(MultiError);
        expect(error).toMatchObject({ code: 'BadVersion', path: '/t', failedIndex: 1 });
        expect((error as MultiError).results).toEqual([{ type: -1, err: 0 }, { type: -1, err: -103 }, { type: -1, err: -2 }]);
        expect((await zk.exists(path)).stat).toBeNull();
      });

      test('multiRead answers each part by itself', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        await zk.create(path, bytes('x'));
        const { results } = await zk.multiRead([
          { type: 4, request: { path, watch: false } },
          { type: 4, request: { path: '/t/none', watch: false } },
          { type: 8, request: { path, watch: false } },
        ]);
        expect(results).toMatchObject([{ type: 4, data: bytes('x') }, { type: -1, err: -101 }, { type: 8, children: [] }]);
      });
    });

    describe('ACLs and authentication', () => {
      test('a digest ACL shuts others out, and lets in who authenticates, again after a reconnect', async () => {
        const owner = await readyClient(at, { auth: [{ scheme: 'digest', auth: bytes('bob:bobsecret') }] });
        const path = fresh();
        const id = { scheme: 'digest', id: digestOf('bob:bobsecret') };
        await owner.create(path, bytes('secret'), { acl: [{ perms: Perms.ALL, id: { scheme: 'auth', id: '' } }] });
        expect((await owner.getACL(path)).acl).toEqual([{ perms: Perms.ALL, id }]);

        const other = await readyClient(at);
        await other.sync(path);
        expect(await codeOf(other.getData(path))).toBe('NoAuth');
        expect(await codeOf(other.setACL(path, OPEN_ACL, -1))).toBe('NoAuth');
        await other.addAuth('digest', bytes('bob:bobsecret'));
        expect(text((await other.getData(path)).data)).toBe('secret');
        expect(await other.whoAmI()).toContainEqual({ authScheme: 'digest', user: 'bob' });

        const set = await owner.setACL(path, [{ perms: Perms.READ, id }], 0);
        expect(set.stat.aversion).toBe(1);
        expect(await codeOf(owner.setACL(path, OPEN_ACL, 0))).not.toBe('fulfilled');
      });

      test('refused credentials end the client', async () => {
        const zk = await readyClient(at);
        const refused = zk.addAuth('nonsense', bytes('x'));
        await expect(refused).rejects.toBeInstanceOf(AuthFailedError);
        await until('authFailed', () => zk.state === 'authFailed');
        expect(zk.failure).toBeInstanceOf(AuthFailedError);
        await expect(zk.getData('/')).rejects.toBeInstanceOf(AuthFailedError);
        await expect(zk.ready()).rejects.toBeInstanceOf(AuthFailedError);
      });
    });

    describe('watches', () => {
      test('one-shot watches fire once, before the read that shows the change', async () => {
        const zk = await readyClient(at);
        const writer = await readyClient(at);
        const path = fresh();
        const order: string[] = [];
        const note = (what: string) => (event: { type: number }) => void order.push(`${what} ${event.type}`);
        await zk.exists(path, { watch: note('exists') });
        await writer.create(path, bytes('1'));
        await until('created', () => order.length === 1);
        await zk.getData(path, { watch: note('data') });
        await zk.getChildren(path, { watch: note('children') });
        await writer.setData(path, bytes('2'), -1);
        await writer.create(`${path}/child`, null);
        await until('the new data is read', async () => {
          const seen = text((await zk.getData(path)).data);
          if (seen === '2' && !order.includes('read')) order.push('read');
          return seen === '2';
        });
        await until('children', () => order.includes('children 4'));
        await writer.setData(path, bytes('3'), -1);
        await zk.sync(path);
        expect(order.filter((line) => line !== 'children 4')).toEqual(['exists 1', 'data 3', 'read']);
        expect(zk.load.watches).toBe(0);
      });

      test('a failed read leaves no watch; exists of nothing does', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        const seen = recorder();
        expect(await codeOf(zk.getData(path, { watch: seen.watcher }))).toBe('NoNode');
        expect(await codeOf(zk.getChildren(path, { watch: seen.watcher }))).toBe('NoNode');
        expect(zk.load.watches).toBe(0);
        await zk.exists(path, { watch: seen.watcher });
        expect(zk.load.watches).toBe(1);
        await zk.create(path, null);
        await zk.sync(path);
        expect(seen.lines).toEqual([`NodeCreated ${path}`]);
      });

      test('one function that watches data and children hears of a deletion once', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        await zk.create(path, null);
        const seen = recorder();
        await zk.getData(path, { watch: seen.watcher });
        await zk.getData(path, { watch: seen.watcher });
        await zk.getChildren(path, { watch: seen.watcher });
        expect(zk.load.watches).toBe(2);
        await zk.delete(path, -1);
        await zk.sync('/t');
        expect(seen.lines).toEqual([`NodeDeleted ${path}`]);
      });

      test('persistent and recursive watches', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        const persistent = recorder();
        const recursive = recorder();
        await zk.create(path, null);
        // Two sessions: up to 3.8 a server keeps one mode for each session and path.
        const other = await readyClient(at);
        await other.sync(path);
        await other.addWatch(path, AddWatchMode.PERSISTENT, persistent.watcher);
        await zk.addWatch(path, AddWatchMode.PERSISTENT_RECURSIVE, recursive.watcher);
        await zk.create(`${path}/c`, null);
        await zk.setData(path, bytes('x'), -1);
        await zk.setData(`${path}/c`, bytes('x'), -1);
        await zk.delete(`${path}/c`, -1);
        await zk.delete(path, -1);
        await Promise.all([zk.sync('/t'), other.sync('/t')]);
        expect(persistent.lines).toEqual(
          ['NodeChildrenChanged', 'NodeDataChanged', 'NodeChildrenChanged', 'NodeDeleted'].map((type) => `${type} ${path}`),
        );
        expect(recursive.lines).toEqual([
          `NodeCreated ${path}/c`, `NodeDataChanged ${path}`, `NodeDataChanged ${path}/c`, `NodeDeleted ${path}/c`, `NodeDeleted ${path}`,
        ]);
      });

      test('two clients see the changes of one writer in one order', async () => {
        const [one, two, writer] = await Promise.all([readyClient(at), readyClient(at), readyClient(at)]);
        const path = fresh();
        await writer.create(path, null);
        const seen = [recorder(), recorder()];
        await Promise.all([one.sync(path), two.sync(path)]);
        await one.addWatch(path, AddWatchMode.PERSISTENT_RECURSIVE, seen[0]!.watcher);
        await two.addWatch(path, AddWatchMode.PERSISTENT_RECURSIVE, seen[1]!.watcher);
        const wanted: string[] = [];
        for (let i = 0; i < 30; i++) {
          await writer.create(`${path}/${i}`, null);
          wanted.push(`NodeCreated ${path}/${i}`);
          if (i % 3 === 0) {
            await writer.setData(`${path}/${i}`, bytes('x'), 0);
            wanted.push(`NodeDataChanged ${path}/${i}`);
          }
        }
        await until('both saw all', () => seen.every((each) => each.lines.length >= wanted.length));
        expect(seen[0]!.lines).toEqual(wanted);
        expect(seen[1]!.lines).toEqual(wanted);
      });

      test('removeWatches: one of several, the last, all, and none', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        await zk.create(path, null);
        const [a, b] = [recorder(), recorder()];
        await zk.getData(path, { watch: a.watcher });
        await zk.getData(path, { watch: b.watcher });
        await zk.removeWatches(path, a.watcher, WatcherType.Data);
        expect(a.lines).toEqual([`DataWatchRemoved ${path}`]);
        await zk.setData(path, bytes('1'), -1);
        await zk.sync(path);
        expect(b.lines).toEqual([`NodeDataChanged ${path}`]);

        await zk.addWatch(path, AddWatchMode.PERSISTENT_RECURSIVE, a.watcher);
        await zk.removeWatches(path, null, WatcherType.PersistentRecursive);
        await zk.setData(path, bytes('2'), -1);
        await zk.sync(path);
        expect(a.lines).toEqual([`DataWatchRemoved ${path}`, `PersistentWatchRemoved ${path}`]);
        expect(zk.load.watches).toBe(0);
        expect(await codeOf(zk.removeWatches(path, a.watcher, WatcherType.Any))).toBe('NoWatcher');
      });
    });

    describe('chroot', () => {
      test('is added to every path and taken off every answer', async () => {
        const plain = await readyClient(at);
        const base = fresh();
        await plain.create(base, bytes('base'));
        const zk = await readyClient(`${at}${base}`);
        expect(zk.chroot).toBe(base);
        await zk.sync('/');
        expect(text((await zk.getData('/')).data)).toBe('base');
        expect((await zk.create('/a', null)).path).toBe('/a');
        const sequential = await zk.create('/e-', null, { mode: CreateMode.EPHEMERAL_SEQUENTIAL });
        expect(await zk.getEphemerals('/')).toEqual([sequential.path]);
        const { results } = await zk.multi([{ type: 15, request: { path: '/m', data: null, acl: OPEN_ACL as Acl[], flags: 0 } }]);
        expect(results[0]).toMatchObject({ path: '/m' });
        const seen = recorder();
        await zk.addWatch('/', AddWatchMode.PERSISTENT_RECURSIVE, seen.watcher);
        await plain.create(`${base}/a/deep`, null);
        await plain.setData(base, null, -1);
        await zk.sync('/');
        await until('events', () => seen.lines.length === 2);
        expect(seen.lines).toEqual(['NodeCreated /a/deep', 'NodeDataChanged /']);
        expect((await zk.getChildren('/')).children).toContain('a');
        expect((await zk.getConfig()).stat).toBeDefined();
        const error = await zk.delete('/none', -1).catch((caught: unknown) => caught);
        expect(error).toMatchObject({ code: 'NoNode', path: '/none' });
      });
    });

    describe('sizes', () => {
      test('a request of exactly jute.maxbuffer is taken, one more byte is refused before it is sent', async () => {
        const zk = await readyClient(at);
        const path = fresh();
        await zk.create(path, null);
        // Header 8, path 4 + length, data length 4, version 4.
        const room = 1_048_575 - 8 - 4 - path.length - 4 - 4;
        await zk.setData(path, new Uint8Array(room).fill(7), -1);
        expect((await zk.getData(path)).data).toHaveLength(room);
        const error = await zk.setData(path, new Uint8Array(room + 1), -1).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(UsageError);
        expect(error).toMatchObject({ code: 'RequestTooLarge', retrySafe: true });
        expect((error as Error).message).toMatch(/1048576.*1048575/);
        expect(zk.state).toBe('connected');
      });

      test('100,000 children are listed at once', { timeout: 120_000 }, async () => {
        const zk = await readyClient(at);
        const path = fresh();
        await zk.create(path, null);
        const count = 100_000;
        for (let start = 0; start < count; start += 2_500) {
          await zk.multi(
            Array.from({ length: 2_500 }, (_, i) => ({
              type: 1 as const,
              request: { path: `${path}/child-with-a-long-name-${start + i}`, data: null, acl: OPEN_ACL as Acl[], flags: 0 },
            })),
          );
        }
        const [listed, raw, there] = await Promise.all([zk.getChildren(path), zk.getChildrenRaw(path), zk.exists(path)]);
        expect(raw.names.length).toBeGreaterThan(2_000_000);
        expect(new Set(listed.children).size).toBe(count);
        expect(raw.count).toBe(count);
        expect(there.stat?.numChildren).toBe(count);
        expect(zk.state).toBe('connected');
      });
    });

    describe('cancelling', () => {
      test('a request that waits is taken out, one that was sent is swallowed', async () => {
        const zk = await readyClient(at, { inFlightMax: 1 });
        const path = fresh();
        await zk.create(path, bytes('0'));
        const control = new AbortController();
        const seen = recorder();
        const first = zk.getData(path, { watch: seen.watcher, signal: control.signal });
        const second = zk.setData(path, bytes('never'), -1, { signal: control.signal });
        const third = zk.getData(path);
        // One turn, in which what may be sent is.
        await Promise.resolve();
        expect(zk.load).toMatchObject({ inFlight: 1, queued: 2 });
        control.abort();
        const errors = await Promise.all([first, second].map((each) => each.catch((caught: unknown) => caught)));
        expect(errors[0]).toBeInstanceOf(CancelledError);
        expect(errors[0]).toMatchObject({ retrySafe: false });
        expect(errors[1]).toMatchObject({ code: 'Cancelled', retrySafe: true });
        expect(text((await third).data)).toBe('0');
        expect(zk.load).toEqual({ inFlight: 0, queued: 0, watches: 0 });
        await zk.setData(path, bytes('1'), 0);
        await zk.sync(path);
        expect(seen.lines).toEqual([]);
        expect(await codeOf(zk.getData(path, { signal: control.signal }))).toBe('Cancelled');
      });

      test('a client whose servers are all away waits, and can be cancelled and closed', async () => {
        const zk = openClient('127.0.0.1:1', { queuedMax: 2 });
        const control = new AbortController();
        const waiting = zk.getData('/', { signal: control.signal });
        const ready = zk.ready({ signal: control.signal });
        const other = zk.getData('/');
        expect(await codeOf(zk.getData('/'))).toBe('QueueFull');
        control.abort();
        expect(await codeOf(waiting)).toBe('Cancelled');
        expect(await codeOf(ready)).toBe('Cancelled');
        const closed = zk.close();
        expect(await codeOf(other)).toBe('Closed');
        await closed;
        expect(await codeOf(zk.ready())).toBe('Closed');
      });
    });

    describe('the session', () => {
      test('a dead first host is passed over', async () => {
        const zk = openClient(`127.0.0.1:1,${at}`, { keepServerOrder: true });
        const changes: StateChange[] = [];
        zk.stateChanges.on((change) => changes.push(change));
        await zk.ready();
        expect(changes.map((change) => change.state)).toEqual(['connecting', 'connected']);
        expect(changes[0]?.reason).toContain('127.0.0.1:1: connection refused');
        expect(zk.server?.port).not.toBe(1);
        expect((await zk.exists('/t')).stat).not.toBeNull();
      });

      test('requests issued while connecting are answered once connected', async () => {
        const zk = openClient(at);
        const answers = await Promise.all([zk.exists('/t'), zk.getData('/t'), zk.getChildren('/')]);
        expect(answers[0].stat).not.toBeNull();
        expect(zk.state).toBe('connected');
      });

      test('two sessions are told apart; close ends one at once', async () => {
        const zk = await readyClient(at);
        const other = await readyClient(at);
        expect(zk.sessionId).not.toBe(other.sessionId);
        expect(zk.sessionPassword).toHaveLength(16);
        const path = fresh();
        await zk.create(path, null, { mode: CreateMode.EPHEMERAL });
        const seen = recorder();
        await other.sync(path);
        await other.exists(path, { watch: seen.watcher });
        const changes: string[] = [];
        zk.stateChanges.on((change) => changes.push(change.state));
        await zk.close();
        await zk.close();
        expect(zk.state).toBe('closed');
        expect(changes).toEqual(['closed']);
        await until('gone', () => seen.lines.length === 1, 3_000);
        expect(seen.lines).toEqual([`NodeDeleted ${path}`]);
        expect(await codeOf(zk.getData('/'))).toBe('Closed');
      });

      test('an abandoned session expires on the server, and its ephemerals go', async () => {
        const zk = await readyClient(at, { sessionTimeoutMs: 2_000 });
        const path = fresh();
        await zk.create(path, null, { mode: CreateMode.EPHEMERAL });
        const other = await readyClient(at);
        await other.sync(path);
        const seen = recorder();
        expect((await other.exists(path, { watch: seen.watcher })).stat).not.toBeNull();
        const pending = zk.getData(path);
        await Promise.resolve();
        zk.abandon();
        expect(await codeOf(pending)).toBe('ConnectionLoss');
        expect(zk.state).toBe('closed');
        await until('the ephemeral goes', () => seen.lines.length === 1);
      });

      test('an idle session lives on by pings', async () => {
        const zk = await readyClient(at, { sessionTimeoutMs: 1_500 });
        const changes: string[] = [];
        zk.stateChanges.on((change) => changes.push(change.state));
        const other = await readyClient(at);
        const path = fresh();
        await zk.create(path, null, { mode: CreateMode.EPHEMERAL });
        const start = Date.now();
        await until('three timeouts passed', () => Date.now() - start > 3 * zk.sessionTimeoutMs);
        expect(changes).toEqual([]);
        await other.sync(path);
        expect((await other.exists(path)).stat).not.toBeNull();
      });

      test('the command log has every request with its outcome', async () => {
        const zk = await readyClient(at);
        const records: RequestRecord[] = [];
        zk.requests.on((record) => records.push(record));
        await zk.getData('/t');
        await codeOf(zk.delete('/t/none', -1));
        await zk.addAuth('digest', bytes('a:b'));
        await zk.close();
        expect(records.map(({ operation, path, err }) => [operation, path, err])).toEqual([
          ['getData', '/t', 0], ['delete', '/t/none', -101], ['auth', null, 0], ['closeSession', null, 0],
        ]);
        expect(records[0]).toMatchObject({ failure: null, bytesOut: 4 + 8 + 4 + 2 + 1 });
        expect(records[0]?.latencyMs).toBeGreaterThan(0);
        expect(records[0]?.zxid).toBeGreaterThan(0n);
      });
    });

    describe('wrong use', () => {
      test.each(['', 'a', '/a/', '/a//b', '/a/../b', '/a\u0000b', '/./a'])('the path %j is refused', async (path) => {
        const zk = await readyClient(at);
        expect(await codeOf(zk.getData(path))).toBe('BadPath');
        expect(await codeOf(zk.create(path, null))).toBe('BadPath');
        expect(await codeOf(zk.multi([{ type: 2, request: { path, version: -1 } }]))).toBe('BadPath');
      });

      test('versions and times to live out of range are refused', async () => {
        const zk = await readyClient(at);
        expect(await codeOf(zk.delete('/t', 1.5))).toBe('BadArguments');
        expect(await codeOf(zk.setData('/t', null, 2 ** 31))).toBe('BadArguments');
        expect(await codeOf(zk.create('/t/x', null, { mode: CreateMode.PERSISTENT_WITH_TTL }))).toBe('BadTtl');
        expect(await codeOf(zk.create('/t/x', null, { mode: CreateMode.PERSISTENT_WITH_TTL, ttlMs: 1n << 40n }))).toBe('BadTtl');
        expect(await codeOf(zk.create('/t/x', null, { ttlMs: 5n }))).toBe('BadTtl');
      });
    });

    test('a session that its server does not know is over', async () => {
      // The session is closed behind its back, by another handle with the same id and password.
      const zk = await readyClient(at, { sessionTimeoutMs: 20_000 });
      const { connectRaw } = await import('../support/raw-client.ts');
      const server = servers.servers.find((each) => each.clientPort === zk.server?.port)!;
      const seen = recorder();
      await zk.getData('/t', { watch: seen.watcher });
      const raw = await connectRaw(server.host, server.clientPort);
      await raw.connectSession({ sessionId: zk.sessionId, password: zk.sessionPassword });
      await raw.request(-11);
      await until('expired', () => zk.state === 'expired');
      expect(zk.failure).toBeInstanceOf(SessionExpiredError);
      await expect(zk.getData('/t')).rejects.toBeInstanceOf(SessionExpiredError);
      await expect(zk.ready()).rejects.toBeInstanceOf(SessionExpiredError);
      expect(seen.lines).toEqual(['None -']);
      await zk.close();
      expect(zk.state).toBe('expired');
    });
  });
}
