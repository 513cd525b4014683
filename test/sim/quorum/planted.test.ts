/** A proof that finds nothing when something is wrong proves nothing: each of these mistakes must be found, and by its own mark. */

import { expect, test } from 'vitest';
import { PLANTED } from './planted.ts';
import { runSimulator } from './sim-program.ts';

test.each(PLANTED.map((planted) => [planted.name, planted] as const))('%s', async (_name, { changes, finds, seeds }) => {
  const { output } = await runSimulator(['--seeds', String(seeds), '--stop'], changes, { SIM_SEED: undefined, SIM_FAULTS: undefined });
  const found = output.split('\n').filter((line) => line.startsWith('seed '));
  expect(found.join('\n'), output).toMatch(finds);
}, 600_000);
