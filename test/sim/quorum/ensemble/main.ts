/**
 * The simulator as a program: `node sim.mjs FROM COUNT STRIDE` runs seeds and prints one JSON line each (scripts/sim.mjs).
 * SIM_FAULTS=0,3,5 keeps only those faults of the plan; SIM_LOGS=1 puts the members' logs into the trace.
 */

import { runEnsemble, type EnsembleReport } from './ensemble-world.ts';

const [from = 1, count = 1, stride = 1] = process.argv.slice(2, 5).map(Number);
const faults = process.env['SIM_FAULTS'];
const withLogs = process.env['SIM_LOGS'] !== undefined;
const withTrace = withLogs || process.env['SIM_SEED'] !== undefined;
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
  process.stdout.write(`${JSON.stringify(violations.length > 0 || withTrace ? { ...rest, trace } : rest)}\n`);
}
