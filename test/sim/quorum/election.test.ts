/**
 * Elections under faults, from many seeds. A failing seed is named; `SIM_SEED=n` runs it alone and prints what happened,
 * and `SIM_FAULTS=0,3,5` keeps only those faults of its plan, to make it smaller by hand. `SIM_SEEDS=n` runs more.
 */

import { describe, expect, test } from 'vitest';
import { ElectionWorld, type WorldOptions } from './election-world.ts';

const only = process.env['SIM_SEED'];
const faults = process.env['SIM_FAULTS'];
const seeds = Number(process.env['SIM_SEEDS'] ?? 2_000);

function runSeed(options: WorldOptions): ElectionWorld {
  const world = new ElectionWorld(options);
  world.run();
  return world;
}

/** One seed, in full. */
function replay(): void {
  test(`seed ${only}`, () => {
    const onlyFaults = faults === undefined ? {} : { onlyFaults: new Set(faults.split(',').map(Number)) };
    const world = runSeed({ seed: Number(only), ...onlyFaults });
    process.stdout.write(`${world.trace.join('\n')}\n`);
    expect(world.violations).toEqual([]);
  });
}

function manySeeds(): void {
  test(`are safe, and end when the faults end, from ${seeds} seeds`, { timeout: 600_000 }, () => {
    let elections = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const world = runSeed({ seed });
      elections += world.elections;
      expect(world.violations, `SIM_SEED=${seed}\n${world.trace.join('\n')}`).toEqual([]);
    }
    // Without faults there would be one for each server.
    expect(elections).toBeGreaterThan(seeds * 6);
  });

  test('the same seed gives the same run', () => {
    for (const seed of [1, 2, 3]) expect(runSeed({ seed }).trace).toEqual(runSeed({ seed }).trace);
  });

  test.each(['losesTransactions', 'forgetsEpochs'] as const)('a server that %s is found out', (plant) => {
    const found = Array.from({ length: 400 }, (_, i) => runSeed({ seed: i + 1, plant })).some(({ violations }) => violations.length > 0);
    expect(found).toBe(true);
  });
}

describe('elections', only === undefined ? manySeeds : replay);
