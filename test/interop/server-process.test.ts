/** The server as a program: its command line, its directories, its signals, and how fast it is there. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embeddedEntry } from '../support/embedded.ts';
import { freePort } from '../support/ports.ts';
import { connectRaw, fourLetterWord, jute } from '../support/raw-client.ts';
import { ask } from './server-conversation.ts';

let directory = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zooscope-process-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number | null>;
}

function run(...args: readonly string[]): Run {
  const child = spawn(process.execPath, [embeddedEntry(), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, out: () => out, err: () => err, ended };
}

function config(port: number, more: Readonly<Record<string, string>> = {}): string {
  const file = join(directory, 'zoo.cfg');
  const keys = { tickTime: '500', dataDir: join(directory, 'data').replaceAll('\\', '/'), clientPort: String(port), ...more };
  writeFileSync(file, Object.entries(keys).map(([key, value]) => `${key}=${value}\n`).join(''));
  return file;
}

const serving = (server: Run): Promise<unknown> => expect.poll(server.out, { timeout: 10_000 }).toContain('serving on');

/** One line on standard error, exit code 2, nothing on standard output. */
async function expectRefused(server: Run, message: RegExp): Promise<void> {
  expect(await server.ended).toBe(2);
  expect(server.err()).toMatch(message);
  expect(server.err().trim().split('\n')).toHaveLength(1);
  expect(server.out()).toBe('');
}

describe('the command line', () => {
  test('says where it serves, and ends cleanly when told to', async () => {
    const port = await freePort();
    const server = run(config(port, { clientPortAddress: '127.0.0.1' }));
    await serving(server);
    expect(server.out()).toBe(`serving on 127.0.0.1:${port}, data in ${join(directory, 'data', 'version-2')}\n`);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.err()).toBe('');
  });

  test.each([
    ['no file', [], /no configuration file given/],
    ['an unknown option', ['--fast', 'zoo.cfg'], /unknown option --fast/],
    ['two files', ['a', 'b'], /one configuration file/],
    ['-D without a name', ['-D', '=x', 'a'], /-D needs name=value/],
    ['a missing file', ['/nowhere/zoo.cfg'], /cannot be read.*nowhere/],
  ])('refuses %s', async (_what, args, message) => {
    await expectRefused(run(...args), message);
  });

  test.each([
    ['server.1', 'a:1', /server\.1=a:1: does not have the form/],
    ['oraclePath', '/x', /oraclePath: not supported yet/],
    ['secureClientPort', '2281', /ssl\.keyStore\.location is not set/],
    ['tickTime', 'soon', /tickTime=soon: a whole number is needed/],
    ['clientPort', '70000', /clientPort=70000/],
    ['snapCount', 'x', /zookeeper\.snapCount=x/],
    ['standaloneEnabled', 'maybe', /standaloneEnabled=maybe/],
  ])('refuses %s=%s', async (key, value, message) => {
    await expectRefused(run(config(await freePort(), { [key]: value })), message);
  });

  test.each(['zoo.cfg', 'a dynamic file'])('takes the client port of the only server from its line in %s, as in the configuration of the Docker image', async (where) => {
    const [port, spare] = [await freePort(), await freePort()];
    const line = `server.1=localhost:2888:3888;127.0.0.1:${port}\n`;
    const dynamic = join(directory, 'zoo.cfg.dynamic');
    writeFileSync(dynamic, line);
    const file = join(directory, 'zoo.cfg');
    const base = `dataDir=${join(directory, 'data')}\nstandaloneEnabled=true\n${where === 'zoo.cfg' ? line : `dynamicConfigFile=${dynamic}\n`}`;
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'data', 'myid'), '1\n');
    writeFileSync(file, base);
    const server = run(file);
    await serving(server);
    expect(server.out()).toContain(`serving on 127.0.0.1:${port}, `);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    writeFileSync(file, `${base}clientPort=${spare}\n`);
    await expectRefused(run(file), new RegExp(`clientPort=${spare}: server\\.1 says that clients come to 127\\.0\\.0\\.1, port ${port}`));
  });

  test('takes Java properties', async () => {
    const port = await freePort();
    // The digest of super:admin.
    const digest = 'zookeeper.DigestAuthenticationProvider.superDigest=super:xQJmxLMiHGwaqBvst5y6rkB6HQs=';
    const server = run('-D', digest, '-Dzookeeper.4lw.commands.whitelist=ruok', config(port));
    await serving(server);
    expect(await fourLetterWord('127.0.0.1', port, 'ruok')).toBe('imok');
    expect(await fourLetterWord('127.0.0.1', port, 'stat')).toBe('stat is not executed because it is not in the whitelist.\n');
    const client = await connectRaw('127.0.0.1', port);
    await client.connectSession();
    const noAcl = jute.vector([jute.acl(0, 'world', 'anyone')]);
    await client.request(1, ask.create('/locked', 'x', 0, noAcl));
    expect((await client.request(4, ask.read('/locked'))).err).toBe(-102);
    expect((await client.request(100, ask.auth('digest', 'super:admin'), -4)).err).toBe(0);
    expect((await client.request(4, ask.read('/locked'))).err).toBe(0);
    client.destroy();
  });
});

describe('directories and ports', () => {
  test('a port in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, () => resolve()));
    const { port } = taken.address() as { port: number };
    await expectRefused(run(config(port)), new RegExp(`cannot listen on port ${port}: it is in use`));
    taken.close();
  });

  test('a directory that another server has', async () => {
    const [first, second] = [await freePort(), await freePort()];
    const server = run(config(first));
    await serving(server);
    await expectRefused(run(config(second)), /another server is using this directory/);
    server.child.kill('SIGKILL');
    await server.ended;
    // What the killed one left behind keeps nobody out.
    const next = run(config(second));
    await serving(next);
  });

  test('a directory that cannot be used', async () => {
    writeFileSync(join(directory, 'file'), '');
    await expectRefused(run(config(await freePort(), { dataDir: join(directory, 'file', 'below') })), /dataDir=.*below/);
  });

  test('a damaged log', async () => {
    const port = await freePort();
    const data = join(directory, 'data', 'version-2');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'log.1'), Buffer.from('not a log at all'));
    const server = run(config(port));
    await expectRefused(server, /log\.1|snapshot/);
  });

  test('a relative directory is warned of, unless it says that it is meant', async () => {
    const dataDir = relative(process.cwd(), join(directory, '~', 'zk'));
    const server = run(config(await freePort(), { dataDir, dataLogDir: `./${dataDir}-log` }));
    await serving(server);
    expect(server.err()).toMatch(/^zooscope: warn: dataDir is relative, .* leadsTo="[^"]*~[\\/]+zk"\n$/);
  });

  test('the log may have a directory of its own', async () => {
    const server = run(config(await freePort(), { dataLogDir: join(directory, 'logs').replaceAll('\\', '/') }));
    await serving(server);
    expect(readdirSync(join(directory, 'data', 'version-2'))).toEqual(['snapshot.0']);
    expect(existsSync(join(directory, 'logs', 'version-2'))).toBe(true);
  });
});

describe('starting and ending', () => {
  test('the first answer comes soon after the start', async () => {
    const port = await freePort();
    const file = config(port);
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const started = performance.now();
      const server = run(file);
      for (;;) {
        const answer = await fourLetterWord('127.0.0.1', port, 'srvr', 1_000).catch(() => '');
        if (answer.startsWith('Zookeeper version')) break;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      times.push(performance.now() - started);
      server.child.kill('SIGTERM');
      expect(await server.ended).toBe(0);
    }
    // 300 ms is the aim; a busy machine gets room.
    expect(Math.min(...times)).toBeLessThan(600);
  });

  test('a stop loses nothing that was answered, and ends open connections', async () => {
    const port = await freePort();
    const file = config(port);
    const first = run(file);
    await serving(first);
    const client = await connectRaw('127.0.0.1', port);
    await client.connectSession();
    for (let i = 0; i < 200; i++) client.sendFrame(Buffer.concat([jute.int(i + 1), jute.int(1), ask.create(`/n${i}`, '')]));
    let answered = 0;
    const reading = (async () => {
      for (;;) {
        await client.readFrame();
        answered++;
      }
    })().catch(() => undefined);
    await expect.poll(() => answered).toBeGreaterThan(0);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    await reading;
    const second = run(file);
    await serving(second);
    const after = await connectRaw('127.0.0.1', port);
    await after.connectSession();
    for (let i = 0; i < answered; i++) expect((await after.request(3, ask.read(`/n${i}`))).err).toBe(0);
    after.destroy();
  });

  test('it goes with its parent when it is asked to', async () => {
    const server = run('--exit-with-parent', config(await freePort()));
    await serving(server);
    server.child.stdin?.end();
    expect(await server.ended).toBe(0);
  });
});
