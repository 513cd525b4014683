/**
 * Nothing acknowledged is lost, and nothing appears that was not asked for: writers keep many writes in flight, the
 * server is killed without warning, now and then again while it starts, and every write that was answered must be
 * there afterwards. Apache's server must be able to go on from the same directory, with the same tree, and ours from
 * what Apache left. ZOOSCOPE_KILLS: how many; ZOOSCOPE_SEED: other moments.
 */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../src/base/random.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone, type ServerHandle } from '../support/embedded.ts';
import { connectRaw, jute, parseReply, type RawClient } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { metricsOf, recoverDirectory, walkDatabase } from './disk-support.ts';
import { ask } from './server-conversation.ts';

const WRITERS = 6;
const IN_FLIGHT = 40;
/** How often it is killed; a few here, hundreds when asked for (ZOOSCOPE_KILLS). */
const ROUNDS = Number(process.env['ZOOSCOPE_KILLS'] ?? 4);
const SEED = Number(process.env['ZOOSCOPE_SEED'] ?? 1);
const SECONDS_A_ROUND = 20;
/** One start in so many is killed as well, within so many milliseconds. */
const STARTS_KILLED_ONE_IN = 4;
const START_MS = 120;
/** Snapshots are taken, and logs rolled, in the middle of it; at each start old ones go. Copies take room: no log is long. */
const config = { snapCount: '400', 'autopurge.purgeInterval': '1', preAllocSize: '64' };

/** What one writer knows to be durable. */
interface Ledger {
  readonly path: string;
  /** The last value whose setData was answered. */
  value: number;
  /** The last value that was sent, whether it was answered or not. */
  sent: number;
  /** Names of children whose creation was answered. */
  readonly children: Set<string>;
  /** Names of children that were asked for, answered or not. */
  readonly wanted: Set<string>;
}

let runs = 0;

/** Sets a counter and adds children, as fast as answers come, until the connection breaks. */
async function startWriter(server: ServerHandle, ledger: Ledger): Promise<{ readonly done: Promise<void> }> {
  const client = await connectRaw(server.host, server.clientPort);
  await client.connectSession({ timeoutMs: 30_000 });
  const sent: ({ readonly value: number } | { readonly child: string })[] = [];
  // What was in flight at the last kill may be there without having been acknowledged.
  const prefix = `run${++runs}-`;
  let next = ledger.value;
  let xid = 0;
  const send = (): void => {
    next++;
    xid++;
    const child = `${prefix}${next}`;
    const isChild = next % 3 === 0;
    if (isChild) ledger.wanted.add(child);
    else ledger.sent = Math.max(ledger.sent, next);
    sent.push(isChild ? { child } : { value: next });
    const body = isChild ? ask.create(`${ledger.path}/${child}`, child) : ask.setData(ledger.path, String(next));
    client.sendFrame(Buffer.concat([jute.int(xid), jute.int(isChild ? 1 : 5), body]));
  };
  const run = async (): Promise<void> => {
    for (let i = 0; i < IN_FLIGHT; i++) send();
    for (let answered = 0; ; answered++) {
      const reply = parseReply(await client.readFrame(20_000));
      const write = sent[answered];
      if (reply.err !== 0 || write === undefined) throw new Error(`write ${answered} of ${ledger.path} failed: ${reply.err}`);
      if ('child' in write) ledger.children.add(write.child);
      else ledger.value = write.value;
      send();
    }
  };
  const done = run().catch((error: unknown) => {
    if (!/connection|ECONNRESET|EPIPE/i.test(String(error))) throw error;
  });
  return { done };
}

async function withClient<T>(server: ServerHandle, act: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await connectRaw(server.host, server.clientPort);
  await client.connectSession({ timeoutMs: 30_000 });
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

async function expectAllThere(server: ServerHandle, ledgers: readonly Ledger[]): Promise<void> {
  await withClient(server, async (client) => {
    for (const ledger of ledgers) {
      const data = await client.request(4, ask.read(ledger.path));
      expect(data.err, ledger.path).toBe(0);
      const value = Number(data.body.toString('utf8', 4, 4 + data.body.readInt32BE(0)));
      expect(value).toBeGreaterThanOrEqual(ledger.value);
      expect(value).toBeLessThanOrEqual(ledger.sent);
      const children = await client.request(8, ask.read(ledger.path));
      const names = namesIn(children.body);
      expect([...ledger.children].filter((name) => !names.has(name)), `missing below ${ledger.path}`).toEqual([]);
      expect([...names].filter((name) => !ledger.wanted.has(name)), `nobody asked for them below ${ledger.path}`).toEqual([]);
    }
  });
}

function namesIn(body: Buffer): Set<string> {
  const names = new Set<string>();
  let at = 4;
  for (let left = body.readInt32BE(0); left > 0; left--) {
    const length = body.readInt32BE(at);
    names.add(body.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return names;
}

async function plant(server: ServerHandle): Promise<Ledger[]> {
  return withClient(server, async (client) => {
    const ledgers: Ledger[] = [];
    for (let i = 0; i < WRITERS; i++) {
      const path = `/writer${i}`;
      expect((await client.request(1, ask.create(path, '0'))).err).toBe(0);
      ledgers.push({ path, value: 0, sent: 0, children: new Set(), wanted: new Set() });
    }
    return ledgers;
  });
}

/** Writes until enough was acknowledged, then kills the server in full run. */
async function writeAndKill(server: ServerHandle, ledgers: readonly Ledger[], random: Random): Promise<void> {
  const before = ledgers.reduce((sum, ledger) => sum + ledger.value, 0);
  const writers = await Promise.all(ledgers.map((ledger) => startWriter(server, ledger)));
  const ends = Promise.all(writers.map(({ done }) => done)).then(() => true);
  const enough = 100 + below(random, 2000);
  while (ledgers.reduce((sum, ledger) => sum + ledger.value, 0) - before < enough) {
    const ended = await Promise.race([ends, new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
    if (ended) throw new Error(`the writers ended before the server was killed:\n${server.log()}`);
  }
  await server.kill();
  await ends;
}

/** Starts it; now and then it is killed on its way, at any moment between its first instruction and its first answer. */
async function startPersistently(server: ServerHandle, random: Random): Promise<void> {
  while (below(random, STARTS_KILLED_ONE_IN) === 0) {
    await server.start({ waitServing: false });
    await new Promise((resolve) => setTimeout(resolve, below(random, START_MS)));
    await server.kill();
  }
  await server.start();
}

/** Apache's server, on what a kill left, has the tree that our recovery of a copy has: every node, byte for byte. */
async function expectSameByApache(dataDir: string): Promise<void> {
  const copy = newDirectory();
  cpSync(dataDir, copy, { recursive: true, filter: (file) => !file.endsWith('.sock') });
  const { target, zxid } = await recoverDirectory(copy);
  // So that no session ends meanwhile.
  await using apache = await startApacheStandalone({ dataDir, config: { tickTime: '60000', preAllocSize: '64' } });
  const server = apache.server(1);
  expect(await server.fourLetterWord('srvr')).toContain(`Zxid: 0x${zxid.toString(16)}\n`);
  expect((await metricsOf(server)).get('digest_mismatches_count')).toBe('0');
  await server.kill();
  // What it wrote when it started.
  const theirs = await recoverDirectory(dataDir);
  expect(theirs).toMatchObject({ snapshot: `snapshot.${zxid.toString(16)}`, txnsReplayed: 0 });
  expect(theirs.target.digestMismatches).toBe(0);
  expect(theirs.target.tree.digest).toBe(target.tree.digest);
  const ours = walkDatabase(target);
  const walk = walkDatabase(theirs.target);
  expect(walk.size).toBe(ours.size);
  for (const [path, node] of ours) expect(walk.get(path), path).toEqual(node);
  rmSync(copy, { recursive: true });
}

const directories: string[] = [];
function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'zooscope-kill-'));
  directories.push(directory);
  return directory;
}
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

describe('a server that is killed under load', () => {
  test('has every acknowledged write when it comes back', async () => {
    await using group = await startEmbeddedStandalone({ dataDir: newDirectory(), config });
    const server = group.server(1);
    const ledgers = await plant(server);
    const random = seededRandom(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      await writeAndKill(server, ledgers, random);
      await startPersistently(server, random);
      await expectAllThere(server, ledgers);
    }
    expect(ledgers.every((ledger) => ledger.children.size > 100)).toBe(true);
  }, ROUNDS * SECONDS_A_ROUND * 1000);
});

describeWith(['java', 'zookeeper'], 'what a kill leaves', () => {
  test('is the same tree to Apache ZooKeeper', async () => {
    const dataDir = newDirectory();
    await using group = await startEmbeddedStandalone({ dataDir, config });
    const ledgers = await plant(group.server(1));
    const random = seededRandom(SEED + 1);
    for (let round = 0; round < Math.ceil(ROUNDS / 8); round++) {
      if (round > 0) await group.server(1).start();
      await writeAndKill(group.server(1), ledgers, random);
      await expectSameByApache(dataDir);
    }
  }, ROUNDS * SECONDS_A_ROUND * 1000);
});

describeWith(['java', 'zookeeper'], 'a directory that goes to and fro after kills', () => {
  test('is taken over by Apache ZooKeeper and given back, with every acknowledged write', async () => {
    const dataDir = newDirectory();
    let ledgers: Ledger[] = [];
    const random = seededRandom(SEED + 2);
    for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) {
      await using ours = await startEmbeddedStandalone({ dataDir, config });
      const server = ours.server(1);
      if (round === 0) ledgers = await plant(server);
      await expectAllThere(server, ledgers);
      await writeAndKill(server, ledgers, random);

      await using theirs = await startApacheStandalone({ dataDir, jvm: ['-Dzookeeper.snapCount=400', '-Dzookeeper.preAllocSize=64'] });
      await expectAllThere(theirs.server(1), ledgers);
      await writeAndKill(theirs.server(1), ledgers, random);
    }
    await using last = await startEmbeddedStandalone({ dataDir, config });
    await expectAllThere(last.server(1), ledgers);
    const mntr = await last.server(1).fourLetterWord('mntr');
    expect(mntr).toContain('zk_digest_mismatches_count\t0\n');
  }, ROUNDS * SECONDS_A_ROUND * 1000);
});
