/** A proof that finds nothing when something is wrong proves nothing: each of these faults must be found. */

import { describe, expect, test } from 'vitest';
import { brokenPromises } from './first-broken.ts';
import { simulate } from './world.ts';

describe('a planted fault is found', () => {
  test('a server that does not wait for the disk (forceSync=no)', async () => {
    const broken = await brokenPromises(30, { config: { forceSync: 'no' } });
    expect([...broken.values()].some((what) => what.includes('a client was told of'))).toBe(true);
  });

  test('a disk whose fsync does nothing', async () => {
    expect((await brokenPromises(30, { faults: { lyingSync: true } })).size).toBeGreaterThan(0);
  });

  test('a recovery that believes in what a failed fsync left in memory', async () => {
    expect((await brokenPromises(600, { faults: { forgetsDoubt: true } })).size).toBeGreaterThan(0);
  });

  test('a log that somebody took away is refused, by name', async () => {
    const broken = [...(await brokenPromises(40, { faults: { losesLogs: true } })).values()];
    expect(broken.length).toBeGreaterThan(5);
    for (const what of broken) expect(what).toMatch(/it does not start again: StorageError: .*(transactions are missing|needs the transactions|is damaged)/);
  });
});

test('a seed gives the same run again', async () => {
  const one = await simulate({ seed: 77, steps: 600 });
  const two = await simulate({ seed: 77, steps: 600 });
  expect({ ...one, disk: null }).toEqual({ ...two, disk: null });
  expect([...one.disk.files].map(([name, { view }]) => [name, Buffer.from(view).toString('base64')]))
    .toEqual([...two.disk.files].map(([name, { view }]) => [name, Buffer.from(view).toString('base64')]));
});
