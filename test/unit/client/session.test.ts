/** The session in a held world: every time limit, every way to lose and to end, and what the server is sent. */

import { describe, expect, test } from 'vitest';
import { AuthFailedError, ConnectionLostError, SessionExpiredError, UsageError, WireError } from '../../../src/model/errors.ts';
import { AddWatchMode, EventType } from '../../../src/model/watch.ts';
import { part, rawPart } from '../../../src/wire/framing.ts';
import { GetDataResponse } from '../../../src/wire/operations/get-data.ts';
import { SetWatches2Request, SetWatchesRequest } from '../../../src/wire/operations/watches.ts';
import { AuthPacket, ErrorResponse } from '../../../src/wire/records/headers.ts';
import { openWorld } from './client-world.ts';
import { settle } from './fake-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeNet } from './fake-net.ts';
import { connectZooKeeper } from '../../../src/client/client.ts';

const stat = {
  czxid: 1n, mzxid: 1n, ctime: 1n, mtime: 1n, version: 0, cversion: 0, aversion: 0, ephemeralOwner: 0n, dataLength: 0, numChildren: 0, pzxid: 1n,
};
const dataReply = part(GetDataResponse, { data: null, stat });
const caught = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fulfilled', (error: unknown) => error);

describe('connecting', () => {
  test('the handshake asks for a new session; the answer is the session', async () => {
    const { net, zk, accept, changes } = openWorld({ canBeReadOnly: true });
    expect(zk).toMatchObject({ state: 'connecting', sessionId: 0n, sessionTimeoutMs: 0 });
    const ready = zk.ready();
    const link = await accept({ timeoutMs: 6_000, sessionId: 0x7fn });
    await ready;
    expect(link.greeting()).toEqual({
      protocolVersion: 0, lastZxidSeen: 0n, timeoutMs: 9_000, sessionId: 0n, password: new Uint8Array(16), readOnly: true,
    });
    expect(zk).toMatchObject({ state: 'connected', sessionId: 0x7fn, sessionTimeoutMs: 6_000, server: { host: 'a', port: 1 } });
    expect(zk.sessionPassword).toEqual(new Uint8Array(16).fill(7));
    expect(changes).toMatchObject([{ state: 'connected', previous: 'connecting', reason: null, atMs: 1_700_000_001_000 }]);
    expect(net.links).toHaveLength(1);
  });

  test('a server without the read-only byte (3.3) will do', async () => {
    const { zk, accept } = openWorld();
    await accept({ readOnly: null });
    expect(zk.state).toBe('connected');
  });

  test('nothing but the handshake is sent before its answer', async () => {
    const { net, zk } = openWorld({ auth: [{ scheme: 'digest', auth: new Uint8Array([1]) }] });
    void caught(zk.getData('/a'));
    net.last.open();
    await settle();
    expect(net.last.received).toHaveLength(1);
  });

  test('hosts in turn, each with its time for the socket and again for the handshake, then a wait of about a second', async () => {
    const { clock, net, changes } = openWorld({ connectTimeoutMs: 500 });
    await clock.advance(499);
    expect(net.links).toHaveLength(1);
    await clock.advance(1);
    expect(net.links.map((link) => [link.address.host, link.state])).toEqual([['a', 'closedByClient'], ['b', 'opening']]);
    net.last.open();
    await clock.advance(500);
    expect(net.last.state).toBe('closedByClient');
    expect(net.links).toHaveLength(2);
    await clock.advance(799);
    expect(net.links).toHaveLength(2);
    await clock.advance(402);
    expect(net.last.address.host).toBe('a');
    expect(changes.map((change) => change.reason)).toEqual(['no connection within 500 ms', 'no answer to the handshake within 500 ms']);
  });

  test('attempts get the session timeout divided by the servers when nothing is said', async () => {
    const { clock, net } = openWorld();
    await clock.advance(4_499);
    expect(net.links).toHaveLength(1);
    await clock.advance(1);
    expect(net.links).toHaveLength(2);
  });

  test('each reason for failing is told once in an outage, and again in the next', async () => {
    const world = openWorld({ connectTimeoutMs: 60_000 });
    for (let i = 0; i < 8; i++) {
      world.net.last.drop('refused');
      await world.clock.advance(7_000);
    }
    expect(world.changes.map((change) => change.reason)).toEqual(['a:1: refused', 'b:2: refused']);
    await world.accept();
    world.net.last.drop('reset');
    await settle();
    expect(world.changes.map((change) => change.state)).toEqual(['connecting', 'connecting', 'connected', 'connecting']);
  });

  test('a connection that goes down at once is not made again at once', async () => {
    const { clock, net, accept } = openWorld({ connectString: 'a:1' });
    for (let i = 0; i < 5; i++) {
      await accept();
      net.last.drop();
      await settle();
      expect(net.links).toHaveLength(i + 1);
      await clock.advance(6_000);
      expect(net.links).toHaveLength(i + 2);
    }
    await accept();
    // Kept alive meanwhile: it held.
    await clock.advance(1_500);
    net.last.drop();
    await clock.advance(0);
    expect(net.links).toHaveLength(7);
  });

  test('a mistake in the options is told at once', () => {
    expect(() => openWorld({ connectString: '' })).toThrow(UsageError);
    expect(() => openWorld({ inFlightMax: 0 })).toThrow('inFlightMax is a whole number from 1');
    expect(() => openWorld({ sessionTimeoutMs: 1.5 })).toThrow('sessionTimeoutMs');
    expect(() => openWorld({ requestBytesMax: 10 })).toThrow('requestBytesMax');
  });
});

describe('a connection', () => {
  test('pings after a third of the timeout without sending, is given up after two thirds without hearing', async () => {
    const { clock, net, zk, accept, changes } = openWorld();
    const link = await accept({ timeoutMs: 9_000 });
    await clock.advance(2_999);
    expect(link.requests()).toEqual([]);
    await clock.advance(1);
    expect(link.requests()).toMatchObject([{ xid: -2, type: 11 }]);
    link.reply(-2, 0n, 0);
    await clock.advance(3_000);
    expect(link.requests()).toHaveLength(2);
    await clock.advance(2_999);
    expect(zk.state).toBe('connected');
    await clock.advance(1);
    expect(changes.at(-1)).toMatchObject({ state: 'connecting', reason: 'nothing was heard for 6000 ms' });
    expect(link.state).toBe('closedByClient');
    expect(net.links).toHaveLength(2);
  });

  test('a ping goes out every ten seconds at the latest', async () => {
    const { clock, accept } = openWorld();
    const link = await accept({ timeoutMs: 90_000 });
    await clock.advance(10_000);
    expect(link.requests()).toMatchObject([{ xid: -2 }]);
  });

  test('a reply that comes slowly keeps the connection: any byte counts', async () => {
    const { clock, zk, accept } = openWorld();
    const link = await accept();
    const read = zk.getData('/a');
    await settle();
    const frame = new Uint8Array([0, 0, 0, 88, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 255, 255, 255, 255, ...new Uint8Array(68)]);
    for (const byte of frame) {
      await clock.advance(1_000);
      link.send(new Uint8Array([byte]));
    }
    expect((await read).data).toBeNull();
    expect(zk.state).toBe('connected');
  });

  test('after the process stood still, what came meanwhile is heard before the connection is judged', async () => {
    const { clock, zk, accept } = openWorld({ connectTimeoutMs: 20_000 });
    const link = await accept();
    clock.freeze(60_000);
    await clock.advance(10);
    expect(zk.state).toBe('connected');
    link.reply(-2, 0n, 0);
    await clock.advance(1_000);
    expect(zk.state).toBe('connected');
    clock.freeze(60_000);
    await clock.advance(100);
    // Lost, but a server is asked before the session is given up.
    expect(zk.state).toBe('connecting');
    await accept();
    expect(zk.state).toBe('connected');
  });

  test('the session is taken up again on the next server, from where it was', async () => {
    const { clock, zk, net, accept, changes } = openWorld();
    const link = await accept();
    const read = zk.getData('/a');
    await settle();
    link.reply(1, 77n, 0, dataReply);
    await read;
    link.reply(-2, 99n, 0);
    link.event(EventType.NodeCreated, '/x', 100n);
    await clock.advance(1_000);
    link.drop('reset');
    await clock.advance(0);
    expect(net.last.address).toEqual({ host: 'b', port: 2 });
    net.last.open();
    // Neither pings nor events move the last zxid (facts 1.4).
    expect(net.last.greeting()).toMatchObject({ lastZxidSeen: 77n, sessionId: 0x1_0001n, password: new Uint8Array(16).fill(7) });
    await accept();
    expect(changes.map(({ state, reason }) => [state, reason])).toEqual([['connected', null], ['connecting', 'a:1: reset'], ['connected', null]]);
    expect(zk.lastZxid).toBe(77n);
  });

  test('requests of a lost connection are rejected, each saying whether it was sent; later ones wait', async () => {
    const { clock, zk, net, accept } = openWorld({ inFlightMax: 2 });
    const link = await accept();
    const calls = ['/1', '/2', '/3'].map((path) => caught(zk.getData(path)));
    await clock.advance(1_000);
    expect(zk.load).toMatchObject({ inFlight: 2, queued: 1 });
    link.drop('reset');
    const later = zk.getData('/4');
    const errors = await Promise.all(calls);
    expect(errors.every((error) => error instanceof ConnectionLostError)).toBe(true);
    expect(errors.map((error) => (error as ConnectionLostError).retrySafe)).toEqual([false, false, true]);
    expect((errors[0] as Error).message).toBe('the connection was lost before the reply came: a:1: reset');
    await clock.advance(0);
    const next = await accept();
    expect(next.requests()).toHaveLength(1);
    next.reply(next.requests()[0]!.xid, 5n, 0, dataReply);
    await later;
    expect(net.links).toHaveLength(2);
  });

  test.each([
    ['a reply out of turn', (link: ReturnType<FakeNet['links']['at']>) => link!.reply(2, 1n, 0, dataReply), ConnectionLostError, /xid 2 where 1 is due/],
    ['a body cut short', (link: ReturnType<FakeNet['links']['at']>) => link!.reply(1, 1n, 0, rawPart(new Uint8Array(9))), WireError, /truncated/],
    ['a negative length', (link: ReturnType<FakeNet['links']['at']>) => link!.send(new Uint8Array([255, 0, 0, 0])), ConnectionLostError, /not ZooKeeper's protocol/],
    ['an unasked reply to credentials', (link: ReturnType<FakeNet['links']['at']>) => link!.reply(-4, 0n, 0), ConnectionLostError, /credentials/],
  ])('%s drops the connection', async (_name, misbehave, type, message) => {
    const { zk, net, accept } = openWorld();
    const link = await accept();
    const read = caught(zk.getData('/a'));
    await settle();
    misbehave(link);
    const error = await read;
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
    expect(link.state).toBe('closedByClient');
    expect(zk.state).toBe('connecting');
    expect(net.links.length).toBeGreaterThan(0);
  });

  test('frames behind the one that ended the connection are not read', async () => {
    const { zk, accept } = openWorld();
    const link = await accept();
    const seen: unknown[] = [];
    zk.watchEvents.on((event) => seen.push(event));
    link.reply(9, 1n, 0);
    link.event(EventType.NodeCreated, '/x');
    await settle();
    expect(seen).toEqual([]);
  });

  test('many requests go out in few writes, never more in flight than allowed', async () => {
    const { zk, accept } = openWorld({ inFlightMax: 50 });
    const link = await accept();
    const before = link.writes;
    const all = Array.from({ length: 120 }, () => zk.getData('/a'));
    await settle();
    expect(link.requests()).toHaveLength(50);
    expect(link.writes - before).toBe(1);
    for (let xid = 1; xid <= 120; xid++) {
      link.reply(xid, 1n, 0, dataReply);
      expect(zk.load.inFlight).toBeLessThanOrEqual(50);
    }
    await Promise.all(all);
    expect(link.requests().map(({ xid }) => xid)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
  });
});

describe('watches and credentials on a new connection', () => {
  test('credentials first, then watches with the chroot and the last zxid, then what waits', async () => {
    const { clock, zk, accept } = openWorld({ connectString: 'a:1/r', auth: [{ scheme: 'digest', auth: new Uint8Array([9]) }] });
    let link = await accept();
    const reads = [zk.getData('/d', { watch: () => undefined }), zk.exists('/e', { watch: () => undefined })];
    await settle();
    expect(link.requests().map(({ type, xid }) => [type, xid])).toEqual([[100, -4], [4, 1], [3, 2]]);
    link.reply(-4, 0n, 0);
    link.reply(1, 40n, 0, dataReply);
    link.reply(2, 41n, -101);
    await Promise.all(reads);
    await clock.advance(1_000);
    link.drop();
    const waiting = caught(zk.getData('/later'));
    await clock.advance(0);
    link = await accept();
    const requests = link.requests();
    expect(requests.map(({ type, xid }) => [type, xid])).toEqual([[100, -4], [101, 3], [4, 4]]);
    expect(AuthPacket.read(requests[0]!.reader)).toEqual({ type: 0, scheme: 'digest', auth: new Uint8Array([9]) });
    expect(SetWatchesRequest.read(requests[1]!.reader)).toEqual({
      relativeZxid: 41n, dataWatches: ['/r/d'], existWatches: ['/r/e'], childWatches: [],
    });
    zk.abandon();
    await waiting;
  });

  test('setWatches2 when a persistent watch is there; a refusal is only logged', async () => {
    const { clock, zk, accept, logs } = openWorld();
    let link = await accept();
    const added = zk.addWatch('/p', AddWatchMode.PERSISTENT_RECURSIVE, () => undefined);
    await settle();
    link.reply(1, 3n, 0, part(ErrorResponse, { err: 0 }));
    await added;
    await clock.advance(1_000);
    link.drop();
    await clock.advance(0);
    link = await accept();
    const [request] = link.requests();
    expect(request?.type).toBe(105);
    expect(SetWatches2Request.read(request!.reader).persistentRecursiveWatches).toEqual(['/p']);
    link.reply(request!.xid, 4n, -6);
    await settle();
    expect(logs).toContain('warn watches could not be registered again');
    expect(zk.state).toBe('connected');
  });

  test('a credential that was not confirmed waits for the next connection; a refused one ends the client', async () => {
    const { clock, zk, accept, changes } = openWorld();
    let link = await accept();
    const added = zk.addAuth('digest', new Uint8Array([1]));
    await settle();
    await clock.advance(1_000);
    link.drop();
    await clock.advance(0);
    link = await accept();
    link.reply(-4, 0n, 0);
    await added;
    const seen: number[] = [];
    const watched = zk.getData('/w', { watch: (event) => seen.push(event.type, event.state) });
    await settle();
    link.reply(1, 1n, 0, dataReply);
    await watched;
    const refused = caught(zk.addAuth('bad', new Uint8Array([2])));
    const pending = caught(zk.getData('/a'));
    await settle();
    link.reply(-4, 0n, -115);
    expect(await refused).toBeInstanceOf(AuthFailedError);
    expect(await pending).toBeInstanceOf(ConnectionLostError);
    expect(await caught(zk.getData('/a'))).toBeInstanceOf(AuthFailedError);
    expect(changes.at(-1)).toMatchObject({ state: 'authFailed', reason: 'b:2 refused the credentials' });
    expect(seen).toEqual([-1, 4]);
    expect(clock.timers).toBe(0);
  });

  test('a cancelled credential that was never sent is forgotten', async () => {
    const { zk, accept } = openWorld();
    const control = new AbortController();
    const added = caught(zk.addAuth('digest', new Uint8Array([1]), { signal: control.signal }));
    control.abort();
    expect(await added).toMatchObject({ code: 'Cancelled', retrySafe: true });
    const link = await accept();
    expect(link.requests()).toEqual([]);
  });
});

describe('order', () => {
  test('an event is told after the replies before it and before those behind it', async () => {
    const { zk, accept } = openWorld();
    const link = await accept();
    const order: string[] = [];
    const reads = [
      zk.getData('/a', { watch: () => order.push('event') }).then(() => order.push('first')),
      zk.getData('/a').then(() => order.push('second')),
    ];
    await settle();
    link.reply(1, 1n, 0, dataReply);
    link.event(EventType.NodeDataChanged, '/a');
    link.reply(2, 2n, 0, dataReply);
    await Promise.all(reads);
    expect(order).toEqual(['first', 'event', 'second']);
  });

  test('a watcher that throws harms nobody', async () => {
    const { zk, accept, logs } = openWorld();
    const link = await accept();
    const told: string[] = [];
    zk.watchEvents.on((event) => told.push(event.path ?? ''));
    const reads = [
      zk.getData('/a', { watch: () => { throw new TypeError('mine'); } }),
      zk.getData('/a', { watch: () => told.push('other') }),
    ];
    await settle();
    link.reply(1, 1n, 0, dataReply);
    link.reply(2, 1n, 0, dataReply);
    link.event(EventType.NodeDeleted, '/a');
    await Promise.all(reads);
    await settle();
    expect(told).toEqual(['other', '/a']);
    expect(logs).toContain('error a listener threw');
  });

  test('the zxid of an event is told where the server gives one', async () => {
    const { zk, accept } = openWorld();
    const link = await accept();
    const zxids: (bigint | null)[] = [];
    zk.watchEvents.on((event) => zxids.push(event.zxid));
    link.event(EventType.NodeCreated, '/a', -1n);
    link.event(EventType.NodeCreated, '/a', 12n);
    await settle();
    expect(zxids).toEqual([null, 12n]);
  });
});

describe('the end', () => {
  test('expired by the server', async () => {
    const { clock, zk, net, accept, changes } = openWorld();
    const first = await accept();
    await clock.advance(1_000);
    first.drop();
    await clock.advance(0);
    const waiting = caught(zk.getData('/a'));
    await accept({ timeoutMs: 0, sessionId: 0n, password: new Uint8Array(16) });
    expect(await waiting).toBeInstanceOf(SessionExpiredError);
    expect(zk).toMatchObject({ state: 'expired', sessionId: 0x1_0001n });
    expect(changes.at(-1)).toMatchObject({ state: 'expired', previous: 'connecting' });
    expect(net.last.state).toBe('closedByClient');
    await clock.advance(60_000);
    expect(net.links).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  test('expired by the clock: four thirds of the timeout without a word, not before', async () => {
    const { clock, zk, net, accept } = openWorld({ connectTimeoutMs: 100 });
    const link = await accept({ timeoutMs: 9_000 });
    await clock.advance(1_000);
    link.drop();
    await clock.advance(10_900);
    expect(zk.state).toBe('connecting');
    expect(net.links.length).toBeGreaterThan(3);
    await clock.advance(200);
    expect(zk.state).toBe('expired');
    expect(zk.failure).toBeInstanceOf(SessionExpiredError);
  });

  test('a client that never had a session never expires', async () => {
    const { clock, zk } = openWorld({ connectTimeoutMs: 1_000 });
    await clock.advance(3_600_000);
    expect(zk.state).toBe('connecting');
    await zk.close();
    expect(clock.timers).toBe(0);
  });

  test('close: what was sent is answered, what waits is turned away, then the session is closed', async () => {
    const { clock, zk, accept, changes } = openWorld({ inFlightMax: 1 });
    const link = await accept();
    const sent = zk.getData('/sent');
    const unsent = caught(zk.getData('/unsent'));
    await settle();
    let closed = false;
    const closing = zk.close().then(() => (closed = true));
    expect(await unsent).toMatchObject({ code: 'Closed', retrySafe: true });
    expect(await caught(zk.getData('/late'))).toMatchObject({ code: 'Closed' });
    expect(await caught(zk.ready())).toMatchObject({ code: 'Closed' });
    expect(link.requests().map(({ type }) => type)).toEqual([4, -11]);
    link.reply(1, 1n, 0, dataReply);
    await sent;
    expect(closed).toBe(false);
    link.reply(2, 2n, 0);
    await closing;
    expect(link.state).toBe('closedByClient');
    expect(changes.at(-1)).toMatchObject({ state: 'closed', previous: 'connected' });
    expect(zk.failure).toBeNull();
    expect(clock.timers).toBe(0);
  });

  test('close of a server that says nothing ends in five seconds; of one that goes, at once', async () => {
    const silent = openWorld();
    await silent.accept();
    const closing = silent.zk.close();
    await silent.clock.advance(4_999);
    expect(silent.zk.state).toBe('connected');
    await silent.clock.advance(1);
    await closing;
    expect(silent.zk.state).toBe('closed');

    const going = openWorld();
    const link = await going.accept();
    const closed = going.zk.close();
    link.drop();
    await closed;
    expect(going.zk.state).toBe('closed');
  });

  test('abandon: the server is told nothing', async () => {
    const { clock, zk, accept } = openWorld();
    const link = await accept();
    const pending = caught(zk.getData('/a'));
    await settle();
    zk.abandon();
    zk.abandon();
    expect(await pending).toMatchObject({ code: 'ConnectionLoss', retrySafe: false });
    expect(link.requests().map(({ type }) => type)).toEqual([4]);
    expect([zk.state, link.state, clock.timers]).toEqual(['closed', 'closedByClient', 0]);
    await zk.close();
  });
});

describe('read-only servers', () => {
  test('their session is borrowed: its id is shown to no other server, and a writable one is looked for', async () => {
    const { clock, zk, net, accept } = openWorld({ canBeReadOnly: true });
    await accept({ readOnly: true, sessionId: 0x99n });
    expect(zk.state).toBe('connectedReadOnly');
    await clock.advance(100);
    const question = net.last;
    question.open();
    expect(new TextDecoder().decode(question.received[0] ?? new Uint8Array())).toBe('');
    await clock.advance(1_000);
    expect(question.state).toBe('closedByClient');
    // The second question comes later, and goes to the next server.
    await clock.advance(200);
    expect(net.links).toHaveLength(3);
    net.last.open();
    net.last.send(new TextEncoder().encode('rw'));
    const answered = net.last;
    answered.drop();
    await clock.advance(0);
    expect(zk.state).toBe('connecting');
    expect(net.last.address).toEqual(answered.address);
    net.last.open();
    expect(net.last.greeting()).toMatchObject({ sessionId: 0n, password: new Uint8Array(16), readOnly: true });
    await accept({ sessionId: 0x100n });
    expect(zk).toMatchObject({ state: 'connected', sessionId: 0x100n });
    const links = net.links.length;
    await clock.advance(2_000);
    expect(net.links).toHaveLength(links);
  });
});

test('two clients of one process keep apart', async () => {
  const clock = new FakeClock();
  const nets = [new FakeNet(), new FakeNet()];
  const clients = nets.map((transport) => connectZooKeeper({ connectString: 'a', transport, clock, random: seededRandom(1) }));
  for (const net of nets) {
    net.last.open();
    net.last.welcome();
  }
  const reads = clients.map((client, i) => client.getData(`/${i}`));
  await settle();
  nets.forEach((net) => net.last.reply(1, 1n, 0, dataReply));
  await Promise.all(reads);
  expect(nets.map((net) => net.last.requests().length)).toEqual([1, 1]);
  for (const client of clients) client.abandon();
});
