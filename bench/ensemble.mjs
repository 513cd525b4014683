/**
 * Three servers of ours beside three of Apache's: started from the same configuration, on the same machine, by turns,
 * under the same neutral clients; medians.
 *
 *   npm run build && npm run bench:ensemble                 all of it, some four minutes
 *   node bench/ensemble.mjs --runs 1 --seconds 0.5          a quick look
 *   node bench/ensemble.mjs --only loads --at 8,64          one part (starts, loads): at some numbers of connections
 *   node bench/ensemble.mjs --profile DIR                   only ours under the loads, with CPU profiles of all three
 *
 * The connections of a load are spread over the three servers; each keeps 8 requests in flight; values are 100 bytes.
 * CPU is µs of processor time of all three for each request, which other programs on the machine do not change.
 *
 * Limits: all three servers, and the client, share one machine, so throughput is that of its processors and its one
 * disk, not that of three machines; nothing here crosses a network. Apache's servers have run for a while before the
 * loads are measured, as ours have, but a Java server goes on getting faster for minutes. Time without writes is from
 * kill -9 to the first write that was asked for after it and acknowledged; clients look for a server every 5 ms.
 * Resident memory counts pages that processes share once for each; three Node processes with nothing in them have some
 * 130 MiB, so a quarter of what three small Java servers have at their start is out of reach.
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanUp } from '../scripts/golden/launch.mjs';
import { startBenchEnsemble } from './lib/bench-ensemble.mjs';
import { kinds } from './lib/bench-servers.mjs';
import { plantNodes, runLoad } from './lib/load-run.mjs';
import { median, printTable, ratio } from './lib/table.mjs';

process.on('exit', cleanUp);

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    at: { type: 'string', default: '1,8,64' },
    only: { type: 'string' },
    profile: { type: 'string' },
  },
});
const runs = Number(options.runs);
const seconds = Number(options.seconds);
const connectionCounts = options.at.split(',').map(Number);
const WARM_UP_SECONDS = 3;
const KILLS = 2;
const loads = /** @type {const} */ (['set', 'create']);

/** @typedef {import('./lib/bench-ensemble.mjs').BenchEnsemble} BenchEnsemble */
/** What was measured, for each kind. @typedef {Record<string, number[]>} Samples */

const noSamples = () => /** @type {Samples} */ ({ apache: [], ours: [] });

/** @param {string} what @param {Samples} samples @param {string} aim @param {number} [digits] @param {number} [unit] */
function row(what, samples, aim, digits = 0, unit = 1) {
  const [apache = NaN, ours = NaN] = kinds.map((kind) => median(samples[kind] ?? []) / unit);
  return [what, apache.toFixed(digits), ours.toFixed(digits), ratio(ours, apache), aim];
}

const MIB = 1024 * 1024;

async function measureStarts() {
  const [start, memory, leaders, followers] = [noSamples(), noSamples(), noSamples(), noSamples()];
  for (let run = 0; run < runs; run++) {
    for (const kind of kinds) {
      const ensemble = await startBenchEnsemble(kind, `start-${kind}`);
      start[kind]?.push(ensemble.firstWriteMs);
      memory[kind]?.push(ensemble.memory());
      for (let kill = 0; kill < KILLS; kill++) {
        const gaps = await ensemble.killLeader();
        leaders[kind]?.push(gaps.leaders);
        followers[kind]?.push(gaps.followers);
      }
      await ensemble.stop();
    }
  }
  return [
    row('cold start to the first write, ms', start, '0.25'),
    row('resident memory after it, MiB', memory, '0.25', 0, MIB),
    row("no writes after kill -9, leader's client, ms", leaders, '1'),
    row("no writes after kill -9, a follower's client, ms", followers, '1'),
  ];
}

async function measureLoads() {
  const ensembles = [];
  for (const kind of kinds) ensembles.push(await startBenchEnsemble(kind, `load-${kind}`));
  for (const ensemble of ensembles) {
    await plantNodes(ensemble);
    for (const kind of loads) await runLoad(ensemble, { kind, connections: 8, seconds: WARM_UP_SECONDS });
  }
  const rows = [];
  for (const kind of loads) {
    for (const connections of connectionCounts) {
      const [rate, p99, cpu] = [noSamples(), noSamples(), noSamples()];
      for (let run = 0; run < runs; run++) {
        for (const ensemble of ensembles) {
          const result = await runLoad(ensemble, { kind, connections, seconds });
          rate[ensemble.kind]?.push(result.perSecond);
          p99[ensemble.kind]?.push(result.p99);
          cpu[ensemble.kind]?.push(result.cpu);
        }
      }
      const at = `${kind}, ${connections} connection${connections === 1 ? '' : 's'}`;
      rows.push(row(`${at}, /s`, rate, '2'), row('  p99, ms', p99, '0.5', 2), row('  CPU of the three, µs', cpu, ''));
    }
  }
  const memory = noSamples();
  for (const ensemble of ensembles) {
    memory[ensemble.kind]?.push(ensemble.memory());
    await ensemble.stop();
  }
  return [...rows, row('resident memory after the loads, MiB', memory, '0.25', 0, MIB)];
}

/** @param {string} directory */
async function profile(directory) {
  mkdirSync(directory, { recursive: true });
  const ensemble = await startBenchEnsemble('ours', 'profile', ['--cpu-prof', `--cpu-prof-dir=${directory}`]);
  await plantNodes(ensemble);
  for (const kind of loads) {
    for (const connections of connectionCounts) {
      const { perSecond, p50, p99, cpu } = await runLoad(ensemble, { kind, connections, seconds });
      console.log(`${kind}, ${connections}: ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, CPU of the three ${cpu.toFixed(1)} µs`);
    }
  }
  await ensemble.stop('SIGTERM');
  console.log(`the profiles are in ${directory}`);
}

if (options.profile !== undefined) {
  await profile(resolve(options.profile));
} else {
  const parts = { starts: measureStarts, loads: measureLoads };
  const rows = [];
  for (const [name, measure] of Object.entries(parts)) if ((options.only ?? name) === name) rows.push(...(await measure()));
  printTable([['', 'Apache', 'ours', 'ours:Apache', 'aim'], ...rows]);
}
process.exit(0);
