/**
 * Captures what the servers of a real Apache ensemble say to each other: three voters and an observer, every election
 * and quorum port behind a relay. In: Java, ZooKeeper's jars, python3-kazoo. Out: test/vectors/quorum/ensemble.json.
 * Run by hand: node scripts/capture-quorum.mjs
 * Must hold: no byte is changed on its way.
 */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanUp, fourLetterWord, freePort, host, sleep, spawnTied, startServer, waitServing } from './golden/launch.mjs';
import { startTap } from './golden/quorum-tap.mjs';

/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */
/** @typedef {Awaited<ReturnType<typeof startTap>>} Tap */
/** @typedef {{ quorum: number, election: number }} Ports */

const target = fileURLToPath(new URL('../test/vectors/quorum/', import.meta.url));
const voters = [1, 2, 3];
const observer = 4;
const ids = [...voters, observer];

process.once('exit', cleanUp);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => process.exit(1));

mkdirSync(target, { recursive: true });
const { taps, servers, version } = await startEnsemble();
await waitAll();
await drive();

// The leader dies; the others elect again; writes go on; then it comes back and must catch up.
const leader = await findLeader();
await serverOf(leader).kill();
await waitServingAt(ids.filter((id) => id !== leader));
await drive();
await serverOf(leader).start();
await waitServing(serverOf(leader).port, serverOf(leader).log);
await sleep(1_500);
save(`Three voters and an observer start on empty directories, elect, sync and serve clients. Server ${leader} leads and is killed; \
the others elect and write; then it comes back.`);
process.exit(0);

async function startEnsemble() {
  /** @type {Map<number, Ports>} */
  const real = new Map();
  /** @type {Map<number, Tap>} */
  const taps = new Map();
  for (const id of ids) {
    const ports = { quorum: await freePort(), election: await freePort() };
    real.set(id, ports);
    taps.set(id, await startTap(id, ports));
  }
  /** @type {Map<number, Server>} */
  const servers = new Map();
  for (const id of ids) {
    const serverLines = ids.map((other) => {
      const ports = /** @type {Ports} */ (other === id ? real.get(id) : taps.get(other));
      return `server.${other}=${host}:${ports.quorum}:${ports.election}${other === observer ? ':observer' : ''}`;
    });
    const config = { tickTime: '500', initLimit: '20', syncLimit: '10', ...(id === observer ? { peerType: 'observer' } : {}) };
    servers.set(id, await startServer({ name: `member-${id}`, id, config, serverLines, waitServing: false }));
  }
  const first = /** @type {Server} */ (servers.get(1));
  await waitServing(first.port, first.log);
  const version = /Zookeeper version: ([\d.]+)/.exec(await fourLetterWord(first.port, 'srvr'))?.[1] ?? '';
  return { taps, servers, version };
}

/** @param {number} id */
function serverOf(id) {
  return /** @type {Server} */ (servers.get(id));
}

/** @param {readonly number[]} which */
async function waitServingAt(which) {
  for (const id of which) await waitServing(serverOf(id).port, serverOf(id).log);
}

function waitAll() {
  return waitServingAt(ids);
}

async function findLeader() {
  for (const id of voters) {
    if (/^Mode: leader/m.test(await fourLetterWord(serverOf(id).port, 'srvr'))) return id;
  }
  throw new Error('no leader');
}

/** Clients at every running server: writes, a sync, an identity, and a session that moves from one server to another. */
async function drive() {
  const ports = [];
  for (const id of ids) if (await fourLetterWord(serverOf(id).port, 'ruok')) ports.push(serverOf(id).port);
  const script = fileURLToPath(new URL('golden/quorum_clients.py', import.meta.url));
  const client = spawnTied('/usr/bin/python3', [script, ...ports.map(String)], ['ignore', 'inherit', 'inherit']);
  const [code] = /** @type {[number | null]} */ (await once(client, 'exit'));
  if (code !== 0) throw new Error(`the clients ended with ${code}`);
}

/**
 * Writes what was said, but of connections that only repeat another one.
 * @param {string} about
 */
function save(about) {
  const all = [...taps.values()].flatMap((tap) => tap.recorded()).map((one) => JSON.stringify(one));
  const connections = [...new Set(all)];
  const head = { about, server: `Apache ZooKeeper ${version}`, format: 'README.md' };
  const lines = connections.map((one) => `    ${one}`).join(',\n');
  writeFileSync(join(target, 'ensemble.json'), `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "connections": [\n${lines}\n  ]\n}\n`);
  console.log(`${connections.length} connections`);
}
