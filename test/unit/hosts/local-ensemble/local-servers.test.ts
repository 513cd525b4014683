/** Local servers on this machine: their directories, their ports, their processes. A small script stands in for the server. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { localServers } from '../../../../src/hosts/local-ensemble/local-servers.ts';
import { takeInstanceLock } from '../../../../src/platform/instance-lock.ts';
import type { LocalServerExit, LocalServers, LocalServerStart } from '../../../../src/services/ports.ts';
import { freePort } from '../../../support/ports.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../../support/process-guard.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => removeTemporaryDirectory(folder));

/** What stands in for the server: listens on the port of its zoo.cfg. */
const LISTENS = `
  const [file] = process.argv.slice(2);
  const port = Number(/clientPort=(\\d+)/.exec(require('node:fs').readFileSync(file, 'utf8'))[1]);
  require('node:net').createServer().listen(port, '127.0.0.1');
`;

/** In place of the guard: its work is tested with the built program. */
const NO_GUARD = { command: process.execPath, args: ['-e', 'console.log("ready"); process.stdin.resume()'] };
const HOW: LocalServerStart = { engine: 'embedded', zookeeper: null, stays: false, movesPort: true };
const shape = (servers: number) => ({ servers, observers: 0, clientPort: null });

describe('local servers', () => {
  const made: LocalServers[] = [];
  afterEach(async () => {
    await Promise.all(made.splice(0).map((own) => own.close()));
  });
  const servers = (script = LISTENS): ReturnType<typeof localServers> => {
    const entry = join(folder, 'server.cjs');
    writeFileSync(entry, script);
    const own = localServers({ directory: join(folder, 'servers'), command: process.execPath, entry, guard: NO_GUARD, guardDirectory: folder });
    made.push(own);
    return own;
  };

  test('are made with a zoo.cfg of their own', async () => {
    const own = servers();
    const { dir } = await own.create('abc', shape(1));
    expect(dir).toBe(join(folder, 'servers', 'abc'));
    expect(readdirSync(join(dir, 'server-1')).toSorted()).toStrictEqual(['data', 'zoo.cfg']);
    const config = readFileSync(join(dir, 'server-1', 'zoo.cfg'), 'utf8');
    expect(config).toContain(`dataDir=${join(dir, 'server-1', 'data')}\n`);
    expect(config).toContain('clientPortAddress=127.0.0.1\n');
    expect(config).not.toContain('server.1=');
    const [place] = await own.read(dir);
    expect(config).toContain(`clientPort=${place?.clientPort}\n`);
  });

  test('leave nothing behind when the disk refuses one of their files', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const parts = { command: process.execPath, entry: file, guard: NO_GUARD, guardDirectory: folder };
    await expect(localServers({ ...parts, directory: file }).create('abc', shape(3))).rejects.toMatchObject({ code: 'FileFailed' });
    // The directory's own path can be had, and those below it are too long for the system.
    let deep = folder;
    while (deep.length < 4_080) deep = join(deep, 'd'.repeat(Math.max(1, Math.min(200, 4_079 - deep.length))));
    mkdirSync(deep, { recursive: true });
    await expect(localServers({ ...parts, directory: deep }).create('abc', shape(3))).rejects.toMatchObject({ code: 'FileFailed', message: expect.stringContaining('ENAMETOOLONG') });
    expect(readdirSync(deep)).toStrictEqual([]);
  });

  test('three know each other, each by its myid, on loopback, and answer every four-letter word', async () => {
    const own = servers();
    const { dir } = await own.create('abc', shape(3));
    const configs = [1, 2, 3].map((id) => readFileSync(join(dir, `server-${id}`, 'zoo.cfg'), 'utf8'));
    const members = configs.map((config) => config.match(/^server\.\d=.*$/gm));
    expect(members[0]).toHaveLength(3);
    expect(members[0]?.join()).toMatch(/^server\.1=127\.0\.0\.1:\d+:\d+,server\.2=127\.0\.0\.1:\d+:\d+,server\.3=127\.0\.0\.1:\d+:\d+$/);
    expect(members).toStrictEqual([members[0], members[0], members[0]]);
    for (const config of configs) for (const line of ['initLimit=10', 'syncLimit=5', '4lw.commands.whitelist=*', 'clientPortAddress=127.0.0.1']) expect(config).toContain(`${line}\n`);
    expect([1, 2, 3].map((id) => readFileSync(join(dir, `server-${id}`, 'data', 'myid'), 'utf8'))).toStrictEqual(['1\n', '2\n', '3\n']);
    const ports = (await own.read(dir)).map(({ clientPort }) => clientPort);
    expect(new Set([...ports, ...(members[0]?.join().match(/\d{5}/g) ?? [])].map(String)).size).toBe(9);
  });

  test.each(['', '..', 'a/b', 'a.b'])('are not made under the id %j', async (labId) => {
    await expect(servers().create(labId, shape(1))).rejects.toMatchObject({ code: 'BadLabId' });
  });

  test('start on the port of their file, stop, and are killed', async () => {
    const own = servers();
    const { dir } = await own.create('abc', shape(3));
    const places = await own.read(dir);
    const exits: LocalServerExit[] = [];
    const first = await own.start(dir, 1, HOW, (exit) => exits.push(exit));
    const second = await own.start(dir, 2, HOW, (exit) => exits.push(exit));
    expect([first.clientPort, second.clientPort]).toStrictEqual(places.slice(0, 2).map(({ clientPort }) => clientPort));
    await first.stop();
    await second.kill();
    expect(exits.map(({ signal }) => signal)).toStrictEqual(['SIGTERM', 'SIGKILL']);
    await expect(own.start(dir, 4, HOW, () => undefined)).rejects.toMatchObject({ code: 'LocalServerFailed', message: expect.stringContaining('no server 4') });
  });

  test('start on another client port when theirs is taken, and keep it; a port for the others is not moved', async () => {
    const own = servers();
    const { dir } = await own.create('abc', shape(3));
    const file = join(dir, 'server-2', 'zoo.cfg');
    const taken = (await own.read(dir))[1]?.clientPort ?? 0;
    const electionPort = Number(/^server\.1=127\.0\.0\.1:\d+:(\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1]);
    const others = [taken, electionPort].map((port) => createServer().listen(port, '127.0.0.1'));
    try {
      const server = await own.start(dir, 2, HOW, () => undefined);
      expect(server.clientPort).not.toBe(taken);
      expect(readFileSync(file, 'utf8')).toContain(`clientPort=${server.clientPort}\n`);
      expect((await own.read(dir))[1]?.clientPort).toBe(server.clientPort);
      await server.stop();
      await expect(own.start(dir, 1, HOW, () => undefined)).rejects.toMatchObject({ message: expect.stringContaining(`the election port ${electionPort} of server 1 is taken`) });
    } finally {
      for (const other of others) other.close();
    }
  });

  test('of an earlier release start from the directory itself', async () => {
    const dir = join(folder, 'servers', 'old');
    mkdirSync(join(dir, 'data'), { recursive: true });
    const port = await freePort();
    writeFileSync(join(dir, 'zoo.cfg'), `dataDir=${join(dir, 'data')}\nclientPort=${port}\n`);
    const own = servers();
    expect(await own.read(dir)).toStrictEqual([{ id: 1, clientPort: port, observer: false }]);
    const server = await own.start(dir, 1, HOW, () => undefined);
    expect(server.clientPort).toBe(port);
    await server.stop();
    expect(readdirSync(dir)).toContain('server.log');
  });

  test('do not start while another program runs the same directory', async () => {
    const own = servers();
    const { dir } = await own.create('abc', shape(3));
    const lock = await takeInstanceLock(join(dir, '.guard'));
    await expect(own.start(dir, 1, HOW, () => undefined)).rejects.toMatchObject({ message: expect.stringContaining('another program') });
    await lock?.release();
    const server = await own.start(dir, 1, HOW, () => undefined);
    expect(await takeInstanceLock(join(dir, '.guard'))).toBeNull();
    await server.stop();
    const free = await vi.waitUntil(() => takeInstanceLock(join(dir, '.guard')));
    await free?.release();
  });

  test('are removed with all they have; nothing else ever is', async () => {
    const own = servers();
    const { dir } = await own.create('abc', shape(3));
    const server = await own.start(dir, 1, HOW, () => undefined);
    await server.stop();
    for (const other of [folder, join(folder, 'servers'), join(dir, 'server-1'), join(folder, 'servers', '..', 'server.cjs'), '/', '']) {
      await expect(own.remove(other)).rejects.toMatchObject({ code: 'LocalServerFailed' });
    }
    await own.remove(dir);
    expect(readdirSync(join(folder, 'servers'))).toStrictEqual([]);
    await own.remove(dir);
  });

  test('say why they do not start', async () => {
    const own = servers('console.error("zooscope: the data directory is damaged"); process.exit(2)');
    const { dir } = await own.create('abc', shape(1));
    await expect(own.start(dir, 1, HOW, () => undefined)).rejects.toMatchObject({
      kind: 'usage', code: 'LocalServerFailed', message: expect.stringMatching(/exit code 2: zooscope: the data directory is damaged$/),
      reason: { key: 'reason.startCode', params: { id: 1, code: 2, cause: 'the data directory is damaged' } },
    });
    mkdirSync(join(folder, 'empty'));
    await expect(own.start(join(folder, 'empty'), 1, HOW, () => undefined)).rejects.toMatchObject({ code: 'LocalServerFailed' });
    writeFileSync(join(dir, 'server-1', 'zoo.cfg'), 'tickTime=2000\n');
    await expect(own.start(dir, 1, HOW, () => undefined)).rejects.toMatchObject({ code: 'LocalServerFailed', message: expect.stringContaining('dataDir is not set') });
  });
});
