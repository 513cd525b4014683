/**
 * The simulator as a program: `node sim.js FROM COUNT STRIDE [stop]` runs seeds and prints one JSON line each; with `stop` it
 * ends at the first that is not clean. SIM_FAULTS=0,3,5 keeps only those faults of the plan.
 */

import { runEnsemble, type EnsembleReport } from './ensemble-world.ts';

const [from = 1, count = 1, stride = 1] = process.argv.slice(2, 5).map(Number);
const stop = process.argv[5] === 'stop';
const faults = process.env['SIM_FAULTS'];
const withLogs = process.env['SIM_LOGS'] !== undefined;
let report: Partial<EnsembleReport> = {};

process.on('unhandledRejection', (error) => {
  process.stdout.write(`${JSON.stringify({ ...report, violations: [`nobody caught ${error instanceof Error ? error.stack ?? '' : String(error)}`] })}\n`);
  process.exit(1);
});

for (let i = 0; i < count; i++) {
  const seed = from + i * stride;
  report = { seed };
  report = await runEnsemble({ seed, withLogs, ...(faults === undefined ? {} : { onlyFaults: new Set(faults.split(',').map(Number)) }) });
  const { violations = [] } = report;
  const { trace, ...rest } = report;
  process.stdout.write(`${JSON.stringify(violations.length > 0 || withLogs ? { ...rest, trace } : rest)}\n`);
  if (stop && violations.length > 0) break;
}
