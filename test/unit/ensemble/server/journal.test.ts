/** When snapshots are taken, in which form, and what a disk that is slow or full does to a server. */

import { describe, expect, test } from 'vitest';
import { ask } from '../../../interop/server-conversation.ts';
import { memoryDisk } from '../log/memory-disk.ts';
import { Harness, settle } from './harness.ts';

const snapshots = (harness: Harness): string[] => [...harness.disk.files.keys()].filter((name) => name.startsWith('snapshot.') && name !== 'snapshot.0');

describe('snapshots', () => {
  test('are taken when the log has grown by a size', async () => {
    const harness = await Harness.start({ config: { snapSizeLimitInKb: '8' } });
    const client = await harness.join();
    await client.do(1, ask.create('/a', 'small'));
    expect(snapshots(harness)).toEqual([]);
    for (let i = 0; i < 9; i++) await client.do(5, ask.setData('/a', 'x'.repeat(1024)));
    await settle();
    expect(snapshots(harness).length).toBeGreaterThan(0);
    await harness.server.stop();
  });

  test('not when the size is off', async () => {
    const harness = await Harness.start({ config: { snapSizeLimitInKb: '-1' } });
    const client = await harness.join();
    await client.do(1, ask.create('/a', ''));
    for (let i = 0; i < 9; i++) await client.do(5, ask.setData('/a', 'x'.repeat(10_000)));
    expect(snapshots(harness)).toEqual([]);
  });

  test('are packed when that is asked for, and read whatever is asked for', async () => {
    const disk = memoryDisk();
    const config = { snapCount: '4', 'snapshot.compression.method': 'snappy' };
    const harness = await Harness.start({ disk, config });
    const client = await harness.join();
    for (let i = 0; i < 9; i++) await client.do(1, ask.create(`/n${i}`, 'data'));
    await settle();
    expect(snapshots(harness).every((name) => name.endsWith('.snappy'))).toBe(true);
    expect(snapshots(harness).length).toBeGreaterThan(0);
    await harness.server.stop();
    const again = await Harness.start({ disk });
    expect(again.server.view.tree.digest).toBe(harness.server.view.tree.digest);
  });

  test('a way of packing that does not exist is refused by its key', async () => {
    await expect(Harness.start({ config: { 'snapshot.compression.method': 'zstd' } })).rejects.toThrow('snapshot.compression.method=zstd');
  });
});

describe('the disk', () => {
  test('a new directory without room for its first snapshot is not served', async () => {
    const disk = memoryDisk();
    disk.failWith(new Error('ENOSPC'));
    await expect(Harness.start({ disk })).rejects.toMatchObject({ code: 'WriteFailed', file: 'snapshot.0' });
    disk.failWith(null);
    const harness = await Harness.start({ disk });
    expect((await (await harness.join()).do(1, ask.create('/a', ''))).err).toBe(0);
  });

  test('a slow sync is counted', async () => {
    const harness = await Harness.start({ config: { 'fsync.warningthresholdms': '20' } });
    const client = await harness.join();
    client.ask(1, ask.create('/a', ''));
    // The sync has begun; while it runs, time goes on.
    await new Promise((resolve) => setImmediate(resolve));
    await harness.clock.advance(30);
    expect(new Map(harness.server.view.stats.counters()).get('fsync_threshold_exceed_count')).toBe(1);
  });

  test('every write is answered, in order, however syncs and requests fall', async () => {
    const disk = memoryDisk();
    const harness = await Harness.start({ disk });
    const clients = await Promise.all([harness.join(), harness.join()]);
    for (let i = 0; i < 20; i++) {
      clients[i % 2]?.ask(1, ask.create(`/n${i}`, ''));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settle();
    for (const client of clients) expect(client.replies().map(({ err }) => err)).toEqual(Array.from({ length: 10 }, () => 0));
  });
});
