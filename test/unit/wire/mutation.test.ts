/** Captured frames, spoiled: the codec reads them or says in its own words why not. */

import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { WireError } from '../../../src/model/errors.ts';
import { mutate } from '../../support/mutate.ts';
import { bytesOf, codecsOf, loadVectors, readAll } from './vectors.ts';

const FRAMES = Number(process.env['ZOOSCOPE_FRAMES'] ?? 150_000);

test.each([1, 2])('spoiled frames, seed %i', (seed) => {
  const random = seededRandom(seed);
  const vectors = loadVectors();
  const frames = vectors.map(bytesOf);
  let refused = 0;
  for (let i = 0; i < FRAMES / 2; i++) {
    const pick = below(random, vectors.length);
    const vector = vectors[pick];
    if (vector === undefined) throw new Error('no vector');
    const bytes = mutate(random, frames[pick] as Uint8Array, frames);
    try {
      readAll(codecsOf(vector), bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw new Error(`seed ${seed}, frame ${i}, ${vector.name}`, { cause: error });
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(FRAMES / 10);
});
