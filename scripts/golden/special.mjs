/**
 * Conversations that need servers of their own: an ensemble that is reconfigured, a server without its quorum, a
 * server with SASL, a server that is thrown away.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fourLetterWord, freePort, host, startServer, workDirectory } from './launch.mjs';
import { javaConversation } from './genuine.mjs';
import { forbiddenConversation } from './handmade.mjs';
import { RawClient, createBody, op, pathWatch, reconfigBody, setDataBody, string } from './raw.mjs';
import { startRecorder } from './recorder.mjs';

/** A server for what clients must not send. */
export async function captureForbidden() {
  const server = await startServer({ name: 'forbidden' });
  const recorder = await startRecorder(server.port);
  await forbiddenConversation(recorder);
  await recorder.close();
  await server.kill();
  return recorder.entries;
}

/** DIGEST-MD5 with Apache's Java client, and a client that does not authenticate though it must. */
export async function captureSasl() {
  const jaas = join(workDirectory, 'jaas.conf');
  const module = 'org.apache.zookeeper.server.auth.DigestLoginModule required';
  writeFileSync(jaas, `Server { ${module} user_bob="bobsecret"; };\nClient { ${module} username="bob" password="bobsecret"; };\n`);
  const login = `-Djava.security.auth.login.config=${jaas}`;
  const provider = '-Dzookeeper.authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider';
  const enforce = ['-Dzookeeper.enforce.auth.enabled=true', '-Dzookeeper.enforce.auth.schemes=sasl'];
  const server = await startServer({ name: 'sasl', options: [login, provider, ...enforce] });
  const recorder = await startRecorder(server.port);
  await javaConversation(recorder, [login], ['sasl']);
  const raw = new RawClient(recorder);
  await raw.connect('session without SASL');
  await raw.ask('SessionClosedRequireSaslAuth', op.getData, pathWatch('/'), { note: 'the server then closes' });
  await raw.end();
  await recorder.close();
  await server.kill();
  return recorder.entries;
}

/** One server of a two-server ensemble whose other half never comes. @param {string} name @param {'true' | 'false'} localSessions */
async function startReadOnlyServer(name, localSessions) {
  const lines = [];
  for (const id of [1, 2]) lines.push(`server.${id}=${host}:${await freePort()}:${await freePort()}`);
  return startServer({
    name, id: 1, serverLines: lines, options: ['-Dreadonlymode.enabled=true'],
    config: { tickTime: '500', localSessionsEnabled: localSessions },
  });
}

/** Read-only mode, with local sessions (without them Apache's server refuses every session). */
export async function captureReadOnly() {
  const strict = await startReadOnlyServer('read-only-strict', 'false');
  const strictRecorder = await startRecorder(strict.port);
  const turnedAway = new RawClient(strictRecorder);
  const note = 'without localSessionsEnabled the answer is a bare reply header with NotReadOnly, then the server closes';
  await turnedAway.connect('connect to a read-only server without local sessions', { readOnly: true }, note);
  await turnedAway.drop();
  await strictRecorder.close();
  await strict.kill();

  const server = await startReadOnlyServer('read-only', 'true');
  const recorder = await startRecorder(server.port);
  const refused = new RawClient(recorder);
  const answer = await refused.connect('connect to a read-only server without readOnly');
  if (answer === null) recorder.noteLast('the server closed the connection without an answer');
  else await refused.drop();
  const a = new RawClient(recorder);
  await a.connect('connect to a read-only server', { readOnly: true }, 'the answer says readOnly true');
  await a.ask('read-only: getData', op.getData, pathWatch('/'));
  await a.ask('read-only: create NotReadOnly', op.create, createBody('/x'));
  await a.ask('read-only: setData NotReadOnly', op.setData, setDataBody('/', ''));
  await a.ask('read-only: sync NotReadOnly', op.sync, string('/'));
  await a.drop();
  await recorder.close();
  await server.kill();
  const later = recorder.entries.map((entry) => ({ ...entry, connection: entry.connection + 1 }));
  return [...strictRecorder.entries, ...later];
}

/** Three servers, of which one leaves and comes back; local sessions on. */
export async function captureReconfig() {
  const ids = [1, 2, 3];
  /** @type {string[]} */
  const lines = [];
  /** @type {number[]} */
  const ports = [];
  for (const id of ids) {
    const port = await freePort();
    ports.push(port);
    lines.push(`server.${id}=${host}:${await freePort()}:${await freePort()}:participant;${host}:${port}`);
  }
  const options = ['-Dzookeeper.skipACL=yes', '-Dzookeeper.extendedTypesEnabled=true'];
  const servers = await Promise.all(ids.map((id, index) =>
    startServer({
      name: `ensemble-${id}`, id, port: ports[index] ?? 0, serverLines: lines, options,
      config: { tickTime: '500', reconfigEnabled: 'true', localSessionsEnabled: 'true', clientPort: '', clientPortAddress: '' },
    })));
  const modes = await Promise.all(servers.map((server) => fourLetterWord(server.port, 'srvr')));
  const leader = modes.findIndex((text) => text.includes('Mode: leader'));
  const follower = servers.findIndex((_, index) => index !== leader);
  const leaving = ids.find((_, index) => index !== leader && index !== follower) ?? 3;
  const recorder = await startRecorder(servers[follower]?.port ?? 0);
  await reconfigConversation(recorder, String(leaving), lines[leaving - 1] ?? '', [20_001, 20_011]);
  await recorder.close();
  await Promise.all(servers.map((server) => server.kill()));
  return recorder.entries;
}

/**
 * @param {import('./recorder.mjs').Recorder} recorder
 * @param {string} leaving
 * @param {string} line  the configuration line of that server
 * @param {readonly number[]} strangers  ports where nobody listens
 */
async function reconfigConversation(recorder, leaving, line, strangers) {
  const a = new RawClient(recorder);
  await a.connect('ensemble: connect', undefined, 'a local session');
  await a.ask('ensemble: create EphemeralOnLocalSession', op.create, createBody('/e', '', 1));
  await a.ask('ensemble: sync', op.sync, string('/'));
  await a.ask('ensemble: getConfig with watch', op.getData, pathWatch('/zookeeper/config', true));
  await a.ask('reconfig: BadArguments', op.reconfig, reconfigBody('server.9=nonsense', null, null, -1n));
  await a.ask('reconfig: BadVersion', op.reconfig, reconfigBody(null, leaving, null, 77n));
  const newMembers = strangers.map((port, index) => `server.${index + 8}=${host}:${port}:${port + 1}:participant;${host}:${port + 2}`);
  await a.ask('reconfig: NewConfigNoQuorum', op.reconfig, reconfigBody(null, null, newMembers.join(','), -1n));
  await a.ask('reconfig: a server leaves', op.reconfig, reconfigBody(null, leaving, null, -1n));
  await a.events(1);
  await a.ask('ensemble: getConfig after the change', op.getData, pathWatch('/zookeeper/config'));
  await a.ask('reconfig: the server joins', op.reconfig, reconfigBody(line, null, null, -1n));
  await a.ask('ensemble: closeSession', op.closeSession);
  await a.end();
}
