/** A server that goes on without the app: written down, found again, and never mistaken for another process. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { takeUpServer } from '../../../../src/platform/local-ensemble/found-server.ts';
import { findRunning, forgetRunning, writeRunning, type FoundServer } from '../../../../src/platform/local-ensemble/running-record.ts';
import type { ProcessExit } from '../../../../src/platform/node-processes.ts';
import { processFacts } from '../../../../src/platform/process-facts.ts';
import { guardProcess, removeTemporaryDirectory, temporaryDirectory } from '../../../support/process-guard.ts';

let folder: string;
let configFile: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = temporaryDirectory();
  configFile = join(folder, 'server-1', 'zoo.cfg');
  mkdirSync(join(folder, 'server-1'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  removeTemporaryDirectory(folder);
});

/** Ends on SIGTERM; a line to it takes its command away, as the kernel does from a process that is ending. */
const LASTING = `
  process.on('SIGTERM', () => process.exit(0));
  process.stdin.on('data', () => { process.title = ''; }).on('error', () => {});
  console.log('up');
  setInterval(() => {}, 1e6);
`;

/** A process that has this in its command, and lasts. */
async function lasting(argument = configFile): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', LASTING, '--', argument], { stdio: ['pipe', 'pipe', 'ignore'] });
  guardProcess(child);
  children.push(child);
  await once(child.stdout, 'data');
  return child as ChildProcess & { pid: number };
}
const recordFile = (): string => join(folder, 'server-1', 'running.json');
const write = (record: object): void => writeFileSync(recordFile(), JSON.stringify(record));
const signalled = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
const takeUp = (found: FoundServer, exits: ProcessExit[] = []) =>
  takeUpServer({ configFile, logFile: join(folder, 'server.log') }, found, (exit) => exits.push(exit));

describe('a running server', () => {
  test('is found by what was written down, and forgotten', async () => {
    const { pid } = await lasting();
    expect(await findRunning(configFile)).toBeNull();
    await writeRunning(configFile, pid, 2181);
    expect(await findRunning(configFile)).toMatchObject({ pid, clientPort: 2181, paused: false });
    await forgetRunning(configFile, pid + 1);
    expect(await findRunning(configFile)).toMatchObject({ pid });
    await forgetRunning(configFile, pid);
    expect(await findRunning(configFile)).toBeNull();
  });

  test('is paused, goes on, is stopped and killed; its end is told once', async () => {
    const exits: ProcessExit[] = [];
    writeFileSync(join(folder, 'server.log'), 'the last words\n');
    for (const how of ['stop', 'kill'] as const) {
      const child = await lasting();
      await writeRunning(configFile, child.pid, 2181);
      const server = takeUp((await findRunning(configFile))!, exits);
      await server.pause();
      await vi.waitFor(async () => expect((await findRunning(configFile))?.paused).toBe(true));
      if (how === 'kill') await server.resume();
      await Promise.all([server[how](), server[how]()]);
      await vi.waitFor(() => expect(child.signalCode ?? child.exitCode).toBe(how === 'kill' ? 'SIGKILL' : 0));
      await server.stop();
    }
    expect(exits).toEqual([{ code: null, signal: null, logTail: 'the last words' }, { code: null, signal: null, logTail: 'the last words' }]);
  });

  test('that is just ending, and so has no command any more, still runs', async () => {
    const child = await lasting();
    await writeRunning(configFile, child.pid, 2181);
    child.stdin?.write('\n');
    await vi.waitFor(async () => expect(await processFacts(child.pid, 'linux')).toMatchObject({ command: '' }));
    expect(await findRunning(configFile)).toMatchObject({ pid: child.pid });
  });

  test('that ends by itself is noticed', async () => {
    const exits: ProcessExit[] = [];
    const child = await lasting();
    await writeRunning(configFile, child.pid, 2181);
    takeUp((await findRunning(configFile))!, exits);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(exits).toHaveLength(1));
  });
});

describe('another process with its number', () => {
  test.each([
    ['started at another time', async () => ({ started: 'a boot before 123' }), () => configFile],
    ['of another command', async (pid: number) => ({ started: (await processFacts(pid))?.started }), () => '/elsewhere/server-1/zoo.cfg'],
  ])('%s is not taken for it', async (_how, change, argument) => {
    const other = await lasting(argument());
    write({ pid: other.pid, clientPort: 2181, ...(await change(other.pid)) });
    expect(await findRunning(configFile)).toBeNull();
    expect(signalled(other)).toBe(false);
  });

  test('gets no signal, even when it came after the server was taken up', async () => {
    const exits: ProcessExit[] = [];
    const other = await lasting();
    const server = takeUp({ pid: other.pid, started: 'a time at which the server was started', clientPort: 2181, paused: false }, exits);
    await server.stop();
    await server.kill();
    await server.pause();
    expect(exits).toHaveLength(1);
    expect((await processFacts(other.pid))?.paused).toBe(false);
    expect(signalled(other)).toBe(false);
  });

  test.each(['', '{', '[]', 'null', '{"pid":"1"}', '{"pid":-1,"started":"x","clientPort":1}', '{"pid":0,"started":"x","clientPort":1}'])('a record %j is none', async (text) => {
    writeFileSync(recordFile(), text);
    expect(await findRunning(configFile)).toBeNull();
  });
});

describe('what the system says of a process', () => {
  test.each(['linux', 'darwin'])('asked as on %s: the same time of start through its life, its command, whether it is paused', async (platform) => {
    const child = await lasting();
    const before = await processFacts(child.pid, platform);
    expect(before).toMatchObject({ paused: false, command: expect.stringContaining(configFile) });
    child.kill('SIGSTOP');
    await vi.waitFor(async () => expect(await processFacts(child.pid, platform)).toMatchObject({ paused: true, started: before?.started }));
    child.kill('SIGKILL');
    await vi.waitFor(async () => expect(await processFacts(child.pid, platform)).toBeNull());
  });

  test('a process that exec replaces keeps its time of start', async () => {
    const child = spawn('/bin/sh', ['-c', 'read -r line && exec sleep 1000'], { stdio: ['pipe', 'ignore', 'ignore'] });
    guardProcess(child);
    children.push(child);
    const before = await processFacts(child.pid ?? 0);
    child.stdin.write('go\n');
    await vi.waitFor(async () => expect(await processFacts(child.pid ?? 0)).toMatchObject({ started: before?.started, command: 'sleep 1000' }));
  });

  test.each([0, 1, -1, 1.5, Number.NaN])('of %s it says nothing', async (pid) => {
    expect(await processFacts(pid)).toBeNull();
  });

  test('the record holds just that', async () => {
    const { pid } = await lasting();
    await writeRunning(configFile, pid, 2181);
    expect(JSON.parse(readFileSync(recordFile(), 'utf8'))).toEqual({ pid, started: (await processFacts(pid))?.started, clientPort: 2181 });
  });
});
