/**
 * The port for TLS of Apache's server and of ours, with the same certificates: who gets in, who they are then, what
 * their identities open, and what four-letter words say on either port.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority, type Certificate, type IssueOptions } from '../support/certificates.ts';
import { connectRaw, connectRawTls, fourLetterWord, jute } from '../support/raw-client.ts';
import { freePorts } from '../support/ports.ts';
import { describeWith } from '../support/requirements.ts';
import { createWith, identities, join, keysOf, onBoth, pemStores, say, startPair, tryJoin, type TlsServer } from './tls-support.ts';

const CREATE = 1;
const GET_DATA = 4;
const GET_ACL = 6;
const AUTH = 100;

/** Owners whose names show how Java writes them. */
const owners: readonly IssueOptions[] = [
  { subject: '/CN=alice' },
  { subject: '/C=DE/ST=Bayern/L=München/O=Größe GmbH/OU=R&D/OU=Zoo/CN=alice' },
  { subject: '/O=Test/OU=a+CN=al,ice#é' },
  { subject: '/CN= leading and trailing ' },
  { subject: '/CN=#hash\\/slash' },
  { subject: '/CN=quote"back\\\\slash<less>semi;plus\\+equals\\=' },
  { subject: '/DC=org/DC=example/UID=al/CN=alice' },
  { subject: '/CN=alice/emailAddress=alice@example.org' },
  { subject: '/CN=alice/serialNumber=12345/title=Dr' },
  { subject: '/GN=Alice/SN=Keeper/CN=alice/street=Main Street 1' },
  { subject: '/CN=größe', stringMask: 'nombstr' },
  { subject: '/CN=größe', stringMask: 'MASK:2048' },
  { subject: '/CN=plain', stringMask: 'default' },
  { subject: '/CN=動物園' },
  { subject: '/1.2.3.4=number/CN=alice' },
];
const SUPER_USER = 'CN=boss,O=Zooscope tests';

describeWith(['java', 'zookeeper', 'openssl'], 'TLS with Apache ZooKeeper and with the embedded server', () => {
  const authority = new Authority();
  const stranger = new Authority('/O=Elsewhere/CN=Other authority');
  const issue = (options: IssueOptions): Certificate => authority.issue(options);
  const own = issue({ subject: '/CN=localhost', names: 'DNS:localhost,IP:127.0.0.1' });
  const boss = issue({ subject: '/O=Zooscope tests/CN=boss' });
  let pair: TlsServer[] = [];
  let adminPorts: number[] = [];

  beforeAll(async () => {
    adminPorts = await freePorts(2);
    pair = await startPair({
      configOf: (name) => ({ 'admin.enableServer': 'true', 'admin.serverAddress': '127.0.0.1', 'admin.serverPort': String(adminPorts[name === 'apache' ? 0 : 1]) }),
      config: { ...pemStores(authority, own), 'X509AuthenticationProvider.superUser': SUPER_USER },
      jvm: ['-Dfile.encoding=UTF-8'],
    });
  }, 60_000);
  afterAll(() => Promise.all(pair.map(({ group }) => group.stopAll())));

  test.each(owners)('the owner of a certificate: $subject $stringMask', async (options) => {
    const certificate = issue(options);
    const [apache, ours] = await onBoth(pair, async (server) => {
      const client = await join(server, keysOf(certificate));
      const who = await identities(client);
      await client.request(CREATE, createWith(`/own-${options.subject.replaceAll('/', '_').replaceAll('\\', '')}`, 'auth', ''));
      client.destroy();
      return who;
    });
    expect(ours).toEqual(apache);
    expect(ours?.join()).toContain('x509:');
  });

  test('what identities open', async () => {
    const [alice, bob] = [issue({ subject: '/O=Zoo/CN=alice' }), issue({ subject: '/O=Zoo/CN=bob' })];
    const [apache, ours] = await onBoth(pair, async (server) => {
      const [a, b, top] = await Promise.all([alice, bob, boss].map((one) => join(server, keysOf(one))));
      const plain = await connectRaw(server.host, server.plainPort);
      await plain.connectSession();
      if (a === undefined || b === undefined || top === undefined) throw new Error('not joined');
      const out = [await identities(a), await identities(top)].flat();
      out.push(await say(a, CREATE, createWith('/alice', 'auth', '')));
      out.push((await a.request(GET_ACL, jute.string('/alice'))).body.toString('latin1').slice(0, 40));
      out.push(await say(a, CREATE, createWith('/bob', 'x509', 'CN=bob,O=Zoo')), await say(a, CREATE, createWith('/spaced', 'x509', 'CN=alice, O=Zoo')));
      for (const path of ['/alice', '/bob', '/spaced']) {
        for (const client of [a, b, top, plain]) out.push(`${path} ${(await say(client, GET_DATA, Buffer.concat([jute.string(path), jute.bool(false)]))).slice(0, 16)}`);
      }
      out.push(await say(a, AUTH, Buffer.concat([jute.int(0), jute.string('x509'), jute.string('')]), -4), ...(await identities(a)));
      out.push(await say(plain, CREATE, createWith('/plain', 'auth', '')));
      out.push(await say(plain, AUTH, Buffer.concat([jute.int(0), jute.string('x509'), jute.string('')]), -4), await say(plain, GET_DATA));
      for (const client of [a, b, top, plain]) client.destroy();
      return out.map((line) => line.replaceAll('\0', ''));
    });
    expect(ours).toEqual(apache);
  });

  test('which names may stand in an ACL', async () => {
    const names = [
      '', 'CN=a', 'cn = a , o=b', 'CN=a;O=b', 'CN=a+OU=b', 'CN=', 'CN', '=a', 'anyone', 'CN=a,', ',CN=a', 'CN="a,b"', 'CN="a', 'CN=a\\,b', 'CN=a\\',
      'CN=a\\C3\\A9', 'CN=#0c0161', 'CN=#0c', '1.2.3=a', 'OID.1.2.3=a', '3.1=a', 'X=a', 'EMAILADDRESS=a@b', 'E=a@b', 'CN=a"b', 'CN=a<b', 'CN=é',
    ];
    const [apache, ours] = await onBoth(pair, async (server) => {
      const client = await join(server, keysOf(boss));
      const out: string[] = [];
      for (const [at, name] of names.entries()) out.push(`${name}: ${await say(client, CREATE, createWith(`/name-${at}`, 'x509', name))}`);
      client.destroy();
      return out;
    });
    expect(ours).toEqual(apache);
  });

  test('who does not get in', async () => {
    const good = issue({ subject: '/CN=good' });
    const chain = new Authority('/CN=A chain of its own');
    const visitors = {
      good: keysOf(good),
      'without a certificate': {},
      'of another authority': keysOf(stranger.issue({ subject: '/CN=good' })),
      'signed by itself': keysOf(chain.own),
      'out of date': keysOf(issue({ subject: '/CN=old', days: -1 })),
      'made for servers': keysOf(issue({ subject: '/CN=server', usage: 'serverAuth' })),
      'made for clients': keysOf(issue({ subject: '/CN=client', usage: 'clientAuth' })),
      'in the clear': null,
    };
    const [apache, ours] = await onBoth(pair, async (server) => {
      const out: string[] = [];
      for (const [name, options] of Object.entries(visitors)) out.push(`${name}: ${await tryJoin(server, options)}`);
      return out;
    });
    expect(ours).toEqual(apache);
    expect(ours?.filter((line) => line.includes('joined'))).toHaveLength(2);
    for (const { group, name } of pair) {
      expect(await tryJoin(pair.find((server) => server.name === name) as TlsServer, keysOf(good))).toContain('joined');
      expect(group.server(1).log()).not.toContain('PRIVATE KEY');
    }
  });

  test('a session taken up again over TLS has its identity again', async () => {
    const alice = issue({ subject: '/CN=again' });
    const [apache, ours] = await onBoth(pair, async (server) => {
      const tickets: Buffer[] = [];
      const first = await connectRawTls(server.host, server.securePort, { ...keysOf(alice), maxVersion: 'TLSv1.2' });
      first.socket.on('session', (ticket: Buffer) => tickets.push(ticket));
      const { sessionId, password } = await first.connectSession();
      const ticket = tickets[0] ?? (first.socket as unknown as { getSession(): Buffer | undefined }).getSession();
      first.destroy();
      const second = await connectRawTls(server.host, server.securePort, {
        ...keysOf(alice), maxVersion: 'TLSv1.2', ...(ticket === undefined ? {} : { session: ticket }),
      });
      const again = await second.connectSession({ sessionId, password });
      const out = [again.sessionId === sessionId, await identities(second)];
      second.destroy();
      return out;
    });
    expect(ours).toEqual(apache);
  });

  test('the AdminServer tells the ports apart', async () => {
    const client = issue({ subject: '/CN=admin' });
    const own = /"(remote_socket_address|session_id|established|last_response_time|last_zxid|\w*latency|packets_\w+|last_cxid|last_operation)" : .*/g;
    const [apache, ours] = await onBoth(pair, async (server) => {
      const plain = await connectRaw(server.host, server.plainPort);
      await plain.connectSession();
      const secure = await join(server, keysOf(client));
      const port = adminPorts[server.name === 'apache' ? 0 : 1];
      const text = await (await fetch(`http://127.0.0.1:${port}/commands/connections`)).text();
      const conf = await (await fetch(`http://127.0.0.1:${port}/commands/configuration`)).text();
      plain.destroy();
      secure.destroy();
      const { connections, secure_connections: secured } = JSON.parse(text) as Record<string, unknown[]>;
      return [text.replace(own, '$1'), connections?.length, secured?.length, Object.keys(JSON.parse(conf) as object)];
    });
    expect(ours).toEqual(apache);
    expect(ours?.slice(1, 3)).toEqual([1, 1]);
  });

  test('four-letter words on either port', async () => {
    const alice = issue({ subject: '/CN=words' });
    const masked = (text: string): string => text.replace(/:\d+\[[^\n]*/g, ':(a connection)').replace(/\d+(\.\d+)?/g, '9').replace(/(version: |built on ).*/g, '$1');
    const [apache, ours] = await onBoth(pair, async (server) => {
      const client = await join(server, keysOf(alice));
      const plain = await connectRaw(server.host, server.plainPort);
      await plain.connectSession();
      const out: string[] = [];
      for (const word of ['ruok', 'cons', 'stat', 'conf', 'isro', 'crst']) {
        const asker = await connectRawTls(server.host, server.securePort, keysOf(alice));
        const chunks: Buffer[] = [];
        asker.socket.on('data', (chunk: Buffer) => chunks.push(chunk));
        asker.sendBytes(Buffer.from(word));
        await asker.closed;
        out.push(`TLS ${word}: ${masked(Buffer.concat(chunks).toString())}`);
        if (word !== 'conf') out.push(`plain ${word}: ${masked(await fourLetterWord(server.host, server.plainPort, word))}`);
      }
      client.destroy();
      plain.destroy();
      return out.map((line) => line.replaceAll(server.group.server(1).dataDir, '(dir)'));
    });
    const directories = (lines: readonly string[] | undefined): string[] => (lines ?? []).map((line) => line.replace(/=\/[^\n]*/g, '=(dir)'));
    expect(directories(ours)).toEqual(directories(apache));
  });
});
