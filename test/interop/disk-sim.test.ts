/** What is left of a simulated disk after many crashes (test/sim), before Apache's server: it must start with all of it. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { simulate } from '../sim/world.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import { metricsOf, recoverDirectory } from './disk-support.ts';

describeWith(['java', 'zookeeper'], 'a directory that went through crashes', () => {
  test.each([11, 22, 33, 44, 55, 66])('seed %i', async (seed) => {
    const { disk, transactions, crashes } = await simulate({ seed, steps: 1500 });
    expect(crashes).toBeGreaterThan(3);
    const dataDir = temporaryDirectory();
    mkdirSync(join(dataDir, 'version-2'));
    for (const [name, { view }] of disk.files) writeFileSync(join(dataDir, 'version-2', name), view);
    await using apache = await startApacheStandalone({ dataDir, config: { tickTime: '60000' } });
    const server = apache.server(1);
    expect(await server.fourLetterWord('srvr')).toContain(`Zxid: 0x${transactions.toString(16)}\n`);
    const metrics = await metricsOf(server);
    expect(metrics.get('digest_mismatches_count')).toBe('0');
    await server.kill();
    const { target } = await recoverDirectory(dataDir);
    expect(metrics.get('znode_count')).toBe(String(target.tree.nodeCount));
    expect(metrics.get('ephemerals_count')).toBe(String(target.tree.ephemeralCount));
    expect(metrics.get('global_sessions')).toBe(String(target.sessions.size));
  });
});
