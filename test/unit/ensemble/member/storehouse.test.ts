/** What a member keeps, and what becomes of it when a leader's history takes the place of some of it. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { makeZxid } from '../../../../src/model/zxid.ts';
import { SYNC_DEFAULTS, type SyncSettings } from '../../../../src/ensemble/config/member-settings.ts';
import { readSettings } from '../../../../src/ensemble/config/settings.ts';
import { LOG_HEADER_BYTES, logEntry } from '../../../../src/ensemble/log/log-format.ts';
import { snapshotName } from '../../../../src/ensemble/log/file-names.ts';
import { snapshotChunks } from '../../../../src/ensemble/log/snapshot-writer.ts';
import { Storehouse } from '../../../../src/ensemble/member/storehouse.ts';
import { ServerStats } from '../../../../src/ensemble/processors/stats.ts';
import { encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import { nodeDigests } from '../../../../src/platform/node-digests.ts';
import { nodeGzip } from '../../../../src/platform/node-gzip.ts';
import { memoryDisk, type MemoryDisk } from '../log/memory-disk.ts';
import { fileBytes, newDatabase, writeDirectory } from '../log/writing.ts';
import { TestClock } from '../server/harness.ts';

async function open(disk: MemoryDisk, sync: Partial<SyncSettings> = {}): Promise<{ readonly house: Storehouse; readonly failures: unknown[] }> {
  const failures: unknown[] = [];
  const environment = {
    clock: new TestClock(), random: seededRandom(1), logger: silentLogger, digests: nodeDigests, gzip: nodeGzip,
    snapshots: disk, logs: disk, snapshotDirectory: '', logDirectory: '',
    defer: (fn: () => void) => void setImmediate(fn),
    host: { environment: () => [], openFiles: () => null, formatDate: String },
    listenHttp: () => Promise.reject(new Error('no HTTP here')),
    listen: () => Promise.reject(new Error('no clients here')),
  };
  const house = await Storehouse.open(environment, readSettings(new Map()), new ServerStats(), {
    onDurable: () => undefined,
    onFailure: (error) => void failures.push(error),
  }, { ...SYNC_DEFAULTS, ...sync });
  return { house, failures };
}

const refused = (zxid: bigint): Transaction => ({ header: { sessionId: 7n, cxid: 1, zxid, timeMs: 0n, type: -1 }, body: { type: -1, err: -101 }, digest: null });

describe('a history cut short', () => {
  test('ends where the leader says, in the tree and on disk', async () => {
    const { disk, txns } = await writeDirectory(10);
    const { house } = await open(disk);
    await house.truncate(7n);
    expect(house.lastLogged).toBe(7n);
    await house.close();
    const again = await open(disk);
    expect(again.house.database.tree.lastZxid).toBe(7n);
    expect(again.house.database.tree.digest).toBe(txns.filter(({ digest }) => digest !== null).findLast(({ header }) => header.zxid <= 7n)?.digest);
  });

  test('cannot be when every snapshot is newer: then all stays, and the log goes on', async () => {
    const { disk, database } = await writeDirectory(10);
    await disk.writeWhole(snapshotName(10n), snapshotChunks(database.snapshot()));
    await disk.remove('snapshot.0');
    const { house } = await open(disk);
    const before = [...disk.files.keys()];
    expect(await house.truncate(7n)).toBe(false);
    expect([...disk.files.keys()]).toEqual(before);
    expect(house.lastLogged).toBe(10n);
    house.append(refused(11n));
    await house.settled();
    await house.close();
    expect((await open(disk)).house.lastLogged).toBe(11n);
  });

  test('a snapshot that was written meanwhile, with more in it than its name says, goes', async () => {
    const { disk, database, step, log } = await writeDirectory(5);
    const source = database.snapshot();
    for (let i = 0; i < 4; i++) step();
    await log.sync();
    await disk.writeWhole(snapshotName(5n), snapshotChunks(source));
    const { house } = await open(disk);
    expect(house.lastLogged).toBe(9n);
    await house.truncate(6n);
    expect(house.lastLogged).toBe(6n);
    expect([...disk.files.keys()].filter((name) => name.startsWith('snapshot.'))).toEqual(['snapshot.0']);
  });

  test('may end at the beginning of an epoch, which is no transaction', async () => {
    const disk = memoryDisk();
    const { house } = await open(disk);
    house.append(refused(makeZxid(1, 1)));
    await house.settled();
    await house.truncate(makeZxid(1, 0));
    expect(house.lastLogged).toBe(0n);
  });

  test.each([['in the same file', false], ['in a new file', true]])('ends there where Apache’s server has logged transactions twice, %s', async (_where, inNewFile) => {
    const { disk, txns } = await writeDirectory(8);
    const entries = txns.map((txn) => logEntry(encodeTransaction(txn)));
    const header = fileBytes(disk, 'log.1').slice(0, LOG_HEADER_BYTES);
    const log = (...numbers: number[]): Uint8Array[] => numbers.map((number) => entries[number - 1] as Uint8Array);
    disk.put('log.1', Buffer.concat([header, ...log(1, 2, 3, 4, 5, 6, ...(inNewFile ? [] : [4, 5, 6, 7, 8]))]));
    if (inNewFile) disk.put('log.4', Buffer.concat([header, ...log(4, 5, 6, 7, 8)]));
    const { house } = await open(disk);
    expect(house.lastLogged).toBe(8n);
    expect(house.database.digestMismatches).toBe(0);
    expect(await house.truncate(5n)).toBe(true);
    expect(house.lastLogged).toBe(5n);
    await house.close();
    const again = await open(disk);
    expect(again.house.lastLogged).toBe(5n);
    expect(again.house.database.tree.digest).toBe(txns.findLast(({ digest, header: { zxid } }) => digest !== null && zxid <= 5n)?.digest);
  });

  test('is refused where the log has ended before', async () => {
    const { disk } = await writeDirectory(3);
    const { house } = await open(disk);
    expect(await house.truncate(5n)).toBe(false);
    expect(house.lastLogged).toBe(3n);
  });

  test('is refused, with nothing touched, where a leader’s tree has left a hole', async () => {
    const { disk } = await writeDirectory(5);
    const { house } = await open(disk);
    const tree = newDatabase();
    tree.tree.lastZxid = makeZxid(2, 9);
    await house.install(tree);
    house.append(refused(makeZxid(2, 10)));
    await house.settled();
    const files = [...disk.files.keys()].sort();
    expect(await house.truncate(makeZxid(2, 5))).toBe(false);
    expect([...disk.files.keys()].sort()).toEqual(files);
    expect(house.lastLogged).toBe(makeZxid(2, 10));
  });

  test('is refused where the snapshot to begin with is damaged', async () => {
    const { disk, database } = await writeDirectory(5);
    await disk.writeWhole(snapshotName(5n), snapshotChunks(database.snapshot()));
    const { house } = await open(disk);
    disk.put('snapshot.0', new Uint8Array(40));
    expect(await house.truncate(3n)).toBe(false);
    expect([...disk.files.keys()]).toContain('snapshot.5');
  });
});

describe('the log for a learner', () => {
  test('goes back to where the learner ends', async () => {
    const { disk } = await writeDirectory(10);
    const { house } = await open(disk);
    expect((await house.readLog(4n)).map(({ header }) => header.zxid)).toEqual([4n, 5n, 6n, 7n, 8n, 9n, 10n]);
  });

  test('is as long as the newest snapshot allows, where that was decided', async () => {
    const { disk } = await writeDirectory(10);
    const snapshotBytes = disk.files.get('snapshot.0')?.bytes.length ?? 0;
    expect(snapshotBytes).toBeGreaterThan(0);
    expect((await (await open(disk, { snapshotSizeFactor: 1 })).house.readLog(1n)).length).toBeLessThan(10);
    expect(await (await open(disk, { snapshotSizeFactor: 0 })).house.readLog(1n)).toEqual([]);
    expect((await (await open(disk)).house.readLog(1n)).length).toBe(10);
  });

  test('is in memory as far back as is said', async () => {
    const { disk } = await writeDirectory(10);
    const { house } = await open(disk, { commitLogCount: 3 });
    expect(house.committed.txns.map(({ header }) => header.zxid)).toEqual([8n, 9n, 10n]);
    house.apply(refused(11n));
    await house.truncate(9n);
    expect(house.committed.txns.map(({ header }) => header.zxid)).toEqual([7n, 8n, 9n]);
  });

  test('does not go back over the hole that a leader’s tree has left in it', async () => {
    const { disk } = await writeDirectory(5);
    const { house } = await open(disk);
    const tree = newDatabase();
    tree.tree.lastZxid = makeZxid(2, 9);
    await house.install(tree);
    house.append(refused(makeZxid(2, 10)));
    await house.settled();
    expect(await house.readLog(makeZxid(2, 9))).toEqual([]);
    expect((await house.readLog(makeZxid(2, 10))).map(({ header }) => header.zxid)).toEqual([makeZxid(2, 10)]);
  });
});

test('a disk that failed has settled nothing', async () => {
  const { disk } = await writeDirectory(3);
  const { house, failures } = await open(disk);
  disk.failWith(new Error('EIO'));
  house.append(refused(4n));
  await expect(house.settled()).rejects.toThrow('EIO');
  expect(failures.length).toBe(1);
});
