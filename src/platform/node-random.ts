/** Chance from the system's cryptographic source, drawn in blocks: one call for each number would be slow. */

import { randomFillSync } from 'node:crypto';
import type { Random } from '../base/random.ts';

const BLOCK = new Uint32Array(256);
let next = BLOCK.length;

export const nodeRandom: Random = {
  uint32() {
    if (next === BLOCK.length) {
      randomFillSync(BLOCK);
      next = 0;
    }
    const value = BLOCK[next] as number;
    // A number that was given out stays nowhere.
    BLOCK[next++] = 0;
    return value;
  },
};
