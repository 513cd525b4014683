/** The job engine on real servers: every kind of node there and back, bad weather, limits, two jobs at once. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom, below } from '../../src/base/random.ts';
import { encodeUtf8 } from '../../src/base/text.ts';
import type { ZooKeeper } from '../../src/client/api.ts';
import { connectZooKeeper } from '../../src/client/client.ts';
import type { Acl, Id } from '../../src/model/acl.ts';
import { CreateMode } from '../../src/model/create-mode.ts';
import { fileExportInput } from '../../src/platform/transfer/export-input.ts';
import { fileExportOutput } from '../../src/platform/transfer/export-output.ts';
import type { EndpointSource } from '../../src/services/transfer/endpoint.ts';
import type { KindTeller } from '../../src/services/transfer/source.ts';
import { topologies, type ServersHandle } from '../support/embedded.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { itemsAt, liveAt, MemoryLog, runJob, startJob } from '../unit/services/transfer/engine-support.ts';
import { describeTopology, nodeClock, nodeRandom, readyClient, transport, until } from './client-support.ts';

const JVM = ['-Dzookeeper.extendedTypesEnabled=true', '-Dznode.container.checkIntervalMs=200', '-Dznode.container.maxNeverUsedIntervalMs=0'];
const SECRET = { scheme: 'digest', auth: encodeUtf8('user:pass') };
const USER: Id = { scheme: 'digest', id: 'user:smGaoVKd/cQkjm7b88GyorAUz20=' };
const OPEN: Acl = { perms: 31, id: { scheme: 'world', id: 'anyone' } };

interface SourceOptions {
  readonly identities?: readonly Id[];
  readonly sessionTimeoutMs?: number;
  readonly requestBytesMax?: number;
}

function sourceOf(connectString: string, { identities = [], sessionTimeoutMs = 8_000, requestBytesMax = 1_048_575 }: SourceOptions = {}): EndpointSource {
  return {
    name: connectString,
    open: () => Promise.resolve(connectZooKeeper({
      connectString, sessionTimeoutMs, transport, clock: nodeClock, random: nodeRandom, auth: identities.length > 0 ? [SECRET] : [],
    })),
    close: (client) => client.close(),
    requestBytesMax,
    multiRead: () => Promise.resolve(true),
    identities,
  };
}

/** A subtree, read by the plainest means: path to data, ACL and owner. */
async function dump(client: ZooKeeper, root: string): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  const visit = async (path: string): Promise<void> => {
    const { data } = await client.getData(path);
    const { acl } = await client.getACL(path);
    const { children } = await client.getChildren(path);
    out.set(path.slice(root.length), `${data === null ? 'null' : Buffer.from(data).toString('base64')} ${JSON.stringify(acl)}`);
    for (const name of children) await visit(`${path}/${name}`);
  };
  await visit(root);
  return out;
}

const NAMES = ['plain', 'with space', '%2Fencoded%3A', 'שלום', '配置', 'a'.repeat(200), '"quoted"', '{json}', '￠', '.hidden', 'x=y'];
const ACLS: readonly (readonly Acl[])[] = [
  [OPEN], [OPEN], [{ perms: 31, id: USER }], [{ perms: 1, id: OPEN.id }, { perms: 31, id: USER }],
  [OPEN, { perms: 1, id: { scheme: 'ip', id: '10.0.0.0/8' } }], [{ perms: 31, id: { scheme: 'ip', id: '127.0.0.1' } }, { perms: 31, id: USER }],
];

/** Names and data of any kind, deep and wide, values just under the limit. */
async function uglyTree(client: ZooKeeper, root: string): Promise<void> {
  const random = seededRandom(5);
  await client.create(root, encodeUtf8('root'));
  const making: Promise<unknown>[] = [];
  const parents = [root];
  for (let i = 0; i < 600; i++) {
    const parent = parents[below(random, Math.min(parents.length, 40))] as string;
    const path = `${parent}/${NAMES[i % NAMES.length] as string}-${i}`;
    const kind = i % 7;
    const data = kind === 0 ? null : kind === 1 ? new Uint8Array(0) : Uint8Array.from({ length: below(random, 300) }, () => below(random, 256));
    making.push(client.create(path, data, { acl: ACLS[below(random, ACLS.length)] as readonly Acl[] }));
    parents.push(path);
  }
  let deep = `${root}/deep`;
  for (let i = 0; i < 60; i++, deep += '/d') making.push(client.create(deep, encodeUtf8(String(i))));
  for (let i = 0; i < 3; i++) making.push(client.create(`${root}/big-${i}`, new Uint8Array(1_048_000 - i).fill(i + 1)));
  await Promise.all(making);
}

const CUTS = 12;
const write = { policy: 'skip', removeExtra: false, only: null } as const;

for (const topology of topologies.filter(({ name }) => name !== 'Apache standalone')) {
  describeTopology(topology, () => {
    let servers: ServersHandle;
    let folder: string;
    let client: ZooKeeper;
    const mine = (): EndpointSource => sourceOf(servers.connectString, { identities: [USER] });
    const connect = async (): Promise<ZooKeeper> => readyClient(servers.connectString, { auth: [SECRET] });

    beforeAll(async () => {
      servers = await topology.start({ jvm: JVM });
      folder = await mkdtemp(join(tmpdir(), 'transfer-engine-'));
    });
    afterAll(async () => {
      await servers?.stopAll();
      await rm(folder, { recursive: true, force: true });
    });

    test('export, delete, import: every byte and ACL is back', async () => {
      client = await connect();
      await uglyTree(client, '/ugly');
      const before = await dump(client, '/ugly');
      const file = join(folder, 'ugly.jsonl.gz');
      const to = fileExportOutput({ file, compression: 'gzip', overwrite: false });
      const exported = await runJob({ kind: 'export', from: liveAt(mine(), '/ugly'), to });
      expect(exported.end).toMatchObject({ state: 'done', changed: 0 });
      expect(exported.end.progress).toMatchObject({ nodes: before.size, nodesTotal: before.size });
      const deleted = await runJob({ kind: 'delete', at: liveAt(mine(), '/ugly') });
      expect(deleted.end.progress.counts).toMatchObject({ remove: before.size, fail: 0, leave: 0 });
      expect(deleted.images).toHaveLength(before.size);
      expect((await client.exists('/ugly')).stat).toBeNull();
      const input = fileExportInput(file);
      const imported = await runJob({ kind: 'write', from: { kind: 'file', input, below: '' }, to: liveAt(mine(), '/ugly'), ...write });
      expect(imported.end.progress.counts).toMatchObject({ create: before.size, fail: 0, leave: 0 });
      expect(await dump(client, '/ugly')).toEqual(before);
      const compared = await runJob({ kind: 'compare', a: { kind: 'file', input, below: '' }, b: liveAt(mine(), '/ugly') });
      expect(compared.end.progress.counts).toEqual({ create: 0, change: 0, remove: 0, same: before.size, leave: 0, fail: 0 });
    });

    test('a session without credentials carries closed nodes over, and closes them behind it', async () => {
      client = await connect();
      for (const path of ['/closed', '/closed/a', '/closed/a/b']) await client.create(path, encodeUtf8(path), { acl: [{ perms: 31, id: USER }] });
      const file = join(folder, 'closed.jsonl');
      await runJob({ kind: 'export', from: liveAt(mine(), '/closed'), to: fileExportOutput({ file, compression: 'none', overwrite: false }) });
      const work = { kind: 'write', from: { kind: 'file', input: fileExportInput(file), below: '' }, to: liveAt(sourceOf(servers.connectString), '/closed2'), ...write } as const;
      const { end } = await runJob(work);
      expect(end.progress.counts).toMatchObject({ create: 3, fail: 0 });
      expect(await dump(client, '/closed2')).toEqual(await dump(client, '/closed'));
    });

    test('the protocol does not tell containers and TTL nodes; where something else does they are made again as such', async () => {
      client = await connect();
      await client.create('/kinds', null);
      await client.create('/kinds/container', null, { mode: CreateMode.CONTAINER });
      await client.create('/kinds/container/child', null);
      await client.create('/kinds/ttl', encodeUtf8('t'), { mode: CreateMode.PERSISTENT_WITH_TTL, ttlMs: 3_600_000n });
      for (const path of ['/kinds/container', '/kinds/ttl']) expect((await client.exists(path)).stat?.ephemeralOwner).toBe(0n);
      const teller: KindTeller = {
        kindOf: (path) => {
          if (path === '/kinds/container') return { kind: 'container', ttlMs: null };
          return path === '/kinds/ttl' ? { kind: 'ttl', ttlMs: 300n } : null;
        },
      };
      const from = { ...liveAt(mine(), '/kinds'), kinds: teller };
      const { end } = await runJob({ kind: 'write', from, to: liveAt(mine(), '/kinds2'), ...write });
      expect(end.progress.counts).toMatchObject({ create: 4, fail: 0 });
      // A TTL node goes by itself, and a container when its last child has gone.
      await client.delete('/kinds2/container/child', -1);
      await until('both are gone', async () => (await client.getChildren('/kinds2')).children.length === 0);
    });

    test('what is longer than the target takes is not sent', async () => {
      client = await connect();
      await client.create('/long', null);
      await client.create('/long/just', new Uint8Array(1_048_575 - 100));
      const { items, end } = await runJob({ kind: 'write', from: liveAt(mine(), '/long'), to: liveAt(mine(), `/${'l'.repeat(200)}`), ...write });
      expect(itemsAt(items, 'just')).toEqual(['fail tooBig']);
      expect(end).toMatchObject({ state: 'done', progress: { sessionsLost: 0 } });
    });

    test('connections cut again and again: nothing is lost, nothing is done twice', async () => {
      client = await connect();
      const port = servers.servers[0]?.clientPort as number;
      await using proxy = await startFaultProxy({ port });
      const before = await dump(client, '/ugly');
      const through = (): EndpointSource => sourceOf(proxy.connectString, { identities: [USER] });
      // Each job meets a row of cuts, quicker than it gets through: without an end to them it takes minutes.
      let cutsLeft = CUTS;
      const cutting = setInterval(() => {
        if (cutsLeft-- > 0) proxy.cut();
      }, 60);
      try {
        const copy = await runJob({ kind: 'write', from: liveAt(through(), '/ugly'), to: liveAt(through(), '/cut'), ...write }, {}, { log: new MemoryLog() });
        expect(copy.end).toMatchObject({ state: 'done', progress: { counts: { create: before.size, fail: 0 } } });
        expect(await dump(client, '/cut')).toEqual(before);
        cutsLeft = CUTS;
        const gone = await runJob({ kind: 'delete', at: liveAt(through(), '/cut') });
        expect(gone.end.progress.counts).toMatchObject({ remove: before.size, leave: 0, fail: 0 });
      } finally {
        clearInterval(cutting);
      }
      expect(proxy.counters().accepted).toBeGreaterThan(5);
    });

    test('an expired session is replaced, and the job goes on', async () => {
      client = await connect();
      const port = servers.servers[0]?.clientPort as number;
      await using proxy = await startFaultProxy({ port });
      const before = await dump(client, '/ugly');
      const through = sourceOf(proxy.connectString, { identities: [USER], sessionTimeoutMs: 1_000 });
      const marker = '/alive-while-the-session-is';
      const opened: ZooKeeper[] = [];
      const watched: EndpointSource = { ...through, open: async () => (opened.push(await through.open()), opened[opened.length - 1] as ZooKeeper) };
      const { job } = startJob({ kind: 'write', from: liveAt(watched, '/ugly'), to: liveAt(watched, '/expired'), ...write }, { nodesPerSecondMax: 500 });
      const running = job.run();
      await until('it is on its way', () => job.progress.nodes > 50);
      await opened[0]?.create(marker, null, { mode: CreateMode.EPHEMERAL });
      const sessions = proxy.counters().accepted;
      await proxy.refuse();
      proxy.cut();
      await until('it waits', () => job.progress.state === 'waiting');
      // The server forgets the session when it has not heard of it for its time-out: then its ephemeral goes.
      await until('the session has expired', async () => (await client.exists(marker)).stat === null);
      await proxy.heal();
      job.setNodesPerSecondMax(null);
      const end = await running;
      expect(end.state).toBe('done');
      expect(end.progress.sessionsLost).toBeGreaterThanOrEqual(1);
      expect(proxy.counters().accepted).toBeGreaterThan(sessions);
      expect(await dump(client, '/expired')).toEqual(before);
    });

    test('two jobs on one subtree: both end, and what is there is what both wanted', async () => {
      client = await connect();
      const before = await dump(client, '/ugly');
      const work = () => ({ kind: 'write', from: liveAt(mine(), '/ugly'), to: liveAt(mine(), '/twice'), ...write }) as const;
      const [one, two] = await Promise.all([runJob(work()), runJob(work())]);
      expect(one.end.state).toBe('done');
      expect(two.end.state).toBe('done');
      expect(await dump(client, '/twice')).toEqual(before);
      expect(one.end.progress.counts.fail + two.end.progress.counts.fail).toBe(0);
      const [a, b] = await Promise.all([
        runJob({ kind: 'delete', at: liveAt(mine(), '/twice') }), runJob({ kind: 'delete', at: liveAt(mine(), '/twice') }),
      ]);
      expect(a.end.progress.counts.fail + b.end.progress.counts.fail).toBe(0);
      expect((await client.exists('/twice')).stat).toBeNull();
    });

    test('a move arrives whole before its source goes', async () => {
      client = await connect();
      const before = await dump(client, '/ugly');
      const { end } = await runJob({ kind: 'move', from: liveAt(mine(), '/ugly'), to: liveAt(mine(), '/moved'), policy: 'stop' });
      expect(end).toMatchObject({ state: 'done', failure: null });
      expect(await dump(client, '/moved')).toEqual(before);
      expect((await client.exists('/ugly')).stat).toBeNull();
    });
  });
}
