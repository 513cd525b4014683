/** One run of the neutral client against servers, and what it cost them. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { host, spawnTied } from '../../scripts/golden/launch.mjs';
import { createBody, op } from '../../scripts/golden/raw.mjs';
import { PipelinedSession } from '../../scripts/lib/pipelined-session.mjs';

const CLIENT = fileURLToPath(new URL('load-client.mjs', import.meta.url));
const IN_FLIGHT = 8;
const DATA_BYTES = 100;
/** Reads and sets go over so many. */
const NODES = 1000;
let runs = 0;

/**
 * @typedef {object} Target
 * @property {readonly number[]} ports
 * @property {() => number} cpuMicros
 */

/**
 * Puts a load on servers; each connection keeps 8 requests in flight, values are 100 bytes.
 * @param {Target} target
 * @param {Partial<import('./load-client.mjs').Load>} what
 * @returns what the client saw, the processor time of the servers for each request in µs, and a way to end a client that lingers
 */
export async function runLoad(target, what) {
  const load = { host, ports: target.ports, kind: 'get', connections: 1, inFlight: IN_FLIGHT, nodes: NODES, dataBytes: DATA_BYTES, seconds: 1, prefix: `r${++runs}-`, ...what };
  const child = spawnTied(process.execPath, [CLIENT, JSON.stringify(load)], ['pipe', 'pipe', 'inherit']);
  let out = '';
  const cpuBefore = target.cpuMicros();
  child.stdout?.setEncoding('utf8').on('data', (text) => (out += text));
  const exit = once(child, 'exit');
  while (!out.includes('\n') && child.exitCode === null) await Promise.race([exit, once(/** @type {import('node:stream').Readable} */ (child.stdout), 'data')]);
  const result = /** @type {{ perSecond: number, p50: number, p99: number, refused: number, started: number }} */ (JSON.parse(out));
  if (result.refused > 0) throw new Error(`${result.refused} requests of ${load.kind} were refused`);
  const cpu = (target.cpuMicros() - cpuBefore) / result.started;
  return { ...result, cpu, end: async () => { child.stdin?.end(); await exit; } };
}

/** The nodes that loads read and set, and the parent of those that they create. @param {Target} target */
export async function plantNodes({ ports: [port = 0] }) {
  const session = await PipelinedSession.open(host, port);
  await session.send(op.create, createBody('/bench', ''));
  for (let n = 0; n < NODES; n++) await session.send(op.create, createBody(`/bench/${n}`, 'd'.repeat(DATA_BYTES)));
  await session.close();
}
