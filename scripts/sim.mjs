/**
 * `npm run sim -- --seeds 100000`: the simulator of the ensemble for long (test/sim/quorum/ensemble).
 * In: `--seeds N` how many, `--from N` the first, `--jobs N` processes (one a core), `--stop` at the first that is not
 * clean, `--out DIR`, `--changes FILE` with planted faults (JSON: {file, find, replace}[]). Out: progress, and every seed
 * that is not clean with its trace in out/sim/. `SIM_SEED=N` runs that seed alone and prints its trace, with `SIM_LOGS=1`
 * every member's log and every client's question in it; `SIM_FAULTS=0,3` keeps only those faults of its plan.
 * Exit code 1 when a seed is not clean.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { buildSimulator } from './lib/sim-bundle.mjs';

const PROGRESS_MS = 10_000;

const options = /** @type {const} */ ({
  seeds: { type: 'string', default: '1000' },
  from: { type: 'string', default: '1' },
  jobs: { type: 'string', default: String(availableParallelism()) },
  stop: { type: 'boolean', default: false },
  out: { type: 'string', default: join(import.meta.dirname, '..', 'out', 'sim') },
  changes: { type: 'string' },
});

/** What was asked for; a word that is none ends it with one line. */
function asked() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`npm run sim: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  }
}
const values = asked();
for (const name of /** @type {const} */ (['seeds', 'from', 'jobs'])) {
  if (/^[1-9]\d*$/.test(values[name])) continue;
  console.error(`npm run sim: --${name} is a whole number from 1, not '${values[name]}'`);
  process.exit(2);
}
const { out, stop } = values;
mkdirSync(out, { recursive: true });
const only = process.env['SIM_SEED'];
const seeds = only === undefined ? Number(values.seeds) : 1;
const from = only === undefined ? Number(values.from) : Number(only);
const jobs = Math.min(seeds, Number(values.jobs));

const startedMs = performance.now();
const sums = { done: 0, steps: 0, epochs: 0, transactions: 0, answers: 0, readOnlyAnswers: 0, reconfigurations: 0, diff: 0, trunc: 0, snap: 0 };
/** @type {number[]} */
const failed = [];
/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/** @param {string} line */
function report(line) {
  /** @type {{ seed: number, violations: string[], trace?: string[], steps: number, epochs: number, transactions: number, answers: number, readOnlyAnswers: number, reconfigurations: number, syncs: { diff: number, trunc: number, snap: number } }} */
  const run = JSON.parse(line);
  sums.done++;
  sums.steps += run.steps ?? 0;
  sums.epochs += run.epochs ?? 0;
  sums.transactions += run.transactions ?? 0;
  sums.answers += run.answers ?? 0;
  sums.readOnlyAnswers += run.readOnlyAnswers ?? 0;
  sums.reconfigurations += run.reconfigurations ?? 0;
  for (const how of /** @type {const} */ (['diff', 'trunc', 'snap'])) sums[how] += run.syncs?.[how] ?? 0;
  const trace = (run.trace ?? []).join('\n');
  if (only !== undefined) console.log(trace);
  if (run.violations.length === 0) return;
  failed.push(run.seed);
  const file = join(out, `seed-${run.seed}.txt`);
  writeFileSync(file, `${run.violations.join('\n')}\n\n${trace}\n`);
  console.log(`seed ${run.seed} (again: SIM_SEED=${run.seed} npm run sim): ${run.violations[0]?.slice(0, 300)}`);
  if (stop) for (const child of children) child.kill();
}

function progress() {
  const seconds = (performance.now() - startedMs) / 1000;
  const { done, steps, epochs, transactions, answers, readOnlyAnswers, reconfigurations, diff, trunc, snap } = sums;
  console.log(`${done} of ${seeds} seeds in ${seconds.toFixed(0)} s, ${failed.length} not clean; ${steps} steps, ${epochs} epochs, ${transactions} transactions, ${answers} answers, ${readOnlyAnswers} read-only answers, ${reconfigurations} reconfigurations; ${diff} DIFF, ${trunc} TRUNC, ${snap} SNAP`);
}

/** @param {string} program @param {number} job @returns {Promise<void>} */
function work(program, job) {
  const count = Math.ceil((seeds - job) / jobs);
  const child = spawn(process.execPath, [program, String(from + job), String(count), String(jobs)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', report);
  return new Promise((resolve) => child.on('close', () => resolve()));
}

const program = await buildSimulator(out, values.changes === undefined ? [] : JSON.parse(readFileSync(values.changes, 'utf8')));
const timer = setInterval(progress, PROGRESS_MS);
await Promise.all(Array.from({ length: jobs }, (_, job) => work(program, job)));
clearInterval(timer);
progress();
if (sums.done < seeds) console.log(`${seeds - sums.done} seeds were not run to their end`);
process.exitCode = failed.length > 0 || sums.done < seeds ? 1 : 0;
