/**
 * The same watches on an Apache server and in our tables: Apache's own log, applied to our tree, must notify each
 * connection of the same things in the same order.
 */

import { expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../src/base/random.ts';
import { logsOf } from '../../src/ensemble/log/file-names.ts';
import { readLog } from '../../src/ensemble/log/log-format.ts';
import { WatchTables, type WatchKind } from '../../src/ensemble/watches/watch-tables.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { connectRaw, jute, parseReply, type RawClient } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServerHandle } from '../support/server-process.ts';
import { newDatabase, storageOf } from './disk-support.ts';

const paths = ['/w', '/w/a', '/w/a/x', '/w/a/y', '/w/b', '/w/b/x'];
const openAcl = jute.vector([jute.acl(31, 'world', 'anyone')]);

/** What one step did to the server, and up to where its log must be applied before the next. */
type Step =
  | { readonly kind: 'watch'; readonly connection: number; readonly path: string; readonly watch: WatchKind }
  | { readonly kind: 'write'; readonly zxid: bigint };

/** Sends a request and keeps the notifications that come before its reply. */
async function ask(client: RawClient, events: string[], opcode: number, body: Buffer): Promise<{ err: number; zxid: bigint }> {
  client.sendFrame(Buffer.concat([jute.int(1), jute.int(opcode), body]));
  for (;;) {
    const reply = parseReply(await client.readFrame());
    if (reply.xid !== -1) return reply;
    events.push(`${reply.body.readInt32BE(0)} ${reply.body.subarray(12).toString()}`);
  }
}

const requests: Readonly<Record<WatchKind, (path: string) => [number, Buffer]>> = {
  exist: (path) => [3, Buffer.concat([jute.string(path), jute.bool(true)])],
  data: (path) => [4, Buffer.concat([jute.string(path), jute.bool(true)])],
  child: (path) => [8, Buffer.concat([jute.string(path), jute.bool(true)])],
  persistent: (path) => [106, Buffer.concat([jute.string(path), jute.int(0)])],
  recursive: (path) => [106, Buffer.concat([jute.string(path), jute.int(1)])],
};

/**
 * What a connection may set at a path. Up to 3.8 a one-shot watch replaces a persistent one of the same connection at
 * the same path, which later releases and we do not do; so no pair gets both.
 */
function kindsOf(connection: number, path: string): readonly WatchKind[] {
  if (connection === 0) return ['exist', 'data', 'child'];
  return (connection + path.length) % 2 === 0 ? ['persistent'] : ['recursive'];
}

function writeOf(random: Random, path: string): [number, Buffer] {
  const dice = below(random, 10);
  if (dice < 5) return [1, Buffer.concat([jute.string(path), jute.buffer(null), openAcl, jute.int(dice === 0 ? 1 : 0)])];
  if (dice < 7) return [5, Buffer.concat([jute.string(path), jute.buffer(Buffer.of(dice)), jute.int(-1)])];
  if (dice < 8) return [14, multiOf(path)];
  return [2, Buffer.concat([jute.string(path), jute.int(-1)])];
}

/** Creates a node with a child and takes both away again. */
function multiOf(path: string): Buffer {
  const head = (type: number, done = false): Buffer => Buffer.concat([jute.int(type), jute.bool(done), jute.int(-1)]);
  const create = (at: string): Buffer => Buffer.concat([head(1), jute.string(at), jute.buffer(null), openAcl, jute.int(0)]);
  const remove = (at: string): Buffer => Buffer.concat([head(2), jute.string(at), jute.int(-1)]);
  const child = `${path}/m`;
  return Buffer.concat([create(child), create(`${child}/n`), remove(`${child}/n`), remove(child), head(-1, true)]);
}

describeWith(['java', 'zookeeper'], 'the order of notifications', () => {
  test.each([1, 2, 3])('is Apache’s, seed %i', async (seed) => {
    const random = seededRandom(seed);
    await using apache = await startApacheStandalone();
    const server = apache.server(1);
    const watchers = [await opened(server), await opened(server), await opened(server)];
    const seen: string[][] = watchers.map(() => []);
    const steps: Step[] = [];
    let writer = await opened(server);
    for (let i = 0; i < 1200; i++) {
      const path = paths[below(random, paths.length)] as string;
      const connection = below(random, watchers.length);
      if (below(random, 3) === 0) {
        const kinds = kindsOf(connection, path);
        const watch = kinds[below(random, kinds.length)] as WatchKind;
        const { err } = await ask(watchers[connection] as RawClient, seen[connection] as string[], ...requests[watch](path));
        if (err === 0 || watch === 'exist') steps.push({ kind: 'watch', connection, path, watch });
        continue;
      }
      // Closing its session takes the ephemerals of the writer away, all in one transaction.
      const close = below(random, 20) === 0;
      const { zxid } = close ? await ask(writer, [], -11, Buffer.alloc(0)) : await ask(writer, [], ...writeOf(random, path));
      if (close) {
        writer.destroy();
        writer = await opened(server);
      }
      steps.push({ kind: 'write', zxid });
      // The events of a write come before the reply to a read that follows it.
      for (const [n, watcher] of watchers.entries()) await ask(watcher, seen[n] as string[], 3, Buffer.concat([jute.string('/'), jute.bool(false)]));
    }
    await server.kill();

    expect(await replayed(server.dataDir, steps, watchers.length)).toEqual(seen);
    expect(Math.min(...seen.map((events) => events.length))).toBeGreaterThan(50);
  });
});

async function opened(server: ServerHandle): Promise<RawClient> {
  const client = await connectRaw(server.host, server.clientPort);
  await client.connectSession({ timeoutMs: 20_000 });
  return client;
}

async function replayed(dataDir: string, steps: readonly Step[], connections: number): Promise<string[][]> {
  const storage = await storageOf(dataDir);
  const [log] = logsOf(await storage.list());
  if (log === undefined) throw new Error('no log');
  const txns = [...readLog(log.name, await storage.read(log.name))].map(({ txn }) => txn);
  const database = newDatabase();
  const tables = new WatchTables();
  const heard: string[][] = Array.from({ length: connections }, () => []);
  let next = 0;
  for (const step of steps) {
    if (step.kind === 'watch') {
      tables.add(step.connection, step.path, step.watch);
      continue;
    }
    for (let txn = txns[next]; txn !== undefined && txn.header.zxid <= step.zxid; txn = txns[++next]) {
      for (const change of database.apply(txn).changes) {
        for (const { connection, type, path } of tables.trigger(change)) heard[connection]?.push(`${type} ${path}`);
      }
    }
  }
  expect(database.digestMismatches).toBe(0);
  return heard;
}
