/** For planted faults: runs until one of them breaks a promise. */

import { BrokenPromise } from './oracle.ts';
import { simulate, type WorldOptions } from './world.ts';

/** What was broken in each of the first seeds, by seed; a run that ends well is not in it. */
export async function brokenPromises(seeds: number, options: Omit<WorldOptions, 'seed' | 'steps'>): Promise<Map<number, string>> {
  const broken = new Map<number, string>();
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      await simulate({ ...options, seed, steps: 400 });
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      broken.set(seed, error.message);
    }
  }
  return broken;
}
