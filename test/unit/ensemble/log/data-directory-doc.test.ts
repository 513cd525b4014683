/** docs/data-directory.md against the code: the settings with their defaults, and every refusal in its words. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseZooCfg, type ZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';
import { readSettings, type Settings } from '../../../../src/ensemble/config/settings.ts';
import { logEntry, logHeader, readLog } from '../../../../src/ensemble/log/log-format.ts';
import { recover } from '../../../../src/ensemble/log/recovery.ts';
import { snapshotChunks } from '../../../../src/ensemble/log/snapshot-writer.ts';
import { StorageError } from '../../../../src/ensemble/log/storage-error.ts';
import { encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import { memoryDisk, type MemoryDisk } from './memory-disk.ts';
import { codecs, fileBytes, newDatabase, writeDirectory, type Written } from './writing.ts';

const text = readFileSync(new URL('../../../../docs/data-directory.md', import.meta.url), 'utf8');

/** The rows of the table below a heading, without its head. */
function rowsBelow(heading: string): string[][] {
  const section = text.slice(text.indexOf(`## ${heading}`)).split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
}

const words = (cell: string | undefined): string[] => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);

interface Read {
  readonly settings: Settings;
  readonly cfg: Omit<ZooCfg, 'properties'>;
}

function read(...lines: string[]): Read {
  const { properties, ...cfg } = parseZooCfg(['dataDir=/d', 'clientPort=2181', ...lines].join('\n'));
  return { settings: readSettings(properties), cfg };
}

describe('settings', () => {
  const rows = rowsBelow('Settings').flatMap(([keys, defaults = '']) => words(keys).map((key, i) => ({
    key, standard: defaults.split(',')[i]?.replace(/\(.*\)/, '').trim() ?? '',
  })));
  const other: Readonly<Record<string, string>> = { yes: 'no', false: 'true', none: 'gz' };

  test('are all there', () => {
    expect(rows.length).toBe(10);
  });

  test.each(rows)('$key is $standard unless said otherwise', ({ key, standard }) => {
    expect(read(`${key}=${standard === 'none' ? '' : standard}`)).toEqual(read());
    expect(read(`${key}=${other[standard] ?? 77}`)).not.toEqual(read());
  });
});

/** A directory with two logs, and a snapshot at the end of them. */
async function full(): Promise<Written & { readonly newest: string }> {
  const written = await writeDirectory(10);
  written.log.roll();
  for (let i = 0; i < 10; i++) written.step();
  await written.log.sync();
  const newest = 'snapshot.14';
  await written.disk.writeWhole(newest, snapshotChunks(written.database.snapshot()));
  return { ...written, newest };
}

type Spoil = (written: Awaited<ReturnType<typeof full>>) => MemoryDisk | Promise<MemoryDisk>;

const without = async (disk: MemoryDisk, ...names: string[]): Promise<MemoryDisk> => {
  for (const name of names) await disk.remove(name);
  return disk;
};

/** By what the document says, as far as it is the same in all of them. */
const refusals: Readonly<Record<string, Spoil>> = {
  'Everything before that byte is sound': async ({ disk, newest }) => {
    await without(disk, newest);
    const bytes = fileBytes(disk, 'log.1').slice();
    bytes[80] = (bytes[80] as number) ^ 1;
    disk.put('log.1', bytes);
    return disk;
  },
  'an entry cannot be read': async ({ disk, txns, newest }) => {
    await without(disk, newest, 'log.b');
    const strange = Buffer.from(encodeTransaction({ ...(txns[9] as (typeof txns)[0]), digest: null }));
    strange.writeInt32BE(99, 28);
    disk.put('log.b', Buffer.concat([logHeader(), logEntry(strange)]));
    return disk;
  },
  'transactions are missing: after': ({ disk, newest }) => without(disk, 'log.1', newest),
  'cannot be used, and without it': ({ disk, newest }) => {
    disk.put(newest, fileBytes(disk, newest).slice(0, -1));
    return without(disk, 'log.b');
  },
  'was written while the server was at work': async ({ disk, database, step, log, newest }) => {
    await without(disk, newest);
    const source = database.snapshot();
    const late = { ...source, digest: () => ({ zxid: 30n, digestVersion: 2, digest: 1n }) };
    await disk.writeWhole(newest, snapshotChunks(late));
    step();
    await log.sync();
    return disk;
  },
  'there are transaction logs': ({ disk, newest }) => without(disk, 'snapshot.0', newest),
  'no snapshot can be used': ({ disk, newest }) => {
    for (const name of ['snapshot.0', newest]) disk.put(name, fileBytes(disk, name).slice(0, -3));
    return disk;
  },
  'is compressed in a way': async ({ disk, newest }) => {
    disk.put('snapshot.14.zst', fileBytes(disk, newest));
    return without(disk, 'snapshot.0', newest);
  },
  '... cannot be read': ({ disk }) => ({ ...disk, readTail: () => Promise.reject(new Error('EACCES')) }),
  'cannot be made ready for use': ({ disk }) => {
    disk.failWith(new Error('EROFS'));
    return disk;
  },
};

/** Refused where the two directories differ. */
const misplaced: Readonly<Record<string, (disk: MemoryDisk) => readonly [snapshots: MemoryDisk, logs: MemoryDisk]>> = {
  'lies in dataDir': (disk) => [disk, memoryDisk()],
  'lies in dataLogDir': (disk) => [memoryDisk(), disk],
};

/** What the document quotes, as a pattern. */
function pattern(quoted: string): RegExp {
  const escaped = quoted.replace(/[()+*?[\]^$|\\]/g, '\\$&').replace(/\.\.\./g, '<any>').replace(/\./g, '\\.');
  return new RegExp(escaped.replace(/<any>/g, '.*').replace(/\\\.X\b/g, '\\.[\\w.]+').replace(/\bN\b/g, '\\d+').replace(/0x[A-Z]\b/g, '0x\\w+'));
}

async function refusalOf(snapshots: MemoryDisk, logs: MemoryDisk): Promise<string> {
  const error: unknown = await recover(snapshots, { newTarget: newDatabase, codecs, logs }).then(() => null, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(StorageError);
  return (error as StorageError).message;
}

describe('refusals', () => {
  const documented = rowsBelow('What is refused, and what to do').map(([quoted]) => words(quoted)[0] as string);
  /** Said before the directory is opened (hosts/server). */
  const ours = documented.filter((quoted) => !quoted.startsWith('dataDir='));

  test('each that is documented is one that is tried here', () => {
    const tried = [...Object.keys(refusals), ...Object.keys(misplaced)];
    expect(ours.length).toBe(tried.length);
    for (const quoted of ours) expect(tried.filter((key) => quoted.includes(key)), quoted).toHaveLength(1);
  });

  test.each(Object.entries(refusals))('%s', async (key, spoil) => {
    const disk = await spoil(await full());
    const message = await refusalOf(disk, disk);
    const quoted = ours.find((row) => row.includes(key)) as string;
    expect(message).toMatch(pattern(quoted));
  });

  test.each(Object.entries(misplaced))('%s', async (key, place) => {
    const { disk, newest } = await full();
    const moved = await without(disk, ...(key === 'lies in dataDir' ? [] : ['log.1', 'log.b', newest]));
    const message = await refusalOf(...place(moved));
    const quoted = ours.find((row) => row.includes(key)) as string;
    expect(message).toMatch(pattern(quoted));
  });
});

test('a torn end is kept under the name that is documented', async () => {
  const { disk } = await writeDirectory(40);
  const bytes = fileBytes(disk, 'log.1').slice();
  const entries = [...readLog('log.1', bytes)];
  const sector = Math.ceil((entries[30]?.offset ?? 0) / 512) * 512;
  bytes.fill(0, sector, sector + 512);
  disk.put('log.1', bytes);
  await recover(disk, { newTarget: newDatabase, codecs });
  const kept = [...disk.files.keys()].filter((name) => !/^(log|snapshot)\./.test(name));
  expect(kept).toEqual([expect.stringMatching(/^torn-end-of-log\.1-at-\d+$/)]);
  expect(text).toContain('`torn-end-of-<log>-at-<byte>`');
});
