/**
 * A voter that has promised a later epoch than its leader's, as one does that tried to lead in vain meanwhile: Apache's
 * leaders leave it outside for good; ours make way for a later epoch, in which all are members again.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startMixedEnsemble, type ServerHandle } from '../support/embedded.ts';
import { describeWith } from '../support/requirements.ts';
import { expectEqualTrees, until, writeSome } from './ensemble-support.ts';

const acceptedEpochOf = ({ dataDir }: ServerHandle): string => join(dataDir, 'version-2', 'acceptedEpoch');
/** So far ahead is it. */
const AHEAD = 6;

describeWith(['java', 'zookeeper', 'kazoo'], 'a voter with a later promise', () => {
  test.each([
    ['embedded', 'embedded', 'embedded'],
    ['apache', 'apache', 'embedded'],
  ] as const)('%s, %s, %s: is a member again', async (...kinds) => {
    await using servers = await startMixedEnsemble(kinds);
    const [ahead] = servers.servers as [ServerHandle];
    await until('the last one, of ours, leads', async () => (await servers.leader()).id === 3);
    await writeSome(await servers.leader(), '/before', 20);
    await ahead.stop();
    const promised = Number(readFileSync(acceptedEpochOf(ahead), 'utf8')) + AHEAD;
    writeFileSync(acceptedEpochOf(ahead), String(promised));
    await ahead.start();
    await writeSome(await servers.leader(), '/after', 20);
    await expectEqualTrees(servers);
    const epochs = servers.servers.map((server) => Number(readFileSync(acceptedEpochOf(server), 'utf8')));
    expect(new Set(epochs).size).toBe(1);
    expect(epochs[0]).toBeGreaterThan(promised);
  });
});
