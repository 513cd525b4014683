/** Recovery: what a crash may leave, what somebody may have done to the files, and what must be refused. */

import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../../src/base/random.ts';
import { InvariantError } from '../../../../src/base/invariant.ts';
import { logEntry, readLog } from '../../../../src/ensemble/log/log-format.ts';
import { snapshotName } from '../../../../src/ensemble/log/file-names.ts';
import { recover, type Recovered } from '../../../../src/ensemble/log/recovery.ts';
import { snapshotChunks, writeSnapshot } from '../../../../src/ensemble/log/snapshot-writer.ts';
import { StorageError } from '../../../../src/ensemble/log/storage-error.ts';
import { TxnLog } from '../../../../src/ensemble/log/txn-log.ts';
import type { Database } from '../../../../src/ensemble/tree/database.ts';
import { encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import { walkTree } from '../tree/walk.ts';
import { memoryDisk, type MemoryDisk } from './memory-disk.ts';
import { codecs, fileBytes, newDatabase, plain, writeDirectory, type Written } from './writing.ts';

const start = (disk: MemoryDisk, trustEmpty = false): Promise<Recovered<Database>> =>
  recover(disk, { newTarget: newDatabase, codecs, trustEmpty });

/** The state after the first transactions of a run. */
function stateAfter({ txns }: Written, count: number): Database {
  const database = newDatabase();
  for (const txn of txns.slice(0, count)) database.replay(txn);
  return database;
}

async function putSnapshot(disk: MemoryDisk, database: Database): Promise<string> {
  const name = snapshotName(database.tree.lastZxid);
  await disk.writeWhole(name, snapshotChunks(database.snapshot()));
  return name;
}

describe('a fresh directory', () => {
  test('gives an empty state', async () => {
    const { target, ...rest } = await start(memoryDisk({ acceptedEpoch: new Uint8Array([49]) }));
    expect(rest).toEqual({ zxid: 0n, snapshot: null, txnsReplayed: 0, snapshotMs: 0, replayMs: 0, fresh: true });
    expect(target.tree.nodeCount).toBe(5);
  });

  test('so does a first start that was cut short', async () => {
    const { fresh } = await start(memoryDisk({ 'snapshot.0': new Uint8Array(200) }));
    expect(fresh).toBe(true);
  });
});

describe('the end of the log', () => {
  test('cut at every byte of the last three entries, whole transactions are all there', async () => {
    const written = await writeDirectory(40);
    const bytes = fileBytes(written.disk, 'log.1');
    const entries = [...readLog('log.1', bytes)];
    for (let length = entries[36]?.end ?? 0; length <= bytes.length; length++) {
      const whole = entries.filter(({ end }) => end <= length).length;
      for (const tail of [bytes.slice(0, length), withZeros(bytes, length)]) {
        const disk = memoryDisk({ 'snapshot.0': fileBytes(written.disk, 'snapshot.0'), 'log.1': tail });
        const { target, txnsReplayed } = await start(disk);
        expect(txnsReplayed).toBe(whole);
        expect(target.digestMismatches).toBe(0);
        expect(target.tree.digest).toBe(stateAfter(written, whole).tree.digest);
      }
      if (length > (entries[39]?.end ?? 0) + 20) break;
    }
  });

  test('the log goes on in a new file after a torn end', async () => {
    const written = await writeDirectory(10);
    const bytes = fileBytes(written.disk, 'log.1');
    const last = [...readLog('log.1', bytes)][9];
    written.disk.put('log.1', withZeros(bytes, (last?.end ?? 0) - 5));
    const { zxid } = await start(written.disk);
    expect(zxid).toBe(9n);
    const log = new TxnLog(written.disk, { preallocateBytes: 0 });
    const [, tenth] = written.txns.slice(8);
    if (tenth === undefined) throw new Error('no tenth');
    log.append(encodeTransaction(tenth), 10n);
    await log.close();
    const again = await start(written.disk);
    expect(again).toMatchObject({ zxid: 10n, txnsReplayed: 10 });
    expect(walkTree(again.target.tree)).toEqual(walkTree(written.database.tree));
  });

  test.each([0, 5, 16, 30])('a last log of %i bytes, without a whole transaction, makes room for the next', async (length) => {
    const written = await writeDirectory(10);
    const entry = Buffer.concat([fileBytes(written.disk, 'log.1').slice(0, 16), logEntry(new Uint8Array(40).fill(1))]);
    written.disk.put('log.b', entry.subarray(0, length));
    const { zxid } = await start(written.disk);
    expect(zxid).toBe(10n);
    expect([...written.disk.files.keys()]).toEqual(['snapshot.0', 'log.1']);
    written.log.roll();
    written.step();
    await written.log.sync();
    expect(await start(written.disk)).toMatchObject({ zxid: 11n });
  });
});

function withZeros(bytes: Uint8Array, from: number): Uint8Array {
  const out = bytes.slice();
  out.fill(0, from);
  return out;
}

describe('snapshots and logs together', () => {
  test('the newest sound snapshot is the base, and an older one when it is broken', async () => {
    const written = await writeDirectory(30);
    const name = await putSnapshot(written.disk, written.database);
    for (let i = 0; i < 5; i++) written.step();
    await written.log.sync();
    expect(await start(written.disk)).toMatchObject({ snapshot: name, zxid: 35n, txnsReplayed: 5, fresh: false });
    const bytes = fileBytes(written.disk, name);
    for (const broken of [bytes.slice(0, -1), withZeros(bytes, 100), new Uint8Array(0)]) {
      written.disk.put(name, broken);
      const { target, ...rest } = await start(written.disk);
      expect(rest).toMatchObject({ snapshot: 'snapshot.0', zxid: 35n, txnsReplayed: 35 });
      expect(walkTree(target.tree)).toEqual(walkTree(written.database.tree));
    }
  });

  test('several logs are read from the one that covers the snapshot', async () => {
    const written = await writeDirectory(10);
    for (let round = 0; round < 3; round++) {
      written.log.roll();
      for (let i = 0; i < 10; i++) written.step();
      await written.log.sync();
      if (round === 1) await putSnapshot(written.disk, written.database);
    }
    await written.disk.remove('log.1');
    await written.disk.remove('log.b');
    const { target, txnsReplayed } = await start(written.disk);
    expect(txnsReplayed).toBe(10);
    expect(walkTree(target.tree)).toEqual(walkTree(written.database.tree));
  });

  test('logs may lie elsewhere', async () => {
    const written = await writeDirectory(10);
    const logs = memoryDisk({ 'log.1': fileBytes(written.disk, 'log.1') });
    await written.disk.remove('log.1');
    expect(await recover(written.disk, { newTarget: newDatabase, codecs, logs })).toMatchObject({ zxid: 10n });
  });

  test('a new epoch begins with 1', async () => {
    const written = await writeDirectory(3);
    const log = new TxnLog(written.disk, { preallocateBytes: 0 });
    const header = { sessionId: 0n, cxid: 0, timeMs: 0n, type: -1 };
    const append = (zxid: bigint): void =>
      log.append(encodeTransaction({ header: { ...header, zxid }, body: { type: -1, err: -1 }, digest: null }), zxid);
    append(0x5_0000_0001n);
    append(0x5_0000_0002n);
    await log.close();
    expect(await start(written.disk)).toMatchObject({ zxid: 0x5_0000_0002n, txnsReplayed: 5 });
  });
});

describe('what is refused, by name', () => {
  async function refusal(disk: MemoryDisk): Promise<StorageError> {
    const error: unknown = await start(disk).then(() => null, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(StorageError);
    return error as StorageError;
  }

  test('logs without a snapshot, unless told to trust them', async () => {
    const written = await writeDirectory(5);
    await written.disk.remove('snapshot.0');
    expect(await refusal(written.disk)).toMatchObject({ code: 'SnapshotMissing', message: expect.stringContaining('snapshot.trust.empty') as string });
    expect(await start(written.disk, true)).toMatchObject({ zxid: 5n, snapshot: null, fresh: false });
  });

  test('no sound snapshot among several', async () => {
    const written = await writeDirectory(5);
    const name = await putSnapshot(written.disk, written.database);
    for (const file of ['snapshot.0', name]) written.disk.put(file, fileBytes(written.disk, file).slice(0, -3));
    expect(await refusal(written.disk)).toMatchObject({ code: 'SnapshotCorrupt', file: name, message: expect.stringContaining('1 older') as string });
  });

  test('a broken snapshot without any log', async () => {
    const disk = memoryDisk({ 'snapshot.5': new Uint8Array(100) });
    expect(await refusal(disk)).toMatchObject({ code: 'SnapshotCorrupt', file: 'snapshot.5' });
  });

  test('a log that is missing in the middle, at the start, or cut short before another', async () => {
    const written = await writeDirectory(10);
    for (let round = 0; round < 2; round++) {
      written.log.roll();
      for (let i = 0; i < 10; i++) written.step();
      await written.log.sync();
    }
    const all = Object.fromEntries([...written.disk.files].map(([name, { bytes }]) => [name, bytes]));
    const without = (name: string): MemoryDisk => memoryDisk(Object.fromEntries(Object.entries(all).filter(([other]) => other !== name)));
    const message = 'after 0xa comes 0x15 in log.15';
    expect(await refusal(without('log.b'))).toMatchObject({ code: 'LogGap', file: 'log.15', message: expect.stringContaining(message) as string });
    expect(await refusal(without('log.1'))).toMatchObject({ code: 'LogGap', file: 'log.b' });
    const cut = without('');
    cut.put('log.b', (all['log.b'] as Uint8Array).slice(0, 300));
    expect(await refusal(cut)).toMatchObject({ code: 'LogCorrupt', file: 'log.b', message: expect.stringContaining('needs a backup') as string });
  });

  test('a changed byte in an entry, with file and offset and what to do', async () => {
    const written = await writeDirectory(10);
    const bytes = fileBytes(written.disk, 'log.1').slice();
    const fifth = [...readLog('log.1', bytes)][4];
    if (fifth === undefined) throw new Error('no fifth');
    bytes[fifth.offset + 20] = (bytes[fifth.offset + 20] as number) ^ 1;
    written.disk.put('log.1', bytes);
    const error = await refusal(written.disk);
    expect(error).toMatchObject({ code: 'LogCorrupt', file: 'log.1', offset: fifth.offset });
    expect(error.message).toContain(`log.1 is damaged at byte ${fifth.offset}: the checksum of an entry is wrong`);
    expect(error.message).toContain('needs a backup');
  });

  test('an entry of a kind that is not known', async () => {
    const written = await writeDirectory(3);
    const strange = Buffer.from(encodeTransaction({ ...(written.txns[2] as (typeof written.txns)[0]), digest: null }));
    strange.writeInt32BE(99, 28);
    const header = fileBytes(written.disk, 'log.1').slice(0, 16);
    written.disk.put('log.4', Buffer.concat([header, logEntry(strange)]));
    expect(await refusal(written.disk)).toMatchObject({ code: 'LogCorrupt', file: 'log.4', offset: 16, message: expect.stringContaining('type 99') as string });
  });

  test('a newest snapshot that cannot be used, when the log before it is gone as well', async () => {
    const written = await writeDirectory(10);
    written.log.roll();
    for (let i = 0; i < 10; i++) written.step();
    await written.log.sync();
    const name = await putSnapshot(written.disk, written.database);
    written.disk.put(name, fileBytes(written.disk, name).slice(0, -1));
    expect(await start(written.disk)).toMatchObject({ snapshot: 'snapshot.0', zxid: 20n });
    await written.disk.remove('log.b');
    const error = await refusal(written.disk);
    expect(error).toMatchObject({ code: 'LogGap', file: name });
    expect(error.message).toMatch(/snapshot\.14 cannot be used.*ends at 0xa.*up to 0x14 are missing.*move that file away/);
    await written.disk.remove(name);
    expect(await start(written.disk)).toMatchObject({ zxid: 10n });
  });

  test('logs in the directory of snapshots, and snapshots in that of logs', async () => {
    const { disk } = await writeDirectory(3);
    const other = memoryDisk();
    const both = (snapshots: MemoryDisk, logs: MemoryDisk): Promise<unknown> =>
      recover(snapshots, { newTarget: newDatabase, codecs, logs }).catch((error: unknown) => error);
    expect(await both(disk, other)).toMatchObject({ code: 'Misplaced', file: 'log.1' });
    await disk.remove('log.1');
    expect(await both(other, disk)).toMatchObject({ code: 'Misplaced', file: 'snapshot.0' });
    expect(await both(disk, other)).toMatchObject({ zxid: 0n });
  });

  test('a disk that cannot be written, when something has to be repaired', async () => {
    const written = await writeDirectory(10);
    written.disk.failWith(new Error('EROFS: read-only file system'));
    expect(await refusal(written.disk)).toMatchObject({ code: 'WriteFailed', file: 'log.1', message: expect.stringMatching(/EROFS.*must be able to write/) as string });
  });

  test('a disk that cannot be read', async () => {
    const written = await writeDirectory(3);
    const broken = { ...written.disk, list: () => Promise.reject(new Error('EIO')) };
    await expect(recover(broken, { newTarget: newDatabase, codecs })).rejects.toMatchObject({ code: 'ReadFailed', file: null });
    const gone = { ...written.disk, readTail: (name: string) => Promise.reject(new Error(`EACCES ${name}`)) };
    await expect(recover(gone, { newTarget: newDatabase, codecs })).rejects.toMatchObject({ code: 'ReadFailed', file: 'snapshot.0' });
  });

  test('a file that is no log', async () => {
    const written = await writeDirectory(3);
    written.disk.put('log.1', new TextEncoder().encode('this is a text, not a log'));
    expect(await refusal(written.disk)).toMatchObject({ code: 'LogCorrupt', offset: 0 });
  });
});

describe('a snapshot that cannot be written', () => {
  test('is refused by name, and lets the tree go', async () => {
    const { disk, database } = await writeDirectory(20);
    const source = database.snapshot();
    let released = 0;
    const counted = { ...source, release: () => (released++, source.release()) };
    disk.failWith(new Error('ENOSPC'));
    await expect(writeSnapshot(disk, counted, () => Promise.resolve(), plain)).rejects.toMatchObject({ code: 'WriteFailed', file: 'snapshot.14' });
    expect(released).toBeGreaterThan(0);
  });
});

describe('random damage', () => {
  test.each([1, 2, 3])('gives the right state or a StorageError, never anything else, seed %i', async (seed) => {
    const random = seededRandom(seed);
    const written = await writeDirectory(60, seed);
    await putSnapshot(written.disk, stateAfter(written, 30));
    const names = [...written.disk.files.keys()];
    const digests = new Set(Array.from({ length: 61 }, (_, count) => stateAfter(written, count).tree.digest));
    for (let i = 0; i < 250; i++) {
      const disk = memoryDisk(Object.fromEntries([...written.disk.files].map(([name, { bytes }]) => [name, bytes])));
      const name = names[below(random, names.length)] as string;
      const bytes = fileBytes(disk, name).slice(0, below(random, 10) === 0 ? below(random, 4000) : undefined);
      for (let n = below(random, 4); n >= 0 && bytes.length > 0; n--) bytes[below(random, Math.min(bytes.length, 9000))] = random.uint32();
      disk.put(name, bytes);
      try {
        const { target, zxid } = await start(disk);
        expect(digests.has(target.tree.digest), `${name}, ${zxid}`).toBe(true);
        expect(target.digestMismatches).toBe(0);
      } catch (error) {
        if (error instanceof InvariantError || !(error instanceof StorageError)) throw error;
      }
    }
  });
});
