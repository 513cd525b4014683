/** A recovery that does not mind missing transactions is found: it brings back a state that never was. */

import { expect, test, vi } from 'vitest';
import { brokenPromises } from './first-broken.ts';

vi.mock('../../src/ensemble/log/log-format.ts', async (original) => ({ ...(await original<object>()), follows: () => true }));

test('ignoring a gap is found', async () => {
  const broken = [...(await brokenPromises(60, { faults: { losesLogs: true } })).values()];
  expect(broken.some((what) => what.includes('what came back is not the state'))).toBe(true);
});
