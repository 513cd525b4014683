/**
 * Servers that demand authentication before anything else, Apache's and ours: what each request is answered with until
 * then, what is enough, and what a login that fails comes to. And what is refused at the start.
 */

import { writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { Authority } from '../support/certificates.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { connectRaw, jute, type RawClient } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';
import { createWith, join, keysOf, pemStores, say, startPair, tryJoin } from './tls-support.ts';

const CREATE = 1;
const EXISTS = 3;
const PING = 11;
const CLOSE = -11;
const AUTH = 100;
const SASL = 102;
const WHO_AM_I = 107;

const auth = (scheme: string, credential: string): Buffer => Buffer.concat([jute.int(0), jute.string(scheme), jute.string(credential)]);
const exists = Buffer.concat([jute.string('/'), jute.bool(false)]);

/** What a client asks for, each time on a connection of its own. */
const conversations: Readonly<Record<string, (client: RawClient) => Promise<string[]>>> = {
  'a read': async (client) => [await say(client, EXISTS, exists), await say(client, EXISTS, exists)],
  'a write': async (client) => [await say(client, CREATE, createWith('/x', 'world', 'anyone'))],
  'a ping': async (client) => [await say(client, PING, Buffer.alloc(0), -2)],
  whoAmI: async (client) => [await say(client, WHO_AM_I)],
  'a goodbye': async (client) => [await say(client, CLOSE)],
  'an unknown operation': async (client) => [await say(client, 77)],
  'a digest first': async (client) => [
    await say(client, AUTH, auth('digest', 'bob:secret'), -4), await say(client, EXISTS, exists), await say(client, WHO_AM_I),
  ],
  'a wrong scheme first': async (client) => [await say(client, AUTH, auth('nosuch', 'x'), -4), await say(client, EXISTS, exists)],
  'an address first': async (client) => [await say(client, AUTH, auth('ip', ''), -4), await say(client, EXISTS, exists)],
  'a bad SASL login first': async (client) => [
    (await say(client, SASL, jute.string(''))).replace(/\d+ bytes/, 'bytes'), await say(client, SASL, jute.string('nonsense')), await say(client, EXISTS, exists),
  ],
  'no SASL token first': async (client) => [await say(client, SASL, jute.string(null)), await say(client, EXISTS, exists)],
};

async function converse(group: ServersHandle): Promise<string[]> {
  const { host, clientPort } = group.server(1);
  const out: string[] = [];
  for (const [name, talk] of Object.entries(conversations)) {
    const client = await connectRaw(host, clientPort);
    await client.connectSession();
    out.push(`${name}: ${(await talk(client)).join(', ')}`);
    client.destroy();
  }
  return out;
}

function jaasFile(): string {
  const file = joinPath(temporaryDirectory('zooscope-jaas-'), 'jaas.conf');
  writeFileSync(file, 'Server { org.apache.zookeeper.server.auth.DigestLoginModule required user_bob="plain"; };\n');
  return file;
}

const sasl = { 'authProvider.1': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider' };

const variants: readonly { name: string; config: Record<string, string>; jvm?: string[]; withJaas?: boolean }[] = [
  { name: 'digest', config: { 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': 'digest' } },
  { name: 'digest or SASL', config: { ...sasl, 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': ' sasl , digest' }, withJaas: true },
  { name: 'sessionRequireClientSASLAuth', config: { ...sasl, sessionRequireClientSASLAuth: 'true', allowSaslFailedClients: 'true' }, withJaas: true },
  { name: 'ip, which everybody has', config: { 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': 'ip' } },
];

describeWith(['java', 'zookeeper', 'openssl'], 'enforced authentication, Apache ZooKeeper beside the embedded server', () => {
  test.each(variants)('$name', async ({ config, withJaas }) => {
    const jvm = withJaas === true ? [`-Djava.security.auth.login.config=${jaasFile()}`] : [];
    // Words are no requests: a server may be asked how it is.
    const groups = await Promise.all([startApacheStandalone({ config, jvm }), startEmbeddedStandalone({ config, jvm })]);
    try {
      const [apache, ours] = await Promise.all(groups.map(converse));
      expect(ours).toEqual(apache);
    } finally {
      await Promise.all(groups.map((group) => group.stopAll()));
    }
  });

  test('a certificate', async () => {
    const authority = new Authority();
    const own = authority.issue({ subject: '/CN=localhost' });
    const alice = authority.issue({ subject: '/CN=alice' });
    const config = { ...pemStores(authority, own), 'ssl.clientAuth': 'want', 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': 'x509' };
    const pair = await startPair({ config });
    try {
      const [apache, ours] = await Promise.all(pair.map(async (server) => {
        const out = [await tryJoin(server, keysOf(alice))];
        const anonymous = await join(server, {});
        out.push(await say(anonymous, EXISTS, exists));
        const plain = await connectRaw(server.host, server.plainPort);
        await plain.connectSession();
        out.push(await say(plain, EXISTS, exists));
        anonymous.destroy();
        plain.destroy();
        return out;
      }));
      expect(ours).toEqual(apache);
    } finally {
      await Promise.all(pair.map(({ group }) => group.stopAll()));
    }
  });

  test('an eager check of ACLs is one of ensembles: a server alone decides in its turn, and spends a zxid on it', async () => {
    const config = { enableEagerACLCheck: 'true' };
    const groups = await Promise.all([startApacheStandalone({ config }), startEmbeddedStandalone({ config })]);
    try {
      const [apache, ours] = await Promise.all(groups.map(async (group) => {
        const client = await connectRaw(group.server(1).host, group.server(1).clientPort);
        await client.connectSession();
        const bodies = [createWith('/closed', 'world', 'anyone', 1), createWith('/closed/x', 'world', 'anyone'), createWith('/bad', 'nosuch', 'x')];
        const out: string[] = [];
        for (const body of bodies) {
          const { err, zxid } = await client.request(CREATE, body);
          out.push(`err ${err} zxid ${zxid}`);
        }
        client.destroy();
        return out;
      }));
      expect(ours).toEqual(apache);
      expect(ours?.map((line) => line.split(' ')[1])).toEqual(['0', '-102', '-114']);
    } finally {
      await Promise.all(groups.map((group) => group.stopAll()));
    }
  });

  test.each([
    ['no scheme', { 'enforce.auth.enabled': 'true' }, 'zookeeper.enforce.auth.schemes'],
    ['a scheme that is not there', { 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': 'digest,sasl' }, 'sasl'],
  ])('%s: neither server starts', async (_name, config, named) => {
    for (const start of [startApacheStandalone, startEmbeddedStandalone]) {
      await expect(start({ config })).rejects.toThrow(named);
    }
  });
});
