/**
 * Captured requests, spoiled, over sockets against the running server: it lives, its other clients notice nothing, and
 * when the senders are gone so is everything that they made it hold.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../src/base/random.ts';
import { startEmbeddedStandalone, type ServerHandle } from '../support/embedded.ts';
import { framed, mutate } from '../support/mutate.ts';
import { connectRaw, connectRequestPayload, type RawClient } from '../support/raw-client.ts';
import { bytesOf, loadVectors } from '../unit/wire/vectors.ts';
import { metricsOf } from './disk-support.ts';
import { ask } from './server-conversation.ts';

/** So many the server must have taken apart: what lies behind a frame that ended its connection does not count. */
const FRAMES = Number(process.env['ZOOSCOPE_FRAMES'] ?? 10_000);
const MS_A_FRAME = 5;
const PER_CONNECTION = 25;
const AT_ONCE = 8;
/** Connections made between two looks at the count. */
const AT_A_TIME = 160;
const GROWTH_BYTES_MAX = 80 * 1024 * 1024;
const PING = 11;
const PAUSE_MS = 3;

const requests = loadVectors().filter(({ direction }) => direction === 'request').map(bytesOf);

/** One bad client: a session, some spoiled frames, and whatever comes back is thrown away. */
async function spoil(server: ServerHandle, random: Random): Promise<void> {
  const client = await connectRaw(server.host, server.clientPort);
  client.socket.on('error', () => undefined);
  client.socket.resume();
  const hello = connectRequestPayload({ timeoutMs: 1000 });
  client.sendBytes(framed(random, below(random, 10) === 0 ? mutate(random, hello, requests) : hello));
  for (let i = 0; i < PER_CONNECTION && !client.socket.destroyed; i++) {
    const request = requests[below(random, requests.length)] as Uint8Array;
    client.sendBytes(framed(random, mutate(random, request, requests)));
  }
  // Half of them say goodbye by leaving, half by saying no more.
  if (below(random, 2) === 0) client.destroy();
  else client.socket.end();
  await client.closed;
}

/** A client like any other, which asks all the time. */
class Bystander {
  asked = 0;
  over = false;

  async run(client: RawClient): Promise<void> {
    while (!this.over) {
      const reply = this.asked++ % 2 === 0 ? await client.request(3, ask.read('/')) : await client.request(PING, undefined, -2);
      if (reply.err !== 0) throw new Error(`the other client got ${reply.err}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024);

const residentBytes = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;

const openFiles = (pid: number | undefined): number => readdirSync(`/proc/${pid}/fd`).length;

/** Frames taken of those who spoil them. */
const framesTaken = async (server: ServerHandle, bystander: Bystander): Promise<number> =>
  Number((await metricsOf(server)).get('packets_received')) - bystander.asked;

async function untilQuiet(server: ServerHandle): Promise<ReadonlyMap<string, string>> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const metrics = await metricsOf(server);
    // The other client, and the connection that asks.
    if (metrics.get('global_sessions') === '1' && Number(metrics.get('num_alive_connections')) <= 2) return metrics;
    if (Date.now() > deadline) throw new Error(`still ${metrics.get('global_sessions')} sessions, ${metrics.get('num_alive_connections')} connections`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('spoiled requests cost their own connection only', async () => {
  await using group = await startEmbeddedStandalone({ config: { maxClientCnxns: '0', tickTime: '200' } });
  const server = group.server(1);
  const other = await connectRaw(server.host, server.clientPort);
  const session = await other.connectSession({ timeoutMs: 4000 });
  const bystander = new Bystander();
  const watching = bystander.run(other);
  const round = async (seed: number, frames: number): Promise<void> => {
    const random = seededRandom(seed);
    const enough = (await framesTaken(server, bystander)) + frames;
    while ((await framesTaken(server, bystander)) < enough) {
      for (let i = 0; i < AT_A_TIME; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, () => spoil(server, random)));
    }
  };
  await round(1, FRAMES / 4);
  await untilQuiet(server);
  const before = { bytes: residentBytes(server.pid), files: openFiles(server.pid) };
  await round(2, FRAMES / 2);
  await round(3, FRAMES / 4);
  await untilQuiet(server);
  const after = { bytes: residentBytes(server.pid), files: openFiles(server.pid) };
  expect(after.bytes - before.bytes).toBeLessThan(GROWTH_BYTES_MAX);
  // A log or a snapshot may be open in one of the two moments.
  expect(after.files).toBeLessThanOrEqual(before.files + 1);
  console.log(`${await framesTaken(server, bystander)} frames, resident ${mib(before.bytes)} to ${mib(after.bytes)} MiB, open files ${before.files} to ${after.files}`);
  bystander.over = true;
  await watching;
  expect(bystander.asked).toBeGreaterThan(100);
  expect(session.timeoutMs).toBe(4000);
  other.destroy();
  expect(server.running).toBe(true);
  await server.restart();
  expect((await metricsOf(server)).get('digest_mismatches_count')).toBe('0');
}, 60_000 + FRAMES * MS_A_FRAME);
