/**
 * Whole ensembles with their clients under faults, from many seeds (ensemble/ensemble-world.ts says what is checked).
 * A failing seed is named; `SIM_SEED=n npm run sim` runs it alone and prints what happened. `SIM_SEEDS=n` runs more.
 */

import { expect, test } from 'vitest';
import { runSimulator } from './sim-program.ts';

const seeds = process.env['SIM_SEED'] === undefined ? Number(process.env['SIM_SEEDS'] ?? 700) : 1;

test(`every promise is kept, and all come to one state when the faults end, from ${seeds} seeds`, async () => {
  const { code, output } = await runSimulator(['--seeds', String(seeds)]);
  expect(code, output).toBe(0);
  if (process.env['SIM_SEED'] !== undefined) console.log(output);
  const [last = ''] = output.trim().split('\n').slice(-1);
  console.log(last);
  if (seeds < 100) return;
  // A run in which nothing happens proves nothing.
  const count = (what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(last)?.[1]);
  expect(count('epochs')).toBeGreaterThan(seeds * 2);
  expect(count('transactions')).toBeGreaterThan(seeds * 100);
  expect(count('read-only answers')).toBeGreaterThan(seeds);
  expect(count('TRUNC')).toBeGreaterThan(seeds / 50);
  expect(count('SNAP')).toBeGreaterThan(seeds);
}, 3_600_000);

test('the same seed gives the same run', async () => {
  const runs = await Promise.all([1, 2].map(() => runSimulator([], [], { SIM_SEED: '7', SIM_LOGS: '1', SIM_FAULTS: undefined })));
  const lines = (output: string): string[] => output.split('\n').filter((line) => !line.includes(' seeds in '));
  expect(lines(runs[0]?.output ?? '').length).toBeGreaterThan(500);
  expect(lines(runs[1]?.output ?? '')).toEqual(lines(runs[0]?.output ?? ''));
}, 120_000);
