import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { concatBytes } from '../../../../src/base/bytes.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { fileAppendLog } from '../../../../src/platform/transfer/append-log.ts';
import { fileExportInput } from '../../../../src/platform/transfer/export-input.ts';
import { fileExportOutput, partOf } from '../../../../src/platform/transfer/export-output.ts';
import { nodeTransferTools as tools } from '../../../../src/platform/transfer/tools.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zooscope-files-'));
  file = join(folder, 'deep', 'export.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const all = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return concatBytes(parts);
};
const bytesOf = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The third kind is tried wherever Node has it. */
const kinds = (['none', 'gzip', 'zstd'] as const).filter((kind) => kind !== 'zstd' || 'zstdCompress' in zlib);

describe.each(kinds)('an export in a file, compression %s', (compression) => {
  const output = (overwrite = false) => fileExportOutput({ file, compression, overwrite });
  const plain = async (path: string): Promise<Uint8Array> => (compression === 'gzip' ? gunzipSync(readFileSync(path)) : await all(fileExportInput(path).chunks()));

  test('has its name only when it is whole', async () => {
    const parts = [bytesOf(10), bytesOf(3_000_000), bytesOf(0), bytesOf(700_000), bytesOf(700_000)];
    const out = output();
    expect(await all(out.kept())).toHaveLength(0);
    await out.begin(0);
    for (const part of parts) await out.write(part);
    expect(existsSync(file)).toBe(false);
    await out.finish();
    await out.close();
    expect(existsSync(partOf(file))).toBe(false);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(same(await plain(file), concatBytes(parts))).toBe(true);
    expect(same(await all(fileExportInput(file).chunks()), concatBytes(parts))).toBe(true);
  });

  test('can be gone on with at any byte of what a checkpoint kept, whatever came behind it', async () => {
    const random = seededRandom(1);
    const first = bytesOf(2_500_000);
    for (let round = 0; round < 6; round++) {
      const out = output(true);
      await out.begin(0);
      await out.write(first.subarray(0, 1_200_000));
      await out.write(first.subarray(1_200_000, 1_300_000));
      await out.checkpoint();
      await out.write(first.subarray(1_300_000));
      await out.checkpoint();
      // As a crash would leave it: the last member or line torn, or rubbish behind.
      if (round % 2 === 0) truncateSync(partOf(file), statSync(partOf(file)).size - 7);
      else appendFileSync(partOf(file), bytesOf(50));
      await out.close();

      const again = output(true);
      const kept = await all(again.kept());
      expect(same(kept.subarray(0, 1_300_000), first.subarray(0, 1_300_000))).toBe(true);
      const bytes = round === 0 ? 1_300_000 : random.uint32() % 1_300_001;
      await again.begin(bytes);
      await again.write(Uint8Array.of(1, 2, 3));
      await again.finish();
      expect(same(await plain(file), concatBytes([first.subarray(0, bytes), Uint8Array.of(1, 2, 3)]))).toBe(true);
    }
  });

  test('never takes the place of a file, unless it was told to', async () => {
    mkdirSync(join(folder, 'deep'));
    writeFileSync(file, 'mine');
    await expect(output().begin(0)).rejects.toMatchObject({ code: 'FileExists' });
    rmSync(file);
    const out = output();
    await out.begin(0);
    await out.write(bytesOf(5));
    writeFileSync(file, 'came meanwhile');
    await expect(out.finish()).rejects.toMatchObject({ code: 'FileExists', message: expect.stringContaining('.part') });
    expect(readFileSync(file, 'utf8')).toBe('came meanwhile');
    expect(existsSync(partOf(file))).toBe(true);
    const told = output(true);
    await told.begin(0);
    await told.write(bytesOf(5));
    await told.finish();
    expect(await plain(file)).toHaveLength(5);
  });

  test('two that write to one file at the same time: neither becomes a mixture', async () => {
    const [first, second] = [bytesOf(1_500_000), bytesOf(1_200_000)];
    const [one, two] = [output(true), output(true)];
    await one.begin(0);
    await one.write(first);
    await two.begin(0);
    await two.write(second.subarray(0, 1_100_000));
    await expect(one.finish()).rejects.toMatchObject({ code: 'FileFailed', message: expect.stringContaining('another export') as string });
    await one.close();
    await two.write(second.subarray(1_100_000));
    await two.finish();
    await two.close();
    expect(same(await plain(file), second)).toBe(true);
  });

  test('says what is left when the system refuses', async () => {
    writeFileSync(join(folder, 'plain'), '');
    const below = fileExportOutput({ file: join(folder, 'plain', 'x'), compression, overwrite: false });
    await expect(below.begin(0)).rejects.toMatchObject({ code: 'FileFailed', message: expect.stringContaining('a folder in its path is none') });
    await expect(output().begin(5)).rejects.toMatchObject({ code: 'FileFailed' });
  });

  test('closing leaves what was written, to go on with', async () => {
    const out = output();
    await out.begin(0);
    await out.write(bytesOf(100));
    await out.close();
    await out.close();
    expect(await all(output().kept())).toHaveLength(100);
    expect(existsSync(file)).toBe(false);
  });
});

describe('an input', () => {
  test.each([
    ['one that is not there', 'none', /ENOENT/, 'FileFailed'],
    ['a folder', '.', /EISDIR/, 'FileFailed'],
  ])('%s', async (_what, name, message, code) => {
    await expect(all(fileExportInput(join(folder, name)).chunks())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('gzip is told by its first bytes; truncated and broken gzip is refused', async () => {
    const text = Buffer.from('line\n'.repeat(100_000));
    const packed = Buffer.concat([gzipSync(text.subarray(0, 1000)), gzipSync(text.subarray(1000))]);
    const path = join(folder, 'x');
    writeFileSync(path, packed);
    expect(same(await all(fileExportInput(path).chunks()), text)).toBe(true);
    writeFileSync(path, packed.subarray(0, -9));
    await expect(all(fileExportInput(path).chunks())).rejects.toMatchObject({ code: 'BadExport', message: expect.stringMatching(/truncated/) });
    packed[60] = (packed[60] as number) ^ 0xff;
    writeFileSync(path, packed);
    await expect(all(fileExportInput(path).chunks())).rejects.toMatchObject({ code: 'BadExport', message: expect.stringMatching(/gzip is broken/) });
  });

  test('a reader who goes away early leaves nothing open', async () => {
    const path = join(folder, 'x');
    writeFileSync(path, gzipSync(bytesOf(2_000_000)));
    for (let i = 0; i < 5; i++) for await (const chunk of fileExportInput(path).chunks()) if (chunk.length > 0) break;
    expect(process.getActiveResourcesInfo().filter((name) => name.startsWith('FS'))).toHaveLength(0);
  });

  describe('zstd', () => {
    const hasZstd = kinds.includes('zstd');
    const needsNewer = expect.stringContaining('zstd needs Node 22.15') as string;

    test('of others is read where Node has it, else refused by name', async () => {
      const path = join(folder, 'x');
      writeFileSync(path, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05, 0x29, 0x00, 0x00, ...Buffer.from('hello')]));
      const read = all(fileExportInput(path).chunks());
      if (hasZstd) expect(Buffer.from(await read).toString()).toBe('hello');
      else await expect(read).rejects.toMatchObject({ code: 'BadExport', message: needsNewer });
    });

    test('is written where Node has it, and found out when it is damaged; else refused by name', async () => {
      const path = join(folder, 'x');
      const options = { file: path, compression: 'zstd', overwrite: false } as const;
      if (!hasZstd) {
        expect(() => fileExportOutput(options)).toThrow(expect.objectContaining({ code: 'FileFailed', message: needsNewer }));
        expect(existsSync(partOf(path))).toBe(false);
        return;
      }
      const out = fileExportOutput(options);
      await out.begin(0);
      await out.write(bytesOf(1_500_000));
      await out.write(bytesOf(1_500_000));
      await out.finish();
      const packed = readFileSync(path);
      writeFileSync(path, packed.subarray(0, -9));
      await expect(all(fileExportInput(path).chunks())).rejects.toMatchObject({ code: 'BadExport', message: expect.stringMatching(/truncated/) });
      packed[packed.length - 900] = (packed[packed.length - 900] as number) ^ 0xff;
      writeFileSync(path, packed);
      await expect(all(fileExportInput(path).chunks())).rejects.toMatchObject({ code: 'BadExport', message: expect.stringMatching(/zstd is broken/) });
    });
  });
});

describe('a log', () => {
  const lines = async (path: string): Promise<string[]> => {
    const out: string[] = [];
    for await (const line of fileAppendLog(path).read()) out.push(line);
    return out;
  };

  test('is read as it was written, without a last line that was cut off', async () => {
    const path = join(folder, 'logs', 'job.log');
    expect(await lines(path)).toStrictEqual([]);
    const log = fileAppendLog(path);
    await log.append(['{"a":1}', 'ünï']);
    await Promise.all([log.append(['x'.repeat(200_000)]), log.append(['last'])]);
    expect(await log.size()).toBe(statSync(path).size);
    await log.close();
    appendFileSync(path, 'torn'.repeat(50_000));
    expect(await lines(path)).toStrictEqual(['{"a":1}', 'ünï', 'x'.repeat(200_000), 'last']);
    await log.append(['next']);
    await log.close();
    expect(await lines(path)).toStrictEqual(['{"a":1}', 'ünï', 'x'.repeat(200_000), 'last', 'next']);
  });

  test('is replaced as one step, and goes on behind that', async () => {
    const path = join(folder, 'job.log');
    const log = fileAppendLog(path);
    await log.append(['one', 'two']);
    await log.replace(['three']);
    await log.append(['four']);
    expect(await lines(path)).toStrictEqual(['three', 'four']);
    await log.close();
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  test('is not there for others when the system refuses', async () => {
    writeFileSync(join(folder, 'plain'), '');
    const log = fileAppendLog(join(folder, 'plain', 'x'));
    await expect(log.append(['a'])).rejects.toMatchObject({ code: 'FileFailed' });
    await expect(log.replace(['a'])).rejects.toMatchObject({ code: 'FileFailed' });
    await log.close();
  });
});

test('base64 is taken only as the standard has it', () => {
  const { base64 } = tools;
  expect(base64.decode(base64.encode(Uint8Array.of(1, 2, 255)))).toStrictEqual(Uint8Array.of(1, 2, 255));
  expect(base64.decode('')).toStrictEqual(new Uint8Array(0));
  for (const bad of ['A', 'AA', 'AA=', 'AAE', 'AA==\n', 'A-_=', 'AB==', '====', 'AAEC=']) expect(base64.decode(bad), bad).toBeNull();
});

test('sha256 goes over all that it was given', () => {
  const sum = tools.sha256();
  sum.update(Buffer.from('a'));
  sum.update(Buffer.from('bc'));
  expect(sum.hex()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
