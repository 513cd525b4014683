/**
 * Export and import of whole subtrees through the command line, beside a straightforward pipelined kazoo script that
 * does the same, alternating in the same run, on one Apache server; and what another client of the server feels of it.
 *
 *     npm run bench:transfer -- [--sizes 10000,100000] [--runs 3] [--data 100] [--no-kazoo]
 *
 * Prints for each size and program: nodes a second (median of the runs), peak resident memory, and the probe's read and
 * write times meanwhile (median / 99th percentile) beside those of an idle server. Needs a build (out/).
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cleanUp, host, startServer, workDirectory } from '../scripts/golden/launch.mjs';
import { createBody, op } from '../scripts/golden/raw.mjs';
import { PipelinedSession } from '../scripts/lib/pipelined-session.mjs';
import { measuredRun } from './lib/measured-run.mjs';
import { startProbe } from './lib/probe-client.mjs';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000' }, runs: { type: 'string', default: '3' }, data: { type: 'string', default: '100' },
    'no-kazoo': { type: 'boolean', default: false }, heap: { type: 'string', default: '2g' },
  },
});
const cli = process.env['ZOOSCOPE_CLI'] ?? new URL('../out/main/cli.js', import.meta.url).pathname;
const script = new URL('lib/kazoo_transfer.py', import.meta.url).pathname;
const python = process.env['KAZOO_PYTHON'] ?? '/usr/bin/python3';
/** A server as people run it: with the compiler that the tests' quick starts leave out. */
const AS_USUAL = ['-XX:TieredStopAtLevel=4'];
const IDLE_MS = 4_000;
const CHILDREN = 1_000;

process.env['ZOOSCOPE_HOME'] = join(workDirectory, 'home');

/** @param {number} port @param {string} root @param {number} nodes @param {number} bytes */
async function plantPlain(port, root, nodes, bytes) {
  const session = await PipelinedSession.open(host, port);
  const data = Buffer.alloc(bytes, '{"host":"10.0.0.1"} ');
  await session.send(op.create, createBody(root, ''));
  for (let n = 1, parent = ''; n < nodes; n++) {
    const group = Math.floor(n / CHILDREN);
    if (n % CHILDREN === 0 || parent === '') parent = `${root}/group-${group}`;
    await session.send(op.create, createBody(n % CHILDREN === 0 || n === 1 ? parent : `${parent}/node-${n}`, data));
  }
  await session.close();
}

const median = (/** @type {number[]} */ list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
const times = (/** @type {number[]} */ [half, most]) => `${half?.toFixed(1)}/${most?.toFixed(1)}`;

/** @typedef {{ rates: number[], peaks: number[], felt: string[] }} Row */

/** @param {number} port @param {number} size */
async function measureSize(port, size) {
  const connect = `${host}:${port}`;
  const root = `/bench-${size}`;
  await plantPlain(port, root, size, Number(values.data));
  const probe = await startProbe(host, port);
  await delay(IDLE_MS);
  const idle = probe.take();
  console.log(`\n${size} nodes of ${values.data} bytes; another client, idle: read ${times(idle.read)} ms, write ${times(idle.write)} ms`);
  /** @type {Map<string, Row>} */
  const rows = new Map();
  const run = async (/** @type {string} */ name, /** @type {string} */ command, /** @type {string[]} */ args) => {
    probe.take();
    const { ms, peak } = await measuredRun(command, args);
    const felt = probe.take();
    const row = rows.get(name) ?? { rates: [], peaks: [], felt: [] };
    rows.set(name, row);
    row.rates.push((size * 1000) / ms);
    row.peaks.push(peak);
    row.felt.push(`read ${times(felt.read)}, write ${times(felt.write)}`);
  };
  const zooscope = (/** @type {string} */ name, /** @type {string[]} */ args) => run(`zooscope ${name}`, process.execPath, [cli, ...args, '--quiet']);
  const kazoo = (/** @type {string} */ name, /** @type {string[]} */ args) => run(`kazoo ${name}`, python, [script, ...args]);
  for (let n = 0; n < Number(values.runs); n++) {
    const ours = join(workDirectory, `ours-${n}`);
    const theirs = join(workDirectory, `theirs-${n}`);
    await zooscope('export', ['export', connect, root, '-o', ours]);
    if (!values['no-kazoo']) await kazoo('export', ['export', connect, root, theirs]);
    await zooscope('import', ['import', ours, connect, `${root}-ours`]);
    await zooscope('delete', ['delete', connect, `${root}-ours`, '--recursive', '--yes']);
    if (!values['no-kazoo']) {
      await kazoo('import', ['import', theirs, connect, `${root}-theirs`]);
      await zooscope('delete', ['delete', connect, `${root}-theirs`, '--recursive', '--yes']);
    }
    rmSync(ours, { force: true });
    rmSync(theirs, { force: true });
  }
  await probe.stop();
  for (const [name, { rates, peaks, felt }] of rows) {
    const peak = Math.max(...peaks) / 1e6;
    console.log(`  ${name.padEnd(16)} ${median(rates).toFixed(0).padStart(7)} nodes/s   peak ${peak.toFixed(0).padStart(5)} MB   another client: ${felt[felt.length - 1]} ms`);
  }
  for (const what of ['export', 'import']) {
    const [ours, theirs] = [rows.get(`zooscope ${what}`), rows.get(`kazoo ${what}`)];
    if (ours && theirs) console.log(`  ${what}: ${(median(ours.rates) / median(theirs.rates)).toFixed(1)} times kazoo's rate`);
  }
}

try {
  for (const size of values.sizes.split(',').map(Number)) {
    const server = await startServer({ name: `bench-${size}`, options: [`-Xmx${values.heap}`, ...AS_USUAL], config: { snapCount: '1000000' } });
    await measureSize(server.port, size);
    await server.kill();
  }
} finally {
  cleanUp();
}
