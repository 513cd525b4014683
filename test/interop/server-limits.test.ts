/** What servers do not take on, Apache's and ours: too many clients, too many handshakes, too much at once. */

import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { connectRaw, connectRawTls, fourLetterWord, jute, type RawClient } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { keysOf, pemStores, startPair, tryJoin, type PairOptions, type TlsServer } from './tls-support.ts';

const CREATE = 1;

/** A create request of so many bytes in all, after the length. */
function requestOf(bytes: number): Buffer {
  const open = jute.vector([jute.acl(31, 'world', 'anyone')]);
  const made = (fill: number): Buffer =>
    Buffer.concat([jute.int(1), jute.int(CREATE), jute.string('/large'), jute.buffer(Buffer.alloc(fill)), open, jute.int(0)]);
  return made(bytes - made(0).length);
}

async function compare(options: PairOptions, use: (server: TlsServer) => Promise<string[]>): Promise<string[]> {
  const pair = await startPair(options);
  try {
    const [apache, ours] = await Promise.all(pair.map(use));
    expect(ours).toEqual(apache);
    return ours ?? [];
  } finally {
    await Promise.all(pair.map(({ group }) => group.stopAll()));
  }
}

/** `joined`, and the connection stays open; or `refused`. */
async function enter({ host, plainPort }: TlsServer, guests: RawClient[], session?: { sessionId: bigint; password: Buffer }): Promise<string> {
  try {
    const client = await connectRaw(host, plainPort);
    guests.push(client);
    const { timeoutMs } = await client.connectSession(session ?? {});
    return timeoutMs > 0 ? 'joined' : 'expired';
  } catch {
    return 'refused';
  }
}

describeWith(['java', 'zookeeper', 'openssl'], 'limits, Apache ZooKeeper beside the embedded server', () => {
  const authority = new Authority();
  const own = authority.issue({ subject: '/CN=localhost' });
  const alice = authority.issue({ subject: '/CN=alice' });

  test('large requests', async () => {
    const seen = await compare({ config: { largeRequestThreshold: '1000', largeRequestMaxBytes: '3000' }, securePort: false }, async (server) => {
      const out: string[] = [];
      for (const bytes of [900, 1008, 2999, 3000, 3001, 100_000]) {
        const client = await connectRaw(server.host, server.plainPort);
        await client.connectSession();
        // Refused by the length alone.
        if (bytes > 3000) client.sendBytes(jute.int(bytes));
        else client.sendFrame(requestOf(bytes));
        out.push(`${bytes}: ${await client.readFrame().then((frame) => `err ${frame.readInt32BE(12)}`, () => 'closed')}`);
        client.destroy();
      }
      return out;
    });
    expect(seen.map((line) => line.includes('err'))).toEqual([true, true, true, true, false, false]);
  });

  test.each([
    ['tokens', { connection_throttle_tokens: '3' }],
    ['tokens by weight', { connection_throttle_tokens: '2', connection_throttle_weight_enabled: 'true' }],
  ])('a throttle of connections: %s', async (_name, config) => {
    const jvm = Object.entries({ ...config, connection_throttle_fill_time: '600000' }).map(([key, value]) => `-Dzookeeper.${key}=${value}`);
    const seen = await compare({ config: {}, jvm, securePort: false }, async (server) => {
      const guests: RawClient[] = [];
      const first = await connectRaw(server.host, server.plainPort);
      const session = await first.connectSession();
      guests.push(first);
      const out = [await enter(server, guests, session), await enter(server, guests), await enter(server, guests), await enter(server, guests)];
      for (const guest of guests) guest.destroy();
      return out;
    });
    expect(seen).toContain('joined');
    expect(seen).toContain('refused');
  });

  test('maxClientCnxns counts for each port by itself', async () => {
    const seen = await compare({ config: { ...pemStores(authority, own), maxClientCnxns: '2' } }, async (server) => {
      const guests: RawClient[] = [];
      const out: string[] = [];
      // The connections that asked whether the server is up may be counted for a moment.
      await expect.poll(() => fourLetterWord(server.host, server.plainPort, 'stat').then((text) => text.match(/^ \/.*$/gm)?.length)).toBe(1);
      for (let i = 0; i < 3; i++) out.push(await enter(server, guests));
      for (let i = 0; i < 3; i++) {
        const guest = await connectRawTls(server.host, server.securePort, keysOf(alice)).catch(() => null);
        if (guest === null) {
          out.push('refused');
          continue;
        }
        guests.push(guest);
        out.push(await guest.connectSession().then(() => 'joined', () => 'refused'));
      }
      for (const guest of guests) guest.destroy();
      return out;
    });
    expect(seen).toEqual(['joined', 'joined', 'refused', 'joined', 'joined', 'refused']);
  });

  test('handshakes under way', async () => {
    const jvm = ['-Dzookeeper.netty.server.outstandingHandshake.limit=2'];
    // Without the unified port Apache's server reads the limit before it knows that a port is secure, and forgets it.
    const config = { ...pemStores(authority, own), 'client.portUnification': 'true' };
    const seen = await compare({ config, jvm }, async (server) => {
      const entry = (): Promise<string> => tryJoin(server, keysOf(alice));
      // The first handshake takes a Java server so long that others overtake it.
      expect(await entry()).toContain('joined');
      let silent: Socket[] = [];
      const besiege = (): void => {
        // One that lost its place to somebody who came at the same time comes again.
        silent = silent.filter((socket) => !socket.destroyed);
        while (silent.length < 2) silent.push(connect(server.securePort, server.host).on('error', () => undefined).resume());
      };
      // Apache's figure of handshakes under way leaves those of the secure port out, so they are felt for.
      await expect.poll(() => {
        besiege();
        return entry();
      }, { timeout: 8_000 }).toBe('refused');
      const out = ['refused'];
      silent[0]?.destroy();
      await expect.poll(entry, { timeout: 8_000 }).not.toBe('refused');
      out.push(await entry(), await tryJoin(server, null, server.plainPort));
      silent[1]?.destroy();
      const exceeded = /^zk_tls_handshake_exceeded\t(\d+)/m.exec(await fourLetterWord(server.host, server.plainPort, 'mntr'))?.[1];
      expect(Number(exceeded)).toBeGreaterThan(0);
      return out;
    });
    expect(seen).toEqual(['refused', 'joined as x509:CN=alice ip:127.0.0.1', 'joined as ip:127.0.0.1']);
  });
});
