/** The data directory, the lock on it, the resolver, digests and the secrets in memory. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { dataDirectory } from '../../../src/platform/data-directory.ts';
import { takeInstanceLock } from '../../../src/platform/instance-lock.ts';
import { nodeHash } from '../../../src/platform/node-hash.ts';
import { nodeResolver } from '../../../src/platform/node-resolver.ts';
import { memorySecrets } from '../../../src/platform/node-secrets.ts';
import { guardProcess, removeTemporaryDirectory, temporaryDirectory } from '../../support/process-guard.ts';

describe('the data directory', () => {
  const on = (platform: string, env: Record<string, string> = {}): string => dataDirectory({ platform, env, home: '/home/u' });

  test.each([
    ['linux', {}, '/home/u/.local/share/zooscope'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/zooscope'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/u/.local/share/zooscope'],
    ['linux', { ZOOSCOPE_HOME: '/own', XDG_DATA_HOME: '/data' }, '/own'],
    ['linux', { ZOOSCOPE_HOME: '' }, '/home/u/.local/share/zooscope'],
    ['darwin', {}, '/home/u/Library/Application Support/Zooscope'],
    ['win32', { APPDATA: '/appdata' }, '/appdata/Zooscope'],
    ['win32', {}, '/home/u/AppData/Roaming/Zooscope'],
  ])('on %s with %j', (platform, env, expected) => {
    expect(on(platform, env)).toBe(expected);
  });

  test('is absolute, wherever the program was started', () => {
    expect(on('linux', { ZOOSCOPE_HOME: 'here' })).toBe(resolve('here'));
  });
});

describe('the lock on a data directory', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryDirectory();
  });
  afterEach(() => removeTemporaryDirectory(folder));

  test.each([
    ['a short path', 'data'],
    ['a path too long for a socket', 'x'.repeat(120)],
    ['a path too long for a socket in bytes alone', '数'.repeat(35)],
  ])('is held by one only: %s', async (_what, name) => {
    const directory = join(folder, name);
    const lock = await takeInstanceLock(directory);
    expect(lock).not.toBeNull();
    expect(await takeInstanceLock(directory)).toBeNull();
    const other = await takeInstanceLock(join(folder, name, 'other'));
    expect(other).not.toBeNull();
    expect((await readdir(folder)).filter((found) => found !== name)).toStrictEqual([]);
    await Promise.all([lock?.release(), other?.release()]);
    const again = await takeInstanceLock(directory);
    expect(again).not.toBeNull();
    await again?.release();
  });

  test('goes with a process that is killed', async () => {
    const script = `require('node:net').createServer().listen(process.argv[1], () => console.log('held'))`;
    const holder = spawn(process.execPath, ['-e', script, join(folder, 'instance.sock')], { stdio: ['ignore', 'pipe', 'inherit'] });
    guardProcess(holder);
    await once(holder.stdout, 'data');
    expect(await takeInstanceLock(folder)).toBeNull();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = await takeInstanceLock(folder);
    expect(lock).not.toBeNull();
    await lock?.release();
  });
});

describe('the resolver', () => {
  test('gives addresses as they are, and those of a name', async () => {
    expect(await nodeResolver().lookup('127.0.0.1')).toStrictEqual({ ok: true, addresses: ['127.0.0.1'] });
    expect(await nodeResolver().lookup('::1')).toStrictEqual({ ok: true, addresses: ['::1'] });
    expect(await nodeResolver().lookup('localhost')).toMatchObject({ ok: true });
  });

  test('says by its code why there is none', async () => {
    const resolve = (): Promise<never> => Promise.reject(Object.assign(new TypeError('getaddrinfo'), { code: 'ENOTFOUND' }));
    expect(await nodeResolver({ resolve }).lookup('x')).toStrictEqual({ ok: false, code: 'ENOTFOUND', reason: 'the name is not known' });
  });

  test('does not wait for ever', async () => {
    const resolve = (): Promise<never> => new Promise(() => undefined);
    expect(await nodeResolver({ resolve, giveUpMs: 5 }).lookup('x')).toMatchObject({ ok: false, code: 'ETIMEOUT' });
  });

  test('names each address once', async () => {
    const resolve = (): Promise<{ address: string }[]> => Promise.resolve([{ address: 'a' }, { address: 'b' }, { address: 'a' }]);
    expect(await nodeResolver({ resolve }).lookup('x')).toStrictEqual({ ok: true, addresses: ['a', 'b'] });
  });
});

test('sha1 gives 20 plain bytes', async () => {
  const digest = await nodeHash.sha1(new TextEncoder().encode('abc'));
  expect(toHex(digest)).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
  expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
});

test('secrets in memory are kept until they are forgotten', async () => {
  const secrets = memorySecrets();
  expect(secrets.kind).toBe('memory');
  expect(await secrets.get('a')).toBeNull();
  await secrets.set('a', 'x');
  expect(await secrets.get('a')).toBe('x');
  await secrets.remove('a');
  await secrets.remove('a');
  expect(await secrets.get('a')).toBeNull();
});
