/** Names of files, and which of them may go. */

import { describe, expect, test } from 'vitest';
import { compressionOf, logName, logsCovering, logsOf, snapshotName, snapshotsOf } from '../../../../src/ensemble/log/file-names.ts';
import { purge } from '../../../../src/ensemble/log/purge.ts';
import { recover } from '../../../../src/ensemble/log/recovery.ts';
import { snapshotChunks } from '../../../../src/ensemble/log/snapshot-writer.ts';
import { memoryDisk } from './memory-disk.ts';
import { codecs, fileBytes, newDatabase, writeDirectory } from './writing.ts';

describe('names', () => {
  test('are hex, oldest first, and nothing else is taken for one', () => {
    const names = ['log.a', 'log.9', 'log.100000001', 'log', 'log.', 'log.xyz', 'log.-1', 'snapshot.9', 'snapshot.10.gz', 'unfinished-snapshot.3',
      'log.8000000000000000', 'logs.1', 'currentEpoch'];
    expect(logsOf(names).map(({ zxid }) => zxid)).toEqual([9n, 10n, 0x1_0000_0001n]);
    expect(snapshotsOf(names).map(({ name }) => name)).toEqual(['snapshot.9', 'snapshot.10.gz']);
    expect(logName(0x1_0000_00abn)).toBe('log.1000000ab');
    expect(snapshotName(0n)).toBe('snapshot.0');
    expect(['snapshot.1', 'snapshot.1.gz', 'snapshot.1.snappy'].map(compressionOf)).toEqual([null, 'gz', 'snappy']);
  });

  test('the covering logs begin with the last one that starts at or before the zxid', () => {
    const logs = logsOf(['log.1', 'log.5', 'log.9']);
    const covering = (zxid: bigint): string[] => logsCovering(logs, zxid).map(({ name }) => name);
    expect(covering(0n)).toEqual(['log.1', 'log.5', 'log.9']);
    expect(covering(4n)).toEqual(['log.1', 'log.5', 'log.9']);
    expect(covering(5n)).toEqual(['log.5', 'log.9']);
    expect(covering(100n)).toEqual(['log.9']);
    expect(logsCovering([], 5n)).toEqual([]);
  });
});

describe('purge', () => {
  test('keeps the newest whole snapshots and what they need, so that each still leads to the end', async () => {
    const written = await writeDirectory(10);
    for (let round = 0; round < 5; round++) {
      await written.disk.writeWhole(snapshotName(written.database.tree.lastZxid), snapshotChunks(written.database.snapshot()));
      written.step();
      await written.log.sync();
      written.log.roll();
      for (let i = 0; i < 9; i++) written.step();
      await written.log.sync();
    }
    written.disk.put('snapshot.3b', new Uint8Array(50));
    expect([...written.disk.files.keys()].sort()).toEqual([
      'log.1', 'log.c', 'log.16', 'log.20', 'log.2a', 'log.34',
      'snapshot.0', 'snapshot.a', 'snapshot.14', 'snapshot.1e', 'snapshot.28', 'snapshot.32', 'snapshot.3b',
    ].sort());
    expect([...(await purge(written.disk, 3))].sort()).toEqual(['log.1', 'log.c', 'snapshot.0', 'snapshot.14', 'snapshot.a']);
    expect(await purge(written.disk, 3)).toEqual([]);
    for (const kept of ['snapshot.1e', 'snapshot.28', 'snapshot.32']) {
      const files = Object.fromEntries([...written.disk.files].filter(([name]) => name === kept || name.startsWith('log.')).map(([name, { bytes }]) => [name, bytes]));
      const { zxid, target } = await recover(memoryDisk(files), { newTarget: newDatabase, codecs });
      expect(zxid).toBe(60n);
      expect(target.tree.digest).toBe(written.database.tree.digest);
    }
    expect(fileBytes(written.disk, 'log.34').length).toBeGreaterThan(0);
  });

  test('fewer than three are never asked for', async () => {
    await expect(purge(memoryDisk(), 2)).rejects.toMatchObject({ name: 'UsageError', code: 'BadRetainCount' });
    expect(await purge(memoryDisk(), 3)).toEqual([]);
  });
});
