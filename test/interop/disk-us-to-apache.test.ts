/** Our code writes a data directory; Apache's server starts on it, must have the same tree, and goes on with it. */

import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import type { Compression } from '../../src/ensemble/log/compression.ts';
import { purge } from '../../src/ensemble/log/purge.ts';
import { writeSnapshot } from '../../src/ensemble/log/snapshot-writer.ts';
import { TxnLog } from '../../src/ensemble/log/txn-log.ts';
import type { Database } from '../../src/ensemble/tree/database.ts';
import { encodeTransaction } from '../../src/ensemble/txn/transaction-codec.ts';
import { startApacheStandalone } from '../support/apache.ts';
import { startKazoo } from '../support/kazoo.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import { TxnMaker } from '../unit/ensemble/tree/txn-maker.ts';
import { allNodeKinds, codecs, metricsOf, newDatabase, recoverDirectory, storageOf, walkDatabase, walkWithKazoo } from './disk-support.ts';

const auth = [['digest', 'super:admin']] as const;
/** Apache's super user, who reads everything. */
const superUser = '-Dzookeeper.DigestAuthenticationProvider.superDigest=super:xQJmxLMiHGwaqBvst5y6rkB6HQs=';
const jvm = [...allNodeKinds, superUser, '-Dznode.container.checkIntervalMs=3600000'];

/** Applies a transaction and logs it with the digest it gave. */
function commit(database: Database, log: TxnLog, maker: TxnMaker): void {
  const txn = maker.next();
  database.apply(txn);
  const digest = txn.body.type === -1 ? null : database.tree.digest;
  log.append(encodeTransaction({ ...txn, digest }), txn.header.zxid);
}

/** A few thousand transactions over several logs, with snapshots that were written while they went on. */
async function writeDirectory(dataDir: string, seed: number, compression: Compression): Promise<Database> {
  const form = { compression, codecs };
  const storage = await storageOf(dataDir);
  const database = newDatabase();
  await writeSnapshot(storage, database.snapshot(), () => Promise.resolve(), form);
  const log = new TxnLog(storage, { preallocateBytes: 64 * 1024 });
  const maker = new TxnMaker(seededRandom(seed), database.tree, { nodesMax: 1500, dataBytesMax: 2000 });
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 800; i++) commit(database, log, maker);
    await log.sync();
    log.roll();
    // Some 20 transactions between any two chunks: as fuzzy as it gets.
    await writeSnapshot(storage, database.snapshot(), async () => {
      for (let i = 0; i < 20; i++) commit(database, log, maker);
      await log.sync();
    }, form);
    await purge(storage, 3);
  }
  for (let i = 0; i < 300; i++) commit(database, log, maker);
  await log.close();
  return database;
}

describeWith(['java', 'zookeeper', 'kazoo'], 'our data directory, served by Apache', () => {
  test.each([[1, 'none'], [2, 'gz'], [3, 'snappy']] as const)('seed %i, compression: %s', async (seed, compression) => {
    const dataDir = temporaryDirectory();
    const database = await writeDirectory(dataDir, seed, compression);
    const again = await recoverDirectory(dataDir);
    expect(walkDatabase(again.target)).toEqual(walkDatabase(database));
    expect(again.target.digestMismatches).toBe(0);
    expect(again.zxid).toBe(database.tree.lastZxid);

    // A day: the sessions in our log must not expire under the comparison.
    await using apache = await startApacheStandalone({ dataDir, jvm, config: { tickTime: '60000' } });
    const server = apache.server(1);
    const kazoo = await startKazoo(apache.connectString, { auth, timeoutSeconds: 240 });
    const seen = await walkWithKazoo(kazoo);
    const ours = walkDatabase(database);
    expect([...seen.keys()].sort()).toEqual([...ours.keys()].sort());
    for (const [path, node] of ours) expect(seen.get(path), path).toEqual(node);
    await kazoo.create('/written-by-apache', 'x');
    await kazoo.delete('/written-by-apache');
    const metrics = await metricsOf(server);
    expect(metrics.get('digest_mismatches_count')).toBe('0');
    expect(metrics.get('znode_count')).toBe(String(database.tree.nodeCount));
    expect(metrics.get('ephemerals_count')).toBe(String(database.tree.ephemeralCount));
    expect(metrics.get('approximate_data_size')).toBe(String(again.target.tree.dataBytes));
    expect(metrics.get('global_sessions')).toBe(String(database.sessions.size + 1));
    await kazoo.kill();
    await server.kill();

    const back = await recoverDirectory(dataDir);
    expect(back.target.digestMismatches).toBe(0);
    expect(back.zxid).toBe(database.tree.lastZxid + 3n);
    expect(back.target.tree.nodeCount).toBe(database.tree.nodeCount);
  });
});
