/**
 * Clients that cost a server memory by what they do not do, against the running server: those that ask and never read
 * the answers, those that begin a frame and never end it, those that say nothing. Others notice nothing, and the
 * server's memory stays bounded.
 */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startEmbeddedStandalone, type ServerHandle } from '../support/embedded.ts';
import { connectRaw, jute, parseReply, type RawClient } from '../support/raw-client.ts';
import { metricsOf } from './disk-support.ts';
import { ask } from './server-conversation.ts';

const MIB = 1024 * 1024;
const VALUE_BYTES = 900_000;
const SLOW = 10;
/** For each of them: 450 MB of answers, were they all made. */
const REQUESTS = 500;
const READ_AFTERWARDS = 30;
const IDLE = 300;
const PING = 11;
/** What one slow client may hold: a mebibyte and the answer that goes beyond it, twice over for the collector. */
const GROWTH_BYTES_MAX = 120 * MIB;

const residentBytes = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;

async function join(server: ServerHandle, timeoutMs = 20_000): Promise<RawClient> {
  const client = await connectRaw(server.host, server.clientPort);
  await client.connectSession({ timeoutMs });
  return client;
}

/** Answers that the server has made for these clients. */
async function answersFor(server: ServerHandle, clients: readonly RawClient[]): Promise<number> {
  const ports = new Set(clients.map(({ socket }) => String(socket.localPort)));
  const lines = (await server.fourLetterWord('cons')).split('\n').map((line) => /:(\d+)\[.*sent=(\d+)/.exec(line));
  return lines.reduce((sum, found) => sum + (found !== null && ports.has(found[1] as string) ? Number(found[2]) : 0), 0);
}

/** Until it stays as it is. */
async function untilSteady(read: () => Promise<number>): Promise<number> {
  for (let before = -1, same = 0; ; ) {
    const now = await read();
    same = now === before ? same + 1 : 0;
    if (same === 5) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('answers that nobody reads are not made', async () => {
  await using group = await startEmbeddedStandalone({ config: { tickTime: '2000' } });
  const server = group.server(1);
  const other = await join(server);
  expect((await other.request(1, ask.create('/large', 'x'.repeat(VALUE_BYTES)))).err).toBe(0);
  expect((await other.request(4, ask.read('/large'))).err).toBe(0);
  const before = residentBytes(server.pid);
  const slow = await Promise.all(Array.from({ length: SLOW }, () => join(server)));
  for (const client of slow) {
    client.socket.pause();
    for (let xid = 1; xid <= REQUESTS; xid++) client.sendFrame(Buffer.concat([jute.int(xid), jute.int(4), ask.read('/large')]));
  }
  const made = await untilSteady(async () => {
    // Meanwhile somebody else is served.
    expect((await other.request(5, ask.setData('/', 'busy'))).err).toBe(0);
    expect((await other.request(PING, undefined, -2)).err).toBe(0);
    return answersFor(server, slow);
  });
  expect(made).toBeLessThan((SLOW * REQUESTS) / 5);
  expect(residentBytes(server.pid) - before).toBeLessThan(GROWTH_BYTES_MAX);
  const [first] = slow as [RawClient, ...RawClient[]];
  first.socket.resume();
  for (let xid = 1; xid <= READ_AFTERWARDS; xid++) {
    const reply = parseReply(await first.readFrame());
    expect(reply).toMatchObject({ xid, err: 0 });
    expect(reply.body.length).toBeGreaterThan(VALUE_BYTES);
  }
  for (const client of slow) client.destroy();
  other.destroy();
});

test('frames that are begun and never ended, and silence, cost little and end', async () => {
  await using group = await startEmbeddedStandalone({ config: { maxClientCnxns: '0', 'nio.sessionlessCnxnTimeout': '1500' } });
  const server = group.server(1);
  const other = await join(server);
  const before = residentBytes(server.pid);
  const idle = await Promise.all(Array.from({ length: IDLE }, () => connectRaw(server.host, server.clientPort)));
  for (const [i, { socket }] of idle.entries()) {
    socket.on('error', () => undefined);
    // Nothing, half a length, or the length of a large frame with a few bytes of it.
    if (i % 3 === 1) socket.write(Buffer.of(0, 0));
    if (i % 3 === 2) socket.write(Buffer.concat([jute.int(1_000_000), Buffer.alloc(100)]));
  }
  expect(Number((await metricsOf(server)).get('num_alive_connections'))).toBeGreaterThan(IDLE);
  expect(residentBytes(server.pid) - before).toBeLessThan(GROWTH_BYTES_MAX / 2);
  await Promise.all(idle.map(({ closed }) => closed));
  expect((await other.request(3, ask.read('/'))).err).toBe(0);
  expect(Number((await metricsOf(server)).get('num_alive_connections'))).toBeLessThanOrEqual(2);
  other.destroy();
});
