import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { freeLoopbackPort, startServerProcess, type ProcessExit } from '../../../src/platform/node-processes.ts';
import { guardProcess, removeTemporaryDirectory, temporaryDirectory } from '../../support/process-guard.ts';

let folder: string;

beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => removeTemporaryDirectory(folder));

/** A child that listens on `port`, and ends as ours do: on SIGTERM, and when its input ends. */
const LISTENS = `
  require('node:net').createServer().listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
  process.stdin.on('end', () => process.exit(3)).resume();
  process.on('SIGTERM', () => process.exit(0));
`;

const commandOf = (script: string, port: number): Parameters<typeof startServerProcess>[0] => {
  const file = join(folder, 'child.cjs');
  writeFileSync(file, script);
  return { command: process.execPath, args: [file, String(port)], cwd: folder, logFile: join(folder, 'server.log'), port };
};
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('starts a server, and stops it', async () => {
  const exits: ProcessExit[] = [];
  const port = await freeLoopbackPort(0);
  const server = await startServerProcess(commandOf(LISTENS, port), (exit) => exits.push(exit));
  expect(isAlive(server.pid)).toBe(true);
  await Promise.all([server.stop(), server.stop()]);
  expect(isAlive(server.pid)).toBe(false);
  expect(exits).toStrictEqual([{ code: 0, signal: null, logTail: 'listening' }]);
  await server.stop();
});

test('tells the end of the log of one that does not start', async () => {
  const exits: ProcessExit[] = [];
  const script = `for (let i = 0; i < 1000; i++) console.log('line ' + i); console.error('bad dataDir'); process.exitCode = 2;`;
  const started = startServerProcess(commandOf(script, await freeLoopbackPort(0)), (exit) => exits.push(exit));
  await expect(started).rejects.toMatchObject({ name: 'ProcessFailedError', message: expect.stringMatching(/^it ended with exit code 2: line [^]*bad dataDir$/) });
  expect(exits).toHaveLength(1);
  expect(exits[0]?.logTail.length).toBeLessThanOrEqual(4_096);
});

test('tells when the program is not there', async () => {
  const command = { ...commandOf('', await freeLoopbackPort(0)), command: join(folder, 'missing') };
  await expect(startServerProcess(command, () => undefined)).rejects.toThrow(/ENOENT/);
});

test('tells when a server that ran is killed', async () => {
  const exits: ProcessExit[] = [];
  const server = await startServerProcess(commandOf(LISTENS, await freeLoopbackPort(0)), (exit) => exits.push(exit));
  process.kill(server.pid, 'SIGKILL');
  await vi.waitFor(() => expect(exits).toMatchObject([{ code: null, signal: 'SIGKILL' }]));
});

describe('a child never outlives its parent', () => {
  test.each([
    ['exits', 'process.exit(0)'],
    ['throws', 'throw new TypeError("end")'],
    ['is killed', 'process.kill(process.pid, "SIGKILL")'],
  ])('that %s', async (_how, ending) => {
    const port = await freeLoopbackPort(0);
    const module = new URL('../../../src/platform/node-processes.ts', import.meta.url).href;
    const parent = join(folder, 'parent.mts');
    const pidFile = join(folder, 'pid');
    writeFileSync(
      parent,
      `import { writeFileSync } from 'node:fs';
       const { startServerProcess } = await import(${JSON.stringify(module)});
       const server = await startServerProcess(${JSON.stringify(commandOf(LISTENS, port))}, () => {});
       writeFileSync(${JSON.stringify(pidFile)}, String(server.pid));
       setTimeout(() => { ${ending} }, 0);`,
    );
    const vite = new URL('../../../node_modules/vite/dist/node/index.js', import.meta.url).href;
    // Node 20 cannot run TypeScript by itself: Vite's module runner does.
    const run = `const { createServer } = await import(${JSON.stringify(vite)});
      const vite = await createServer({ configFile: false, logLevel: 'silent', server: { middlewareMode: true, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
      await vite.ssrLoadModule(${JSON.stringify(parent)});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', run], { stdio: ['ignore', 'ignore', 'pipe'] });
    guardProcess(child);
    let stderr = '';
    child.stderr.on('data', (part: Buffer) => {
      stderr += String(part);
    });
    await once(child, 'exit');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(pid, stderr).toBeGreaterThan(0);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5_000 });
  });
});

test('takes the preferred port when it is free, and another when it is not', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  expect(await freeLoopbackPort(port)).not.toBe(port);
  taken.close();
  await once(taken, 'close');
  expect(await freeLoopbackPort(port)).toBe(port);
});
