/**
 * Nothing acknowledged is lost: writers keep many writes in flight, the server is killed without warning, started
 * again on its directory, and every write that was answered must be there. Apache's server must be able to go on
 * from the same directory, and ours from what Apache left.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../src/base/random.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone, type ServerHandle } from '../support/embedded.ts';
import { connectRaw, jute, parseReply, type RawClient } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { ask } from './server-conversation.ts';

const WRITERS = 6;
const IN_FLIGHT = 40;
/** How often it is killed; a few here, hundreds when asked for (ZOOSCOPE_KILLS). */
const ROUNDS = Number(process.env['ZOOSCOPE_KILLS'] ?? 4);
const SECONDS_A_ROUND = 20;
/** So few that snapshots are taken, and logs rolled, in the middle of it. */
const config = { snapCount: '400' };

/** What one writer knows to be durable. */
interface Ledger {
  readonly path: string;
  /** The last value whose setData was answered. */
  value: number;
  /** Names of children whose creation was answered. */
  readonly children: string[];
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
      if ('child' in write) ledger.children.push(write.child);
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
      expect(Number(data.body.toString('utf8', 4, 4 + data.body.readInt32BE(0)))).toBeGreaterThanOrEqual(ledger.value);
      const children = await client.request(8, ask.read(ledger.path));
      const names = namesIn(children.body);
      expect(ledger.children.filter((name) => !names.has(name)), `missing below ${ledger.path}`).toEqual([]);
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
      ledgers.push({ path, value: 0, children: [] });
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
    const random = seededRandom(ROUNDS);
    for (let round = 0; round < ROUNDS; round++) {
      await writeAndKill(server, ledgers, random);
      await server.start();
      await expectAllThere(server, ledgers);
    }
    expect(ledgers.every((ledger) => ledger.children.length > 100)).toBe(true);
  }, ROUNDS * SECONDS_A_ROUND * 1000);
});

describeWith(['java', 'zookeeper'], 'a directory that goes to and fro after kills', () => {
  test('is taken over by Apache ZooKeeper and given back, with every acknowledged write', async () => {
    const dataDir = newDirectory();
    let ledgers: Ledger[] = [];
    const random = seededRandom(ROUNDS + 1);
    for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) {
      await using ours = await startEmbeddedStandalone({ dataDir, config });
      const server = ours.server(1);
      if (round === 0) ledgers = await plant(server);
      await expectAllThere(server, ledgers);
      await writeAndKill(server, ledgers, random);

      await using theirs = await startApacheStandalone({ dataDir, jvm: ['-Dzookeeper.snapCount=400'] });
      await expectAllThere(theirs.server(1), ledgers);
      await writeAndKill(theirs.server(1), ledgers, random);
    }
    await using last = await startEmbeddedStandalone({ dataDir, config });
    await expectAllThere(last.server(1), ledgers);
    const mntr = await last.server(1).fourLetterWord('mntr');
    expect(mntr).toContain('zk_digest_mismatches_count\t0\n');
  }, ROUNDS * SECONDS_A_ROUND * 1000);
});
