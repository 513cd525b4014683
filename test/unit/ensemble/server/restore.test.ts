/** `restore` of the AdminServer, and a disk that fails or loses power in the middle of it. */

import { describe, expect, test } from 'vitest';
import { decodeUtf8 } from '../../../../src/base/text.ts';
import type { HttpResponse } from '../../../../src/ensemble/admin/http/exchange.ts';
import { ask } from '../../../interop/server-conversation.ts';
import { memoryDisk, type MemoryDisk } from '../log/memory-disk.ts';
import { Harness, settle } from './harness.ts';

const config = { 'admin.enableServer': 'true', 'admin.rateLimiterIntervalInMS': '0' };
const NO_NODE = -101;

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield Promise.resolve(bytes.slice(at, at + 100));
}

async function bytesOf({ body }: HttpResponse): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

function command(harness: Harness, name: string, body: Uint8Array = new Uint8Array()): Promise<HttpResponse> {
  const [handler] = harness.http;
  if (handler === undefined) throw new Error('no AdminServer');
  return handler({
    method: name === 'restore' ? 'POST' : 'GET', path: `/commands/${name}`, query: new Map(),
    authorization: 'digest a:b', remoteAddress: '127.0.0.1', body: pieces(body),
  });
}

/** A server with /new, as a snapshot. */
async function someSnapshot(): Promise<Uint8Array> {
  const harness = await Harness.start({ config });
  const client = await harness.join();
  await client.do(1, ask.create('/new', 'x'));
  const bytes = await bytesOf(await command(harness, 'snapshot'));
  await harness.server.stop();
  return bytes;
}

async function withOld(disk?: MemoryDisk): Promise<Harness> {
  const harness = await Harness.start({ config, ...(disk === undefined ? {} : { disk }) });
  const client = await harness.join();
  for (let i = 0; i < 5; i++) await client.do(1, ask.create(`/old${i}`, 'x'));
  return harness;
}

async function has(harness: Harness, path: string): Promise<boolean> {
  const client = await harness.join();
  const { err } = await client.do(3, ask.read(path));
  expect([0, NO_NODE]).toContain(err);
  return err === 0;
}

describe('restore', () => {
  test('takes the place of everything, and zxids go on', async () => {
    const harness = await withOld();
    const client = await harness.join();
    const before = harness.server.view.tree.lastZxid;
    const answer = await command(harness, 'restore', await someSnapshot());
    await settle();
    expect(answer.status).toBe(200);
    expect(decodeUtf8(answer.body as Uint8Array)).toContain(`"last_zxid" : ${before + 1n}`);
    expect(client.closed).toBe(true);
    expect([await has(harness, '/old0'), await has(harness, '/new')]).toEqual([false, true]);
    const again = await harness.join();
    expect((await again.do(1, ask.create('/after', 'x'))).zxid > before + 1n).toBe(true);
    // A session of the snapshot is back, with all of its time before it.
    expect(harness.server.view.sessionCount).toBeGreaterThan(1);
    await harness.server.stop();
  });

  test('a disk that refuses leaves what there was, durable and served', async () => {
    const snapshot = await someSnapshot();
    const disk = memoryDisk();
    const writeWhole = disk.writeWhole.bind(disk);
    const harness = await withOld(disk);
    disk.writeWhole = () => Promise.reject(new Error('EIO'));
    expect((await command(harness, 'restore', snapshot)).status).toBe(500);
    disk.writeWhole = writeWhole;
    expect([await has(harness, '/old0'), await has(harness, '/new')]).toEqual([true, false]);
    const client = await harness.join();
    expect((await client.do(1, ask.create('/after', 'x'))).err).toBe(0);
    expect(harness.failures).toEqual([]);
    await harness.server.stop();
    const next = await Harness.start({ config, disk });
    expect([await has(next, '/old0'), await has(next, '/after'), await has(next, '/new')]).toEqual([true, true, false]);
    await next.server.stop();
  });

  test('a power cut at any moment leaves the one state or the other', async () => {
    const snapshot = await someSnapshot();
    const seen = new Set<string>();
    for (let turns = 0; turns < 60; turns++) {
      const disk = memoryDisk();
      const harness = await withOld(disk);
      const done = command(harness, 'restore', snapshot);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      const files = new Map([...disk.files].flatMap(([name, { durable }]) => (durable === null ? [] : [[name, durable] as const])));
      const next = await Harness.start({ config, disk: memoryDisk(Object.fromEntries(files)) });
      const [old, fresh] = [await has(next, '/old4'), await has(next, '/new')];
      expect(old).toBe(!fresh);
      seen.add(fresh ? 'new' : 'old');
      await next.server.stop();
      await done;
      await harness.server.stop();
    }
    expect([...seen].sort()).toEqual(['new', 'old']);
  });

  test('what still waited to be let in when it began comes to nothing', async () => {
    const disk = memoryDisk();
    const harness = await Harness.start({ disk, config: { ...config, request_throttle_max_requests: '1', request_throttle_stall_time: '5' } });
    const client = await harness.join();
    for (let i = 0; i < 30; i++) client.ask(1, ask.create(`/waiting${i}`, 'x'));
    expect((await command(harness, 'restore', await someSnapshot())).status).toBe(200);
    await harness.clock.advance(5000);
    const again = await harness.join();
    expect((await again.do(1, ask.create('/after', 'x'))).err).toBe(0);
    await harness.server.stop();
    const next = await Harness.start({ config, disk });
    expect([...(next.server.view.tree.children('/') ?? [])].sort()).toEqual(['after', 'new', 'zookeeper']);
    expect(next.server.view.digestMismatches).toBe(0);
    await next.server.stop();
  });

  test('without the new state’s snapshot the log cannot be taken for its beginning', async () => {
    const disk = memoryDisk();
    const harness = await withOld(disk);
    const { zxid } = { zxid: harness.server.view.tree.lastZxid + 1n };
    expect((await command(harness, 'restore', await someSnapshot())).status).toBe(200);
    const client = await harness.join();
    await client.do(1, ask.create('/after', 'x'));
    await harness.server.stop();
    disk.files.delete(`snapshot.${zxid.toString(16)}`);
    await expect(Harness.start({ config, disk })).rejects.toThrow(/transactions|missing/);
  });
});
