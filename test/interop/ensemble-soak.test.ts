/**
 * Members of a mixed ensemble killed, stopped and started again by chance, for as long as one likes, under load.
 *
 * ZOOSCOPE_SOAK_SECONDS makes each case longer, ZOOSCOPE_SEED another; ZOOSCOPE_SOAK_KINDS=apache,apache,apache takes
 * another ensemble, such as one of Apache's alone for comparison.
 */

import { expect, test } from 'vitest';
import { below, seededRandom, type Random } from '../../src/base/random.ts';
import { startMixedEnsemble, type ServerHandle, type ServersHandle } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import { startLoad, type LoadReport } from './ensemble-load.ts';
import { expectNoMismatch } from './ensemble-support.ts';

type Kinds = readonly ('apache' | 'embedded')[];

const seed = Number(process.env['ZOOSCOPE_SEED'] ?? 1);
const soakMs = Number(process.env['ZOOSCOPE_SOAK_SECONDS'] ?? 0) * 1000;
const ROUNDS_MIN = 4;
/** Then the load is compared and begins anew: a tree that is not compared proves nothing, and a large one takes long. */
const LEG_ROUNDS = 12;
const asked = process.env['ZOOSCOPE_SOAK_KINDS']?.split(',') as Kinds | undefined;
const CASES: readonly Kinds[] = asked === undefined ? [['apache', 'apache', 'embedded'], ['embedded', 'apache', 'embedded']] : [asked];

/** Two at once leave no majority for a while. */
async function victims(servers: ServersHandle, random: Random): Promise<readonly ServerHandle[]> {
  const leader = await servers.leader();
  const others = servers.servers.filter(({ id }) => id !== leader.id);
  const other = others[below(random, others.length)] as ServerHandle;
  switch (below(random, 4)) {
    case 0: return [leader, other];
    case 1: return [other];
    default: return [leader];
  }
}

async function round(servers: ServersHandle, random: Random, goesOn: () => Promise<void>): Promise<void> {
  const down = await victims(servers, random);
  const clean = below(random, 2) === 0;
  await Promise.all(down.map((server) => (clean ? server.stop() : server.kill())));
  if (down.length === 1) await goesOn();
  await Promise.all(down.map((server) => server.start()));
  await goesOn();
  await expectNoMismatch(servers);
}

describeWith(['java', 'zookeeper', 'kazoo'], `members that come and go by chance (seed ${seed})`, () => {
  test.each(CASES.map((kinds) => [kinds.join(', '), kinds] as const))('%s', { timeout: soakMs * 2 + 180_000 }, async (_name, kinds) => {
    const random = seededRandom(seed);
    await using servers = await startMixedEnsemble(kinds, { config: { maxSessionTimeout: '40000' } });
    const until = Date.now() + soakMs;
    let rounds = 0;
    const reports: LoadReport[] = [];
    do {
      await using load = await startLoad(servers.connectString);
      await load.goesOn();
      for (let left = soakMs === 0 ? ROUNDS_MIN : LEG_ROUNDS; left > 0; left--, rounds++) await round(servers, random, () => load.goesOn(20));
      reports.push(await load.finish(servers));
    } while (Date.now() < until);
    const sum = (name: 'answered' | 'interrupted' | 'lost' | 'watched'): number => reports.reduce((all, report) => all + report[name], 0);
    if (soakMs > 0) console.log(`${kinds.join(', ')}: ${rounds} rounds, ${sum('answered')} answers, ${sum('interrupted')} interrupted, ${sum('lost')} sessions lost`);
    expect(sum('answered')).toBeGreaterThan(rounds * 100);
  });
});
