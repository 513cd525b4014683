/** The door of a port for TLS: who comes in, as whom, and that nobody stays at it for ever. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { readTlsSettings } from '../../../../src/ensemble/config/tls-settings.ts';
import type { HandshakeGate, Listener, TlsListening } from '../../../../src/ensemble/listener.ts';
import { certificateOwner } from '../../../../src/ensemble/processors/auth/x509/principal-name.ts';
import { nodeListen } from '../../../../src/platform/node-listener.ts';
import { tlsDoor } from '../../../../src/platform/tls/tls-door.ts';
import { Authority, type Certificate } from '../../../support/certificates.ts';
import { describeWith } from '../../../support/requirements.ts';

describeWith(['openssl'], 'the door of a port for TLS', () => {
  let authority: Authority;
  let own: Certificate;
  let alice: Certificate;
  let listener: Listener | null = null;
  const open: Socket[] = [];

  beforeAll(() => {
    authority = new Authority();
    own = authority.issue({ subject: '/CN=localhost' });
    alice = authority.issue({ subject: '/CN=alice' });
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await listener?.close();
    listener = null;
  });

  interface Door {
    readonly port: number;
    /** How each handshake ended; null: well. */
    readonly ends: (string | null)[];
    /** Who came in: an owner, `anonymous`, or `in the clear`. */
    readonly guests: string[];
    readonly received: string[];
    readonly reloads: (string | null)[];
  }

  async function openDoor(keys: Record<string, string> = {}, more: Partial<TlsListening> = {}): Promise<Door> {
    const settings = readTlsSettings(new Map(Object.entries({
      'ssl.keyStore.location': own.pemFile, 'ssl.trustStore.location': authority.file('trust.pem', authority.own.certificate), ...keys,
    }).map(([key, value]) => [`zookeeper.${key}`, value])));
    const door: Omit<Door, 'port'> = { ends: [], guests: [], received: [], reloads: [] };
    const handshakes: HandshakeGate = { begin: () => true, end: (_address, failed) => void door.ends.push(failed), reloaded: (failed) => void door.reloads.push(failed) };
    listener = await nodeListen({ host: '127.0.0.1', port: 0, backlog: -1, tls: { settings, plainToo: false, handshakes, ...more } }, (socket) => {
      const certificate = socket.tls?.certificate;
      door.guests.push(socket.tls === undefined ? 'in the clear' : certificate == null ? 'anonymous' : certificateOwner(certificate) ?? '?');
      return {
        onData(chunk) {
          door.received.push(new TextDecoder().decode(chunk));
          socket.write(chunk);
        },
        onDrain: () => undefined,
        onClose: () => undefined,
      };
    });
    return { ...door, port: listener.port };
  }

  function come(port: number, options: ConnectionOptions | null): Socket {
    const socket = options === null ? connect(port, '127.0.0.1') : connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    socket.on('error', () => undefined);
    open.push(socket);
    return socket;
  }

  const closed = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('close', () => resolve()));
  const keys = (of: Certificate): ConnectionOptions => ({ key: of.key, cert: of.certificate });
  const echo = async (socket: Socket, text: string): Promise<string> => {
    socket.write(text);
    return String(((await once(socket, 'data')) as [Uint8Array])[0]);
  };

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: a session of TLS taken up again has the same owner', async (version) => {
    const door = await openDoor();
    const options = { ...keys(alice), minVersion: version, maxVersion: version };
    const first = come(door.port, options) as TLSSocket;
    let ticket: Buffer | undefined;
    first.on('session', (session) => {
      ticket = session;
    });
    expect(await echo(first, 'hello')).toBe('hello');
    await expect.poll(() => ticket).toBeDefined();
    const second = come(door.port, { ...options, ...(ticket === undefined ? {} : { session: ticket }) }) as TLSSocket;
    expect(await echo(second, 'again')).toBe('again');
    expect(second.isSessionReused()).toBe(true);
    expect(door.guests).toEqual(['CN=alice', 'CN=alice']);
    expect(door.ends).toEqual([null, null]);
  });

  test('what does not begin as TLS is sent away with a reason', async () => {
    const door = await openDoor();
    const plain = come(door.port, null);
    plain.write('\0\0\0\x2d and so on');
    await closed(plain);
    await expect.poll(() => door.ends).toHaveLength(1);
    expect(door.ends[0]).toMatch(/wrong version number|http request|packet length too long|bad record|unknown protocol/);
    expect(door.guests).toEqual([]);
  });

  test('half a handshake, and none at all, end with the connection', async () => {
    const door = await openDoor();
    const silent = come(door.port, null);
    const half = come(door.port, null);
    await once(half, 'connect');
    half.write(Uint8Array.from([0x16, 3, 1, 2, 0, 1, 0]));
    silent.destroy();
    half.destroy();
    await expect.poll(() => door.ends).toHaveLength(2);
    expect(door.ends).not.toContain(null);
  });

  test('a handshake that goes on and on is cut off', async () => {
    const ends: (string | null)[] = [];
    const settings = readTlsSettings(new Map([['zookeeper.ssl.keyStore.location', own.pemFile], ['zookeeper.ssl.clientAuth', 'none']]));
    const handshakes: HandshakeGate = { begin: () => true, end: (_address, failed) => void ends.push(failed), reloaded: () => undefined };
    const options = { key: own.key, cert: own.certificate };
    const door = tlsDoor({ settings, plainToo: false, handshakes }, options, () => { throw new Error('nobody'); }, { handshakeMs: 200 });
    const server = createServer((socket) => door.take(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const slow = come((server.address() as AddressInfo).port, null);
    await once(slow, 'connect');
    slow.write(Uint8Array.from([0x16, 3, 1, 2, 0]));
    const drip = setInterval(() => slow.write('\x01'), 20);
    await closed(slow);
    clearInterval(drip);
    await expect.poll(() => ends).toEqual(['it took too long']);
    server.close();
  });

  test('keys that are replaced count for those who come after; what cannot be used changes nothing', async () => {
    const store = authority.file('renewed.pem', readFileSync(own.pemFile, 'utf8'));
    const door = await openDoor({ 'ssl.keyStore.location': store, 'client.certReload': 'true' });
    const nameOf = async (): Promise<string | undefined> => {
      const socket = come(door.port, keys(alice)) as TLSSocket;
      await once(socket, 'secureConnect');
      return socket.getPeerX509Certificate()?.subject;
    };
    const early = come(door.port, keys(alice));
    expect(await echo(early, 'early')).toBe('early');
    expect(await nameOf()).toBe('CN=localhost');
    const next = authority.issue({ subject: '/CN=renewed' });
    authority.file('renewed.pem', next.key + next.certificate);
    await expect.poll(() => door.reloads, { timeout: 5_000 }).toEqual([null]);
    expect(await nameOf()).toBe('CN=renewed');
    authority.file('renewed.pem', 'nothing');
    await expect.poll(() => door.reloads, { timeout: 5_000 }).toHaveLength(2);
    expect(door.reloads[1]).toMatch(/a private key and its certificates are needed in it$/);
    expect(await nameOf()).toBe('CN=renewed');
    expect(await echo(early, 'still here')).toBe('still here');
  });

  test('hundreds who talk nonsense leave the door as it was', async () => {
    const door = await openDoor({}, {});
    const random = seededRandom(11);
    const crowd = Array.from({ length: 300 }, () => {
      const socket = come(door.port, null);
      const bytes = Uint8Array.from({ length: 1 + (random.uint32() % 400) }, () => random.uint32() & 0xff);
      // Half of them begin as a handshake does.
      if (random.uint32() % 2 === 0) bytes.set([0x16, 3, 1].slice(0, bytes.length));
      socket.end(bytes);
      return closed(socket.resume());
    });
    await Promise.all(crowd);
    await expect.poll(() => door.ends.length).toBe(300);
    expect(door.ends).not.toContain(null);
    expect(await echo(come(door.port, keys(alice)), 'hello')).toBe('hello');
    expect(door.guests).toEqual(['CN=alice']);
  });

  test('closing the port sends away who is still at the door', async () => {
    const door = await openDoor();
    const silent = come(door.port, null);
    await once(silent, 'connect');
    await expect.poll(async () => {
      await listener?.close();
      return door.ends.length;
    }).toBe(1);
    if (!silent.destroyed) await closed(silent);
  });

  test('a gate that is shut lets nobody begin', async () => {
    const refused: string[] = [];
    const door = await openDoor({}, {
      handshakes: { begin: (address) => { refused.push(address); return false; }, end: () => { throw new Error('never begun'); }, reloaded: () => undefined },
    });
    await closed(come(door.port, keys(alice)));
    expect(refused).toEqual(['127.0.0.1']);
  });

  test('one port for both: the first byte decides, and saying nothing is no way to stay', async () => {
    const door = await openDoor({ 'ssl.handshakeDetectionTimeoutMillis': '300', 'ssl.clientAuth': 'want' }, { plainToo: true });
    expect(await echo(come(door.port, null), 'in the clear')).toBe('in the clear');
    expect(await echo(come(door.port, keys(alice)), 'over TLS')).toBe('over TLS');
    expect(await echo(come(door.port, {}), 'nameless')).toBe('nameless');
    expect(door.guests).toEqual(['in the clear', 'CN=alice', 'anonymous']);
    await closed(come(door.port, null));
    await expect.poll(() => door.ends).toEqual([null, null, null, 'nothing came in time']);
  });

  test('a byte at a time is enough to tell', async () => {
    const door = await openDoor({}, { plainToo: true });
    const slow = come(door.port, null);
    await once(slow, 'connect');
    for (const char of 'ruok') {
      slow.write(char);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => door.received.join('')).toBe('ruok');
  });
});
