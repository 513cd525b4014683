/**
 * SASL DIGEST-MD5 with Apache's server and with ours: good and bad logins get the same answers, give the same
 * identities, and keep or lose the connection alike.
 */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApacheStandalone } from '../support/apache.ts';
import { startEmbeddedStandalone } from '../support/embedded.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { connectRaw, jute, type RawClient } from '../support/raw-client.ts';
import { describeWith } from '../support/requirements.ts';
import type { ServersHandle } from '../support/server-group.ts';

const SASL = 102;
const CREATE = 1;
const GET_DATA = 4;
const AUTH = 100;
const WHO_AM_I = 107;

const jaas = `
// Users of the test.
Other { some.other.Module optional x=y; };
Server {
  /* as Apache's documentation has it */
  org.apache.zookeeper.server.auth.DigestLoginModule required
    user_super="super secret"
    user_alice="it's \\"quoted\\""
    user_bob=plain
    user_zoë="größe"
    user_λ="λόγος";
};`;

type Fields = Record<string, string>;

interface Attempt {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** Changes the response's directives before they are sent; the response value is computed before that. */
  readonly change?: (fields: Fields) => Fields;
  /** Sent in place of the directives. */
  readonly raw?: (fields: Fields) => string;
  readonly initial?: string;
}

const bob = { user: 'bob', password: 'plain' };
const without = (name: string) => (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

const attempts: readonly Attempt[] = [
  { name: 'a good login', ...bob },
  { name: 'a quoted password', user: 'alice', password: 'it\'s "quoted"' },
  { name: 'a password with a space', user: 'super', password: 'super secret' },
  { name: 'text within ISO 8859-1', user: 'zoë', password: 'größe' },
  { name: 'text beyond ISO 8859-1', user: 'λ', password: 'λόγος' },
  { name: 'a wrong password', user: 'bob', password: 'wrong' },
  { name: 'an unknown user', user: 'nobody', password: 'not the password of another' },
  { name: 'no realm', ...bob, change: without('realm') },
  { name: 'no charset', ...bob, change: without('charset') },
  { name: 'no qop', ...bob, change: without('qop') },
  { name: 'no nonce', ...bob, change: without('nonce') },
  { name: 'no cnonce', ...bob, change: without('cnonce') },
  { name: 'no nc', ...bob, change: without('nc') },
  { name: 'no digest-uri', ...bob, change: without('digest-uri') },
  { name: 'no response', ...bob, change: without('response') },
  { name: 'no username', ...bob, change: without('username') },
  { name: 'another realm', ...bob, change: (fields) => ({ ...fields, realm: '"elsewhere"' }) },
  { name: 'another nonce', ...bob, change: (fields) => ({ ...fields, nonce: '"other"' }) },
  { name: 'another count', ...bob, change: (fields) => ({ ...fields, nc: '00000002' }) },
  { name: 'another service', ...bob, change: (fields) => ({ ...fields, 'digest-uri': '"ldap/zk-sasl-md5"' }) },
  { name: 'another charset', ...bob, change: (fields) => ({ ...fields, charset: 'latin1' }) },
  { name: 'a protection that is not offered', ...bob, change: (fields) => ({ ...fields, qop: 'auth-conf' }) },
  { name: 'an unknown directive', ...bob, change: (fields) => ({ ...fields, extra: 'x' }) },
  { name: 'maxbuf', ...bob, change: (fields) => ({ ...fields, maxbuf: '65536' }) },
  { name: 'a quoted count', ...bob, change: (fields) => ({ ...fields, qop: '"auth"' }) },
  { name: 'blanks and commas', ...bob, raw: (fields) => `, ${joined(fields, ' ,\t')} ,` },
  { name: 'a directive twice', ...bob, raw: (fields) => `${joined(fields)},username="bob"` },
  { name: 'an open quote', ...bob, raw: (fields) => `${joined(fields)},extra="x` },
  { name: 'nonsense', ...bob, raw: () => 'nonsense' },
  { name: 'nothing', ...bob, raw: () => '' },
  { name: 'too much', ...bob, raw: (fields) => `${joined(fields)},extra="${'x'.repeat(5_000)}"` },
  { name: 'an initial response', ...bob, initial: 'hello' },
];

function joined(fields: Fields, separator = ','): string {
  return Object.entries(fields).map(([key, value]) => `${key}=${value}`).join(separator);
}

function md5(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The directives of an honest client (RFC 2831), and what the server must prove itself with. */
function respond(challenge: string, { user, password }: Attempt): { fields: Fields; rspauth: string } {
  const nonce = /nonce="([^"]*)"/.exec(challenge)?.[1] ?? '';
  const cnonce = 'c0ffee';
  const uri = 'zookeeper/zk-sasl-md5';
  const login = `${user}:zk-sasl-md5:${password}`;
  const narrow = [...login].every((char) => (char.codePointAt(0) ?? 0) < 0x100);
  const secret = md5(md5(Buffer.from(login, narrow ? 'latin1' : 'utf8')), `:${nonce}:${cnonce}`).toString('hex');
  const value = (method: string): string =>
    md5(`${secret}:${nonce}:00000001:${cnonce}:auth:${md5(`${method}:${uri}`).toString('hex')}`).toString('hex');
  const fields = {
    charset: 'utf-8', username: quoted(user), realm: '"zk-sasl-md5"', nonce: `"${nonce}"`, nc: '00000001',
    cnonce: `"${cnonce}"`, 'digest-uri': `"${uri}"`, response: value('AUTHENTICATE'), qop: 'auth',
  };
  return { fields, rspauth: `rspauth=${value('')}` };
}

function tokenIn(body: Buffer): string {
  if (body.length === 0) return 'no body';
  return body.readInt32BE(0) < 0 ? 'null' : body.subarray(4).toString('utf8');
}

/** Sends a request; what came of it in one line, and the token. */
async function say(client: RawClient, opcode: number, body: Uint8Array): Promise<{ line: string; body: Buffer }> {
  try {
    const reply = await client.request(opcode, body);
    return { line: `err ${reply.err} zxid ${opcode === CREATE ? 'any' : reply.zxid}`, body: reply.body };
  } catch {
    return { line: 'closed', body: Buffer.alloc(0) };
  }
}

function identitiesIn(body: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 4; at < body.length; ) {
    const length = body.readInt32BE(at);
    texts.push(body.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return texts;
}

/** Logs in and tells what happened, with what no two runs share left out. */
async function tryLogin(server: ServersHandle, attempt: Attempt): Promise<string[]> {
  const { host, clientPort } = server.server(1);
  const client = await connectRaw(host, clientPort);
  try {
    await client.connectSession();
    const challenged = await say(client, SASL, jute.string(attempt.initial ?? ''));
    const challenge = tokenIn(challenged.body);
    const { fields, rspauth } = respond(challenge, attempt);
    const text = attempt.raw?.(fields) ?? joined(attempt.change?.(fields) ?? fields);
    const answered = await say(client, SASL, jute.string(text));
    const token = tokenIn(answered.body);
    const who = await say(client, WHO_AM_I, Buffer.alloc(0));
    return [
      challenged.line, challenge.replace(/nonce="[^"]+"/, 'nonce'),
      answered.line, token === rspauth ? 'the right proof' : token.replace(/=[0-9a-f]{32}$/, '=(another proof)'),
      who.line, ...identitiesIn(who.body),
    ];
  } finally {
    client.destroy();
  }
}

async function login(server: ServersHandle, user: string, password: string): Promise<RawClient> {
  const client = await connectRaw(server.server(1).host, server.server(1).clientPort);
  await client.connectSession();
  const { body } = await say(client, SASL, jute.string(''));
  await say(client, SASL, jute.string(joined(respond(tokenIn(body), { name: '', user, password }).fields)));
  return client;
}

function create(path: string, scheme: string, id: string, perms = 31): Buffer {
  return Buffer.concat([jute.string(path), jute.string('data'), jute.vector([jute.acl(perms, scheme, id)]), jute.int(0)]);
}

/** What SASL ids in ACLs do: which are valid, and who gets at what. */
async function useAcls(server: ServersHandle): Promise<string[]> {
  const [bobs, alices] = [await login(server, 'bob', 'plain'), await login(server, 'alice', 'it\'s "quoted"')];
  try {
    const out: string[] = [];
    const ids = ['', 'bob', 'a/b', 'a@b', 'a/b@c', 'a/b/c@d', 'a@b@c', '@', '@b', 'a@', ' ', 'a b', 'everybody'];
    for (const [at, id] of ids.entries()) out.push(`${id}: ${(await say(bobs, CREATE, create(`/sasl-${at}`, 'sasl', id))).line}`);
    out.push((await say(bobs, CREATE, create('/own', 'auth', ''))).line);
    for (const client of [bobs, alices]) {
      for (const path of ['/own', '/sasl-1', `/sasl-${ids.indexOf('everybody')}`, '/sasl-0']) {
        out.push(`${path} ${(await say(client, GET_DATA, Buffer.concat([jute.string(path), jute.bool(false)]))).line.slice(0, 8)}`);
      }
    }
    out.push((await say(bobs, AUTH, Buffer.concat([jute.int(0), jute.string('sasl'), jute.string('bob')]))).line);
    return out;
  } finally {
    bobs.destroy();
    alices.destroy();
  }
}

const provider = { 'authProvider.1': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider' };

const variants = [
  { name: 'with a JAAS file', config: provider, jvm: [], withFile: true, failsAreRefused: true },
  {
    name: 'with every option',
    config: provider,
    jvm: [
      '-Dzookeeper.allowSaslFailedClients=true', '-Dzookeeper.superUser=bob', '-Dzookeeper.letAnySaslUserDoX=everybody',
      '-Dzookeeper.SASLAuthenticationProvider.superPassword=another', '-Dzookeeper.sasl.serverconfig=Server',
    ],
    withFile: true,
    failsAreRefused: false,
  },
  { name: 'with a section that is not there', config: provider, jvm: ['-Dzookeeper.sasl.serverconfig=Nowhere'], withFile: true, failsAreRefused: false },
  { name: 'without the provider', config: {}, jvm: [], withFile: true, failsAreRefused: true },
  { name: 'without a JAAS file', config: provider, jvm: [], withFile: false, failsAreRefused: false },
];

describeWith(['java', 'zookeeper'], 'SASL with Apache ZooKeeper and with the embedded server', () => {
  describe.each(variants)('$name', ({ config, jvm, withFile, failsAreRefused }) => {
    let running: ServersHandle[] = [];

    beforeAll(async () => {
      const file = join(temporaryDirectory('zooscope-jaas-'), 'jaas.conf');
      writeFileSync(file, jaas);
      const properties = [...jvm, ...(withFile ? [`-Djava.security.auth.login.config=${file}`] : [])];
      running = await Promise.all([
        startApacheStandalone({ config, jvm: [...properties, '-Dfile.encoding=UTF-8'] }),
        startEmbeddedStandalone({ config, jvm: properties }),
      ]);
    });
    afterAll(() => Promise.all(running.map((group) => group.stopAll())));

    test.each(attempts)('$name', async (attempt) => {
      const [apache, embedded] = await Promise.all(running.map((server) => tryLogin(server, attempt)));
      expect(embedded).toEqual(apache);
    });

    // Apache's servers share one callback handler among all connections: an unknown user's login is checked against
    // the password of whoever logged in before, and an empty name ends in an exception and a closed connection.
    const strangers = [['nobody', 'plain'], ['', 'plain'], ['', '']] as const;
    if (failsAreRefused) test.each(strangers)('ours refuses %j with %j', async (user, password) => {
      const [, embedded] = running;
      if (embedded === undefined) throw new Error('no embedded server');
      await tryLogin(embedded, { name: '', user: 'bob', password: 'plain' });
      expect((await tryLogin(embedded, { name: '', user, password })).slice(2)).toEqual(['err -115 zxid 0', 'null', 'closed']);
    });

    test('ids in ACLs', async () => {
      const [apache, embedded] = await Promise.all(running.map(useAcls));
      expect(embedded).toEqual(apache);
    });
  });
});
