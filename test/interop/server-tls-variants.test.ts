/**
 * What the keys of TLS change, on Apache's server and on ours alike: clients that may or need not show certificates,
 * one port for TLS and for the clear, PKCS#12 stores, passwords in files, protocols and cipher suites. And other
 * people's clients: kazoo and zkCli over TLS.
 */

import { expect, test } from 'vitest';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { apacheLauncher } from '../support/apache.ts';
import { Authority, type Certificate } from '../support/certificates.ts';
import { embeddedLauncher } from '../support/embedded.ts';
import { runKazoo } from '../support/kazoo.ts';
import { freePorts } from '../support/ports.ts';
import { connectRaw, connectRawTls, fourLetterWord, jute, type RawClient } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import { startServers } from '../support/server-group.ts';
import { runCliOnce } from './zkcli.ts';
import {
  createWith, keysOf, NETTY, onBoth, pemStores, say, startPair, tryJoin, type PairOptions, type TlsServer,
} from './tls-support.ts';

async function withPair<T>(options: PairOptions, use: (pair: TlsServer[]) => Promise<T>): Promise<T> {
  const pair = await startPair(options);
  try {
    return await use(pair);
  } finally {
    await Promise.all(pair.map(({ group }) => group.stopAll()));
  }
}

/** The protocol and the suite that come about, or that none does. */
async function handshake({ host, securePort }: TlsServer, options: ConnectionOptions): Promise<string> {
  try {
    const client = await connectRawTls(host, securePort, options);
    const socket = client.socket as TLSSocket;
    const agreed = `${socket.getProtocol()} ${socket.getCipher().standardName}`;
    client.destroy();
    return agreed;
  } catch {
    return 'refused';
  }
}

describeWith(['java', 'zookeeper', 'openssl'], 'keys of TLS, Apache ZooKeeper beside the embedded server', () => {
  const authority = new Authority();
  const own = authority.issue({ subject: '/CN=localhost', names: 'DNS:localhost,IP:127.0.0.1' });
  const alice = authority.issue({ subject: '/CN=alice' });
  const other = new Authority('/CN=Elsewhere').issue({ subject: '/CN=alice' });

  test.each(['want', 'none'])('ssl.clientAuth=%s', async (clientAuth) => {
    await withPair({ config: { ...pemStores(authority, own), 'ssl.clientAuth': clientAuth } }, async (pair) => {
      const [apache, ours] = await onBoth(pair, async (server) => {
        const out: string[] = [];
        for (const options of [keysOf(alice), {}, keysOf(other), null]) out.push(await tryJoin(server, options));
        return out;
      });
      expect(ours).toEqual(apache);
      expect(ours?.[1]).toBe('joined as ip:127.0.0.1');
      // A goodbye ends connections over TLS too, those whose handshake is not over included.
      for (const server of pair) {
        const client = await connectRawTls(server.host, server.securePort, {});
        await client.connectSession();
        const silent = await connectRaw(server.host, server.securePort);
        silent.socket.resume();
        await server.group.server(1).stop();
        await Promise.all([client.closed, silent.closed]);
      }
    });
  });

  test('one port for both, and a port for TLS beside it', async () => {
    await withPair({ config: { ...pemStores(authority, own), 'client.portUnification': 'true' } }, async (pair) => {
      const [apache, ours] = await onBoth(pair, async (server) => {
        const out: string[] = [];
        for (const port of [server.plainPort, server.securePort]) {
          for (const options of [keysOf(alice), {}, null]) out.push(await tryJoin(server, options, port));
        }
        out.push(await fourLetterWord(server.host, server.plainPort, 'ruok'));
        return out;
      });
      expect(ours).toEqual(apache);
      expect(ours?.filter((line) => line.startsWith('joined'))).toHaveLength(3);
    });
  });

  test('PKCS#12 stores with their password in a file, one protocol, one suite', async () => {
    const config = {
      'ssl.keyStore.location': authority.pkcs12(own, 'key password', 'key'),
      'ssl.keyStore.passwordPath': authority.file('key.password', 'key password\n'),
      'ssl.trustStore.location': authority.file('trust.p12'),
      'ssl.trustStore.password': 'trust password',
      'ssl.enabledProtocols': 'TLSv1.2',
      'ssl.ciphersuites': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
    };
    authority.keytool([
      '-importcert', '-noprompt', '-alias', 'authority', '-file', authority.own.certificateFile,
      '-keystore', config['ssl.trustStore.location'], '-storetype', 'PKCS12', '-storepass', 'trust password',
    ]);
    await withPair({ config }, async (pair) => {
      const [apache, ours] = await onBoth(pair, async (server) => {
        const out = [await tryJoin(server, keysOf(alice)), await tryJoin(server, keysOf(other))];
        out.push(await handshake(server, keysOf(alice)));
        out.push(await handshake(server, { ...keysOf(alice), minVersion: 'TLSv1.3' }));
        out.push(await handshake(server, { ...keysOf(alice), ciphers: 'ECDHE-ECDSA-AES128-SHA256' }));
        out.push(await handshake(server, { ...keysOf(alice), ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }));
        return out;
      });
      expect(ours).toEqual(apache);
      expect(ours?.slice(0, 3)).toEqual([
        'joined as x509:CN=alice ip:127.0.0.1', 'refused', 'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
      ]);
      for (const { group } of pair) expect(group.server(1).log()).not.toMatch(/(key|trust) password/);
    });
  }, 60_000);
});

describeWith(['java', 'zookeeper', 'openssl'], 'TLS to a quorum of Apache’s servers and of ours', () => {
  test('an owner is the same on every member, whoever leads', async () => {
    const authority = new Authority();
    const own = authority.issue({ subject: '/CN=localhost' });
    const [alice, bob] = [authority.issue({ subject: '/CN=alice' }), authority.issue({ subject: '/CN=bob' })];
    const kinds = ['apache', 'embedded', 'embedded'] as const;
    const ports = await freePorts(kinds.length);
    const group = await startServers({
      name: 'mixed over TLS',
      quorum: true,
      config: { ...NETTY, ...pemStores(authority, own) },
      members: kinds.map((kind, at) => ({
        kind, launcher: kind === 'apache' ? apacheLauncher : embeddedLauncher, config: { secureClientPort: String(ports[at]) },
      })),
    });
    try {
      const clients = await Promise.all(ports.map((port) => joinAt(port, alice)));
      const strangers = await Promise.all(ports.map((port) => joinAt(port, bob)));
      for (const [at, client] of clients.entries()) {
        expect(await say(client, 1, createWith(`/own-${at}`, 'auth', ''))).toContain('err 0');
      }
      const read = (at: number): Buffer => Buffer.concat([jute.string(`/own-${at}`), jute.bool(false)]);
      for (const [place, client] of clients.entries()) {
        await client.request(9, jute.string('/'));
        await strangers[place]?.request(9, jute.string('/'));
        for (const at of ports.keys()) {
          expect(await say(client, 4, read(at)), `member ${place + 1}, node ${at}`).toContain('err 0');
          expect(await say(strangers[place] as RawClient, 4, read(at))).toContain('err -102');
        }
      }
      for (const client of [...clients, ...strangers]) client.destroy();
    } finally {
      await group.stopAll();
    }
  }, 90_000);

  async function joinAt(port: number, who: Certificate): Promise<RawClient> {
    const client = await connectRawTls('127.0.0.1', port, keysOf(who));
    await client.connectSession();
    return client;
  }
});

describeWith(['java', 'zookeeper', 'kazoo', 'openssl'], 'other clients over TLS', () => {
  test('kazoo and zkCli', async () => {
    const authority = new Authority();
    const own = authority.issue({ subject: '/CN=localhost', names: 'DNS:localhost,IP:127.0.0.1' });
    const alice = authority.issue({ subject: '/O=Zoo/CN=alice' });
    const stores = pemStores(authority, own);
    await withPair({ config: stores }, async (pair) => {
      const [apache, ours] = await onBoth(pair, async ({ host, securePort }) => {
        const kazoo = await runKazoo(`
zk = KazooClient(hosts=args["hosts"], use_ssl=True, certfile=args["cert"], keyfile=args["key"], ca=args["ca"], verify_certs=True)
zk.start(timeout=20)
zk.create("/mine", b"x", acl=[ACL(31, Id("auth", ""))])
zk.create("/child", b"x" * 500000)
result = [zk.get_acls("/mine")[0], len(zk.get("/child")[0]), sorted(zk.get_children("/"))]
zk.stop()
`, { hosts: `${host}:${securePort}`, cert: alice.certificateFile, key: alice.keyFile, ca: authority.own.certificateFile });
        const cli = await runCliOnce(`${host}:${securePort}`, ['getAcl', '/mine'], [
          '-Dzookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNetty', '-Dzookeeper.client.secure=true',
          `-Dzookeeper.ssl.keyStore.location=${alice.pemFile}`, `-Dzookeeper.ssl.trustStore.location=${stores['ssl.trustStore.location'] ?? ''}`,
        ]);
        return { kazoo, cli };
      });
      expect(ours).toEqual(apache);
      expect(JSON.stringify(ours)).toContain('CN=alice,O=Zoo');
    });
  }, 60_000);
});
