import { describe, expect, test } from 'vitest';
import { ask } from '../../../interop/server-conversation.ts';
import { jute } from '../../../support/raw-client.ts';
import { memoryDisk } from '../log/memory-disk.ts';
import { Harness, settle } from './harness.ts';

const exists = (path: string): Buffer => ask.read(path);

describe('time', () => {
  test('a silent session expires in its tick, and its connection and ephemerals with it', async () => {
    const harness = await Harness.start();
    const [silent, lively] = [await join(harness), await join(harness)];
    await silent.do(1, ask.create('/mine', '', 1));
    await lively.do(3, ask.read('/mine', true));
    for (let second = 0; second < 5; second++) {
      await harness.clock.advance(990);
      await lively.do(11, undefined, -2);
    }
    expect(silent.closed).toBe(false);
    await harness.clock.advance(1100);
    expect(silent.closed).toBe(true);
    expect(lively.closed).toBe(false);
    const [event] = lively.replies();
    expect(event).toMatchObject({ xid: -1, zxid: -1n });
    expect((await lively.do(3, exists('/mine'))).err).toBe(-101);
  });

  test('a connection that never asks for a session is closed after ten seconds', async () => {
    const harness = await Harness.start();
    const client = harness.open();
    await harness.clock.advance(9_900);
    expect(client?.closed).toBe(false);
    await harness.clock.advance(700);
    expect(client?.closed).toBe(true);
  });

  test('a session that is never taken up again expires after a restart', async () => {
    const disk = memoryDisk();
    const before = await Harness.start({ disk });
    const client = await join(before);
    await client.do(1, ask.create('/mine', '', 1));
    await before.server.stop();
    const after = await Harness.start({ disk });
    const watcher = await join(after);
    expect((await watcher.do(3, exists('/mine'))).err).toBe(0);
    for (let second = 0; second < 8; second++) {
      await after.clock.advance(900);
      await watcher.do(11, undefined, -2);
    }
    expect((await watcher.do(3, exists('/mine'))).err).toBe(-101);
  });

  test('used containers and old TTL nodes go', async () => {
    const harness = await Harness.start({ config: { extendedTypesEnabled: 'true', 'znode.container.checkIntervalMs': '1000', maxSessionTimeout: '600000' } });
    const client = await join(harness, 600_000);
    await client.do(19, ask.create('/c', '', 4));
    await client.do(1, ask.create('/c/x', ''));
    await client.do(21, ask.createTtl('/t', 2500n));
    await client.do(2, ask.delete('/c/x'));
    await harness.clock.advance(1500);
    expect((await client.do(3, exists('/c'))).err).toBe(-101);
    expect((await client.do(3, exists('/t'))).err).toBe(0);
    await harness.clock.advance(2000);
    expect((await client.do(3, exists('/t'))).err).toBe(-101);
  });

  test('the limit of deletions per minute holds', async () => {
    const harness = await Harness.start({ config: { 'znode.container.checkIntervalMs': '1000', 'znode.container.maxPerMinute': '60', maxSessionTimeout: '600000' } });
    const client = await join(harness, 600_000);
    for (const name of ['a', 'b', 'c']) {
      await client.do(19, ask.create(`/${name}`, '', 4));
      await client.do(1, ask.create(`/${name}/x`, ''));
      await client.do(2, ask.delete(`/${name}/x`));
    }
    const left = async (): Promise<number> => (await client.do(8, ask.read('/'))).body.readInt32BE(0) - 1;
    await harness.clock.advance(1000);
    expect(await left()).toBe(2);
    await harness.clock.advance(2000);
    expect(await left()).toBe(0);
  });
});

describe('limits', () => {
  test('connections from one address, and in all', async () => {
    const harness = await Harness.start({ config: { maxClientCnxns: '2', maxCnxns: '3' } });
    const first = harness.open('1.1.1.1');
    expect(harness.open('1.1.1.1')).toBeDefined();
    expect(harness.open('1.1.1.1')).toBeUndefined();
    expect(harness.open('2.2.2.2')).toBeDefined();
    expect(harness.open('3.3.3.3')).toBeUndefined();
    first?.destroy();
    await settle();
    expect(harness.open('1.1.1.1')).toBeDefined();
    expect(await harness.word('srvr')).toBe('');
  });

  test('too many requests in hand: the server stops reading, and goes on when they are done', async () => {
    const harness = await Harness.start({ config: { globalOutstandingLimit: '10' } });
    const [client, other] = [await join(harness), await join(harness)];
    const frames = Array.from({ length: 30 }, (_, at) => request(at + 1, 1, ask.create(`/n${at}`, '')));
    client.send(Buffer.concat(frames));
    expect(client.paused).toBe(true);
    expect(other.paused).toBe(false);
    await settle();
    expect(client.paused).toBe(false);
    expect(client.replies().map(({ xid, err }) => [xid, err])).toEqual(frames.map((_, at) => [at + 1, 0]));
  });

  test('a client that does not read is not read from either', async () => {
    const harness = await Harness.start();
    const client = await join(harness);
    client.bufferedBytes = 2 * 1024 * 1024;
    client.send(Buffer.concat([request(1, 3, exists('/')), request(2, 3, exists('/'))]));
    await settle();
    expect(client.replies()).toEqual([]);
    expect(client.paused).toBe(true);
    client.bufferedBytes = 0;
    client.handler?.onDrain();
    expect(client.paused).toBe(false);
    expect(client.replies().map(({ xid }) => xid)).toEqual([1, 2]);
  });

  test('events do not pile up for ever for a client that does not read', async () => {
    const harness = await Harness.start();
    const [client, other] = [await join(harness), await join(harness)];
    await client.do(106, ask.pathInt('/', 1));
    client.bufferedBytes = 300 * 1024 * 1024;
    await other.do(1, ask.create('/x', ''));
    expect(client.closed).toBe(true);
    expect(other.closed).toBe(false);
  });
});

describe('order', () => {
  test('a read waits for its own session\'s writes, and for nobody else\'s', async () => {
    const harness = await Harness.start();
    const [writer, reader] = [await join(harness), await join(harness)];
    writer.ask(1, ask.create('/a', ''));
    writer.ask(3, exists('/a'));
    writer.ask(11, undefined, -2);
    writer.ask(2, ask.delete('/a'));
    writer.ask(3, exists('/a'));
    reader.ask(3, exists('/a'));
    // Before the disk has answered: the reader has its answer, the writer none.
    expect(reader.replies().map(({ err }) => err)).toEqual([-101]);
    expect(writer.replies()).toEqual([]);
    await settle();
    expect(writer.replies().map(({ xid, err }) => [xid, err])).toEqual([[1, 0], [2, 0], [-2, 0], [3, 0], [4, -101]]);
  });

  test('bytes that come one by one say the same', async () => {
    const harness = await Harness.start();
    const client = await join(harness);
    const bytes = Buffer.concat([request(1, 1, ask.create('/a', 'x')), request(2, 4, ask.read('/a')), request(3, 14, ask.multi())]);
    for (const byte of bytes) client.send(Buffer.of(byte));
    await settle();
    expect(client.replies().map(({ xid, err }) => [xid, err])).toEqual([[1, 0], [2, 0], [3, 0]]);
  });

  test('one fsync serves all that came while the last one ran', async () => {
    const harness = await Harness.start();
    const client = await join(harness);
    const { syncs } = harness.disk;
    client.send(Buffer.concat(Array.from({ length: 200 }, (_, at) => request(at + 1, 1, ask.create(`/n${at}`, '')))));
    await settle();
    expect(client.replies()).toHaveLength(200);
    expect(harness.disk.syncs - syncs).toBeLessThanOrEqual(3);
  });
});

describe('the disk', () => {
  test('what could not be written is never answered, and the server says that it cannot go on', async () => {
    const harness = await Harness.start();
    const client = await join(harness);
    expect((await client.do(1, ask.create('/a', ''))).err).toBe(0);
    harness.disk.failWith(new Error('EIO'));
    client.ask(1, ask.create('/b', ''));
    client.ask(1, ask.create('/c', ''));
    await settle();
    expect(client.replies()).toEqual([]);
    expect(harness.failures).toHaveLength(1);
    expect(String(harness.failures[0])).toContain('EIO');
    harness.disk.failWith(null);
    client.ask(1, ask.create('/d', ''));
    await settle();
    expect(client.replies()).toEqual([]);
  });

  test('after a power cut everything that was answered is there', async () => {
    const disk = memoryDisk();
    const before = await Harness.start({ disk, config: { snapCount: '20' } });
    const client = await join(before);
    for (let at = 0; at < 100; at++) client.ask(1, ask.create(`/n${at}`, 'x'));
    for (let turn = 0; turn < 7; turn++) await new Promise((resolve) => setImmediate(resolve));
    const answered = client.replies().map(({ xid }) => xid);
    disk.powerCut();
    const after = await Harness.start({ disk });
    const reader = await join(after);
    for (const xid of answered) expect((await reader.do(3, exists(`/n${xid - 1}`))).err).toBe(0);
    expect(await after.word('mntr')).toContain('zk_digest_mismatches_count\t0\n');
  });

  test('snapshots are taken, logs rolled, and old files purged', async () => {
    const config = { snapCount: '10', 'autopurge.purgeInterval': '1', maxSessionTimeout: '100000000' };
    const harness = await Harness.start({ config });
    const client = await join(harness, 100_000_000);
    for (let at = 0; at < 120; at++) await client.do(1, ask.create(`/n${at}`, ''));
    const count = async (prefix: string): Promise<number> => (await harness.disk.list()).filter((name) => name.startsWith(prefix)).length;
    expect(await count('snapshot.')).toBeGreaterThan(5);
    expect(await count('log.')).toBeGreaterThan(5);
    await harness.clock.advance(3_600_000);
    expect(await count('snapshot.')).toBe(3);
    expect(await count('log.')).toBeLessThanOrEqual(5);
  });

  test('a stop finishes what was begun, and leaves sessions as they are', async () => {
    const disk = memoryDisk();
    const harness = await Harness.start({ disk });
    const client = await join(harness);
    client.ask(1, ask.create('/last', '', 1));
    await harness.server.stop();
    expect(client.replies().map(({ err }) => err)).toEqual([0]);
    await settle();
    expect(client.closed).toBe(true);
    const again = await Harness.start({ disk });
    const back = await again.join({ sessionId: client.sessionId, password: client.password });
    expect(back.sessionId).toBe(client.sessionId);
    expect((await back.do(3, exists('/last'))).err).toBe(0);
  });
});

describe('who may see what, since 3.8.4', () => {
  const locked = jute.vector([jute.acl(4, 'world', 'anyone')]);

  test('exists asks for READ, and leaves no watch without it', async () => {
    const harness = await Harness.start();
    const client = await join(harness);
    await client.do(1, ask.create('/locked', '', 0, locked));
    expect((await client.do(3, ask.read('/locked', true))).err).toBe(-102);
    expect(await harness.word('wchs')).toBe('0 connections watching 0 paths\nTotal watches:0\n');
  });

  test('events are kept from those who may not read', async () => {
    for (const [eventsNeedRead, seen] of [['true', 0], ['false', 1]] as const) {
      const harness = await Harness.start({ config: { 'zooscope.eventsNeedRead': eventsNeedRead } });
      const [a, b] = [await join(harness), await join(harness)];
      await a.do(106, ask.pathInt('/locked', 0));
      await b.do(1, ask.create('/locked', '', 0, locked));
      expect(a.replies()).toHaveLength(seen);
    }
  });
});

describe('requests that nobody may send', () => {
  test.each([[-10, 'createSession'], [20, 'deleteContainer'], [13, 'check']])('%i, %s', async (type) => {
    const harness = await Harness.start();
    const client = await join(harness);
    client.ask(3, exists('/'));
    client.ask(type, ask.pathInt('/', 0));
    client.ask(3, exists('/'));
    await settle();
    expect(client.replies().map(({ zxid, err }) => [zxid, err])).toEqual([[1n, 0], [-1n, -6]]);
    expect(client.closed).toBe(true);
    expect(await harness.word('srvr')).toContain('Zxid: 0x1\n');
  });
});

describe('a session taken up again', () => {
  test('by the wrong password closes the one that had it, and gets nothing', async () => {
    const harness = await Harness.start();
    const first = await join(harness);
    const thief = await harness.join({ sessionId: first.sessionId, password: Buffer.alloc(16) });
    await settle();
    expect([thief.sessionId, thief.timeoutMs, thief.closed, first.closed]).toEqual([0n, 0, true, true]);
    const again = await harness.join({ sessionId: first.sessionId, password: first.password });
    expect(again.sessionId).toBe(first.sessionId);
  });

  test('answers of the old connection do not go to a new one that got its number', async () => {
    const harness = await Harness.start();
    const first = await join(harness);
    first.ask(1, ask.create('/a', ''));
    first.destroy();
    first.handler?.onClose();
    const second = harness.open();
    await settle();
    expect(second?.frames()).toEqual([]);
    const third = await join(harness);
    expect((await third.do(3, exists('/a'))).err).toBe(0);
  });
});

function request(xid: number, type: number, body: Uint8Array): Buffer {
  const payload = Buffer.concat([jute.int(xid), jute.int(type), body]);
  return Buffer.concat([jute.int(payload.length), payload]);
}

function join(harness: Harness, timeoutMs = 5000): ReturnType<Harness['join']> {
  return harness.join({ timeoutMs });
}
