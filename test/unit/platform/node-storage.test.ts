/** A data directory on real files. */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeStorage } from '../../../src/platform/node-storage.ts';
import { temporaryDirectory } from '../../support/process-guard.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a directory', () => {
  test('is made if it is not there, with its parents, and lists only files', async () => {
    const directory = join(temporaryDirectory(), 'deep', 'version-2');
    const storage = await nodeStorage(directory);
    expect(await storage.list()).toEqual([]);
    mkdirSync(join(directory, 'sub'));
    writeFileSync(join(directory, 'log.1'), 'x');
    expect(await storage.list()).toEqual(['log.1']);
  });

  test('what an earlier process left unfinished is removed when it is opened', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'unfinished-snapshot.5'), 'half');
    writeFileSync(join(directory, 'snapshot.4'), 'whole');
    expect(await (await nodeStorage(directory)).list()).toEqual(['snapshot.4']);
  });
});

describe('a file that grows', () => {
  test('is appended after what was appended, not after the room made ahead', async () => {
    const directory = temporaryDirectory();
    const storage = await nodeStorage(directory);
    const file = await storage.create('log.1', bytes('he'));
    expect(readFileSync(join(directory, 'log.1'), 'utf8')).toBe('he');
    await file.append(bytes('ad'));
    await file.preallocate(100);
    await file.append(bytes('tail'));
    await file.sync();
    await file.sync();
    await file.preallocate(2);
    await file.close();
    const content = readFileSync(join(directory, 'log.1'));
    expect(content.length).toBe(100);
    expect(content.subarray(0, 8).toString()).toBe('headtail');
    expect(content.subarray(8).every((byte) => byte === 0)).toBe(true);
    expect(await storage.size('log.1')).toBe(100);
  });

  test('must not exist before', async () => {
    const storage = await nodeStorage(temporaryDirectory());
    await (await storage.create('log.1', bytes('first'))).close();
    await expect(storage.create('log.1', bytes('second'))).rejects.toMatchObject({ code: 'FileExists' });
    expect(Buffer.from(await storage.read('log.1')).toString()).toBe('first');
  });
});

describe('a file written whole', () => {
  test('is there when it is complete, and not before', async () => {
    const directory = temporaryDirectory();
    const storage = await nodeStorage(directory);
    async function* parts(): AsyncIterableIterator<Uint8Array> {
      yield bytes('one ');
      await new Promise((resolve) => setImmediate(resolve));
      expect(existsSync(join(directory, 'snapshot.1'))).toBe(false);
      yield bytes('two');
    }
    await storage.writeWhole('snapshot.1', parts());
    expect(Buffer.from(await storage.read('snapshot.1')).toString()).toBe('one two');
    expect(Buffer.from(await storage.readTail('snapshot.1', 3)).toString()).toBe('two');
    expect(Buffer.from(await storage.readTail('snapshot.1', 99)).toString()).toBe('one two');
    await storage.writeWhole('snapshot.1', [bytes('new')]);
    expect(Buffer.from(await storage.read('snapshot.1')).toString()).toBe('new');
  });

  test('leaves nothing when its parts fail', async () => {
    const directory = temporaryDirectory();
    const storage = await nodeStorage(directory);
    function* parts(): IterableIterator<Uint8Array> {
      yield bytes('one');
      throw new RangeError('broken');
    }
    await expect(storage.writeWhole('snapshot.1', parts())).rejects.toThrow('broken');
    expect(readdirSync(directory)).toEqual([]);
  });
});

test('a file larger than a piece is streamed whole', async () => {
  const directory = temporaryDirectory();
  const storage = await nodeStorage(directory);
  const content = Buffer.from(Array.from({ length: 700_000 }, (_, i) => i % 251));
  writeFileSync(join(directory, 'snapshot.1'), content);
  const pieces: Uint8Array[] = [];
  for await (const piece of storage.stream('snapshot.1')) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(1);
  expect(Buffer.concat(pieces).equals(content)).toBe(true);
  const end: Uint8Array[] = [];
  for await (const piece of storage.stream('snapshot.1', 600_001)) end.push(piece);
  expect(Buffer.concat(end).equals(content.subarray(600_001))).toBe(true);
});

test('what is in doubt is written again as it is, over many pieces', async () => {
  const directory = temporaryDirectory();
  const storage = await nodeStorage(directory);
  const content = Buffer.from(Array.from({ length: 900_000 }, (_, i) => i % 251));
  writeFileSync(join(directory, 'log.1'), content);
  await storage.truncate('log.1', 800_000, 1234);
  expect(readFileSync(join(directory, 'log.1')).equals(content.subarray(0, 800_000))).toBe(true);
});

test('files are cut and removed', async () => {
  const directory = temporaryDirectory();
  const storage = await nodeStorage(directory);
  writeFileSync(join(directory, 'log.1'), '0123456789');
  await storage.truncate('log.1', 4);
  expect(statSync(join(directory, 'log.1')).size).toBe(4);
  await storage.remove('log.1');
  expect(await storage.list()).toEqual([]);
  await expect(storage.read('log.1')).rejects.toThrow('ENOENT');
});
