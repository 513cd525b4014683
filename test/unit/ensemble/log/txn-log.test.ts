/** Writing the log: bytes, group commit, rolling, room made ahead, failures, power cuts. */

import { describe, expect, test } from 'vitest';
import { logEntry, readLog } from '../../../../src/ensemble/log/log-format.ts';
import { recover } from '../../../../src/ensemble/log/recovery.ts';
import { TxnLog } from '../../../../src/ensemble/log/txn-log.ts';
import { encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import { memoryDisk } from './memory-disk.ts';
import { codecs, fileBytes, newDatabase, writeDirectory } from './writing.ts';

const txn = (zxid: bigint): Uint8Array =>
  encodeTransaction({ header: { sessionId: 1n, cxid: 2, zxid, timeMs: 3n, type: -1 }, body: { type: -1, err: -101 }, digest: null });
const zxids = (name: string, bytes: Uint8Array): bigint[] => [...readLog(name, bytes)].map((entry) => entry.txn.header.zxid);

describe('bytes', () => {
  test('header, entry, zeros', async () => {
    const disk = memoryDisk();
    const log = new TxnLog(disk, { preallocateBytes: 64 });
    log.append(txn(0xabn), 0xabn);
    await log.sync();
    const bytes = Buffer.from(fileBytes(disk, 'log.ab'));
    const entry = Buffer.from(logEntry(txn(0xabn)));
    expect(bytes.subarray(0, 16).toString('hex')).toBe('5a4b4c47' + '00000002' + '0000000000000000');
    expect(bytes.subarray(16, 16 + entry.length).equals(entry)).toBe(true);
    expect(entry.subarray(0, 4).toString('hex')).toBe('00000000');
    expect(entry.readInt32BE(8)).toBe(36);
    expect(entry.length).toBe(36 + 13);
    expect(entry.at(-1)).toBe(0x42);
    expect(bytes.subarray(16 + entry.length).every((byte) => byte === 0)).toBe(true);
  });

  test('the first file is as long as Apache’s, and grows by whole steps', async () => {
    const disk = memoryDisk();
    const log = new TxnLog(disk, { preallocateBytes: 65536 });
    log.append(txn(1n), 1n);
    await log.sync();
    expect(fileBytes(disk, 'log.1').length).toBe(16 + 65536);
    for (let zxid = 2n; zxid <= 1400n; zxid++) log.append(txn(zxid), zxid);
    await log.sync();
    expect(log.fileBytes).toBe(16 + 1400 * 49);
    expect(fileBytes(disk, 'log.1').length).toBe(16 + 2 * 65536);
    expect(zxids('log.1', fileBytes(disk, 'log.1')).length).toBe(1400);
  });

  test('without room made ahead the file ends with its last entry', async () => {
    const disk = memoryDisk();
    const log = new TxnLog(disk, { preallocateBytes: 0 });
    log.append(txn(1n), 1n);
    await log.close();
    expect(fileBytes(disk, 'log.1').length).toBe(16 + 49);
  });
});

describe('group commit', () => {
  test('syncs that come while the disk is busy share the next one', async () => {
    const disk = memoryDisk();
    const log = new TxnLog(disk, { preallocateBytes: 0 });
    const done: number[] = [];
    const waits: Promise<void>[] = [];
    for (let i = 1; i <= 50; i++) {
      log.append(txn(BigInt(i)), BigInt(i));
      waits.push(log.sync().then(() => void done.push(i)));
    }
    expect(log.idle).toBe(false);
    await Promise.all(waits);
    expect(disk.syncs).toBe(2);
    expect(done).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(log.idle).toBe(true);
    await log.sync();
    expect(disk.syncs).toBe(2);
  });

  test('never more than a thousand transactions wait for one sync', async () => {
    const disk = memoryDisk();
    const log = new TxnLog(disk, { preallocateBytes: 0 });
    for (let zxid = 1n; zxid <= 2500n; zxid++) log.append(txn(zxid), zxid);
    await log.sync();
    expect(disk.syncs).toBe(3);
  });

  test('what a sync resolved survives a power cut, at every moment', async () => {
    for (let cutAfter = 1; cutAfter < 40; cutAfter++) {
      const { disk, log, step, txns } = await writeDirectory(3);
      let durable = 3;
      let ticks = 0;
      for (let i = 0; i < 8; i++) {
        step();
        const count = txns.length;
        log.sync().then(() => (durable = count), () => undefined);
        if (i === 4) log.roll();
      }
      while (++ticks < cutAfter) await new Promise((resolve) => setImmediate(resolve));
      disk.failWith(new Error('no power'));
      const promised = durable;
      disk.powerCut();
      const { zxid } = await recover(healed(disk), { newTarget: newDatabase, codecs });
      expect(Number(zxid), `after ${cutAfter} turns`).toBeGreaterThanOrEqual(promised);
      await log.sync().catch(() => undefined);
    }
  });
});

/** The same files on a disk that works. */
function healed(disk: ReturnType<typeof memoryDisk>): ReturnType<typeof memoryDisk> {
  return memoryDisk(Object.fromEntries([...disk.files].map(([name, { bytes }]) => [name, bytes])));
}

describe('rolling', () => {
  test('the next transaction begins a new file, even while earlier ones wait', async () => {
    const disk = memoryDisk();
    const log = new TxnLog(disk, { preallocateBytes: 0 });
    log.roll();
    log.append(txn(1n), 1n);
    log.append(txn(2n), 2n);
    log.roll();
    log.roll();
    log.append(txn(3n), 3n);
    expect(log.fileBytes).toBe(16 + 49);
    expect(log.bytesAppended).toBe(3 * 49);
    await log.sync();
    expect([...disk.files.keys()]).toEqual(['log.1', 'log.3']);
    expect(zxids('log.1', fileBytes(disk, 'log.1'))).toEqual([1n, 2n]);
    expect(zxids('log.3', fileBytes(disk, 'log.3'))).toEqual([3n]);
  });

  test('at a size, when one is set', async () => {
    const disk = memoryDisk();
    const log = new TxnLog(disk, { preallocateBytes: 0, fileBytesMax: 100 });
    for (let zxid = 1n; zxid <= 5n; zxid++) log.append(txn(zxid), zxid);
    await log.close();
    expect([...disk.files.keys()]).toEqual(['log.1', 'log.3', 'log.5']);
  });
});

describe('failures', () => {
  test('a disk that fails once fails for good', async () => {
    const disk = memoryDisk();
    const log = new TxnLog(disk);
    log.append(txn(1n), 1n);
    await log.sync();
    disk.failWith(new Error('ENOSPC'));
    log.append(txn(2n), 2n);
    const first = log.sync();
    log.append(txn(3n), 3n);
    const second = log.sync();
    await expect(first).rejects.toMatchObject({ name: 'StorageError', code: 'WriteFailed', message: expect.stringContaining('ENOSPC') as string });
    await expect(second).rejects.toMatchObject({ code: 'WriteFailed' });
    disk.failWith(null);
    await expect(log.sync()).rejects.toMatchObject({ code: 'WriteFailed' });
    await expect(log.close()).rejects.toMatchObject({ code: 'WriteFailed' });
    expect(zxids('log.1', fileBytes(disk, 'log.1'))).toEqual([1n]);
  });

  test('transactions out of order are a bug', () => {
    const log = new TxnLog(memoryDisk());
    log.append(txn(5n), 5n);
    expect(() => log.append(txn(5n), 5n)).toThrow('0x5 logged after 0x5');
    expect(() => log.append(new Uint8Array(0), 6n)).toThrow('an empty transaction');
  });
});
