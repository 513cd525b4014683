/**
 * A server alone, on a disk that loses and tears what was not synced, fails and fills up, killed at any moment: every
 * acknowledged write survives, nothing else appears, sessions live on, and what expired is gone.
 * ZOOSCOPE_SEEDS: how many runs. ZOOSCOPE_SEED: one of them.
 */

import { expect, test } from 'vitest';
import { simulate } from './world.ts';

const only = process.env['ZOOSCOPE_SEED'];
const count = Number(process.env['ZOOSCOPE_SEEDS'] ?? 1500);
const PARTS = 4;
const STEPS = 400;

test.each(Array.from({ length: PARTS }, (_, part) => part))('no promise is broken, part %i', async (part) => {
  let crashes = 0;
  let answers = 0;
  let steps = 0;
  const seeds = only === undefined
    ? Array.from({ length: Math.ceil(count / PARTS) }, (_, i) => part + 1 + i * PARTS)
    : part === 0 ? [Number(only)] : [];
  for (const seed of seeds) {
    const report = await simulate({ seed, steps: STEPS });
    crashes += report.crashes;
    answers += report.answers;
    steps += report.steps;
  }
  if (only !== undefined) return;
  // A run in which nothing happens proves nothing.
  expect(crashes).toBeGreaterThan(seeds.length * 2);
  expect(answers).toBeGreaterThan(seeds.length * 30);
  expect(steps).toBe(seeds.length * STEPS);
  console.log(`${seeds.length} seeds, ${steps} steps, ${crashes} crashes, ${answers} answers`);
}, 3_600_000);
