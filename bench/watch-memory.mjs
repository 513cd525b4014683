/**
 * What a watch costs, our server beside Apache's: live bytes after a full collection, before and after many watches are
 * set. Needs a JDK (jcmd, jstat).
 *
 *   npm run build && node bench/watch-memory.mjs [--nodes=100000] [--sessions=200]
 */
import { cleanUp, freePort, host } from '../scripts/golden/launch.mjs';
import { createBody, op, pathInt, pathWatch } from '../scripts/golden/raw.mjs';
import { PipelinedSession } from '../scripts/lib/pipelined-session.mjs';
import { kinds, startBenchServer } from './lib/bench-servers.mjs';
import { javaLiveBytes, nodeLiveBytes } from './lib/live-memory.mjs';

process.on('exit', cleanUp);

/** @param {string} name @param {number} fallback */
const option = (name, fallback) => Number(process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1] ?? fallback);
const nodes = option('nodes', 100_000);
const sessionCount = option('sessions', 200);
const PERSISTENT = 0;
const RECURSIVE = 1;

const nodePath = (/** @type {number} */ n) => `/watched/n${n}`;

/** @typedef {(n: number) => [number, Buffer]} Request */

/** @type {readonly { name: string, sessions: number, request: Request }[]} */
const cases = [
  { name: 'data, one session', sessions: 1, request: (n) => [op.getData, pathWatch(nodePath(n), true)] },
  { name: 'children, one session', sessions: 1, request: (n) => [op.getChildren, pathWatch(nodePath(n), true)] },
  { name: 'persistent, one session', sessions: 1, request: (n) => [op.addWatch, pathInt(nodePath(n), PERSISTENT)] },
  { name: 'recursive, one session', sessions: 1, request: (n) => [op.addWatch, pathInt(nodePath(n), RECURSIVE)] },
  {
    name: `data, ${sessionCount} sessions on the same nodes`, sessions: sessionCount,
    request: (n) => [op.getData, pathWatch(nodePath(n % Math.floor(nodes / sessionCount)), true)],
  },
];

/** @param {typeof kinds[number]} kind @param {typeof cases[number]} what */
async function bytesEach(kind, { sessions, request }) {
  const inspector = await freePort();
  const server = await startBenchServer(kind, `watch-${kind}`, [`--inspect=${host}:${inspector}`]);
  const live = () => (kind === 'apache' ? javaLiveBytes(server.pid) : nodeLiveBytes(inspector));
  const held = [];
  for (let i = 0; i < sessions; i++) held.push(await PipelinedSession.open(host, server.port));
  const [first] = held;
  await first?.send(op.create, createBody('/watched', ''));
  for (let n = 0; n < nodes; n++) await first?.send(op.create, createBody(nodePath(n), ''));
  // Every session has spoken, so that what a connection costs is not counted.
  for (const session of held) {
    await session.send(op.exists, pathWatch('/'));
    await session.settle();
  }
  const before = await live();
  for (let n = 0; n < nodes; n++) {
    const [type, body] = request(n);
    await held[Math.floor((n * sessions) / nodes)]?.send(type, body);
  }
  for (const session of held) await session.settle();
  const grown = (await live()) - before;
  await server.stop();
  return grown / nodes;
}

console.log(`live bytes for each of ${nodes} watches`.padEnd(50), 'Apache'.padStart(8), 'ours'.padStart(8));
for (const what of cases) {
  const cells = [];
  for (const kind of kinds) cells.push((await bytesEach(kind, what)).toFixed(0).padStart(8));
  console.log(what.name.padEnd(50), ...cells);
}
process.exit(0);
