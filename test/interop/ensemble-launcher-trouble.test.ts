/** `zooscope ensemble` where something is in the way: one clear line, nothing lost, nothing left running. */

import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/ports.ts';
import { temporaryDirectory } from '../support/process-guard.ts';
import { describeWith } from '../support/requirements.ts';
import { connectRaw } from '../support/raw-client.ts';
import { ask } from './server-conversation.ts';
import { until } from './ensemble-support.ts';
import { equalTree, launch, launchToEnd, processesOf, write, type Ended, type Ready, type Tree } from './ensemble-launcher-support.ts';

const ONE_LINE = /^zooscope: [^\n]+\n$/;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function take(port: number): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
}

function expectRefused(ended: Ended, message: string, directory: string): void {
  expect(ended).toMatchObject({ code: 2, out: '' });
  expect(ended.err).toMatch(ONE_LINE);
  expect(ended.err).toContain(message);
  expect(processesOf(directory)).toEqual([]);
}

/** Names and times of everything in it, but for what the locks need. */
function contentOf(directory: string): unknown {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
    .filter((name) => !name.startsWith('.guard') && !name.endsWith('.sock'))
    .map((name) => [name, statSync(join(directory, name)).isFile() ? readFileSync(join(directory, name)).toString('base64') : null]);
}

describe('before there is an ensemble', () => {
  test('a client port that is taken', async () => {
    const dir = temporaryDirectory();
    const port = await freePort();
    await take(port);
    // The last of the three.
    expectRefused(await launchToEnd(['--dir', dir, '--client-port', String(port - 2)]), `client port ${port} of server 3 is taken: choose others with --client-port`, dir);
    expect(contentOf(dir)).toEqual([]);
  });

  test("somebody else's directory, and one that is none", async () => {
    const dir = temporaryDirectory();
    writeFileSync(join(dir, 'notes.txt'), 'mine');
    expectRefused(await launchToEnd(['--dir', dir, '--client-port', '0']), `${dir} holds other things (notes.txt) and no ensemble`, dir);
    expect(readdirSync(dir).filter((name) => !name.startsWith('.'))).toEqual(['notes.txt']);
    const file = join(dir, 'notes.txt');
    expectRefused(await launchToEnd(['--dir', file, '--client-port', '0']), `${file} cannot be used: `, file);
  });

  test('Apache ZooKeeper that is not where it was said to be', async () => {
    const dir = join(temporaryDirectory(), 'not-made');
    const ended = await launchToEnd(['--engine', 'apache', '--zookeeper', '/nowhere/at/all', '--dir', dir]);
    expectRefused(ended, 'Apache ZooKeeper was not found: /nowhere/at/all is not there. Name its folder with --zookeeper or ZOOKEEPER_HOME', dir);
    expect(existsSync(dir)).toBe(false);
  });
});

describeWith(['kazoo'], 'an ensemble that is there', () => {
  let home = '';
  let tree: Tree = {};
  beforeAll(async () => {
    home = temporaryDirectory();
    await using launcher = launch(['--dir', join(home, 'first'), '--client-port', '0', '--json']);
    const ready = await launcher.ready();
    await write(ready.connect, '/kept', 100);
    tree = await equalTree(ready);
    await launcher.stop();
  });
  const dir = (): string => join(home, 'first');

  async function expectWhole(args: readonly string[] = []): Promise<void> {
    await using launcher = launch(['--dir', dir(), '--json', ...args]);
    expect(await equalTree(await launcher.ready())).toEqual(tree);
  }

  test('has a server whose data is damaged: the others do not run on alone, and nothing is lost', async () => {
    const folder = join(dir(), 'server-2', 'data', 'version-2');
    const [log = '', ...more] = readdirSync(folder).filter((name) => name.startsWith('log.')).map((name) => join(folder, name));
    expect(more).toEqual([]);
    const whole = readFileSync(log);
    const damaged = Buffer.from(whole);
    const at = damaged.indexOf('/kept/n00020');
    damaged.fill(0xff, at, at + 4);
    writeFileSync(log, damaged);
    const ended = await launchToEnd(['--dir', dir()]);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toMatch(/^zooscope: server 2 did not start: exit code 2: [^\n]*damaged[^\n]*; its log: [^\n]*server-2\/server\.log\n$/);
    expect(processesOf(dir())).toEqual([]);
    expect(readFileSync(log).equals(damaged)).toBe(true);
    writeFileSync(log, whole);
    await expectWhole();
  });

  test('is not of another shape, and nothing in it changes', async () => {
    const before = contentOf(dir());
    const refused = async (args: readonly string[], message: string): Promise<void> => {
      expectRefused(await launchToEnd(['--dir', dir(), ...args]), `${dir()} holds an ensemble of 3 servers, not of ${message}: choose another directory`, dir());
    };
    await refused(['--servers', '5'], '5 servers');
    await refused(['--servers', '1'], '1 server');
    await refused(['--observers', '1'], '3 servers and 1 observer');
    expect(contentOf(dir())).toEqual(before);
  });

  test('is not started from a copy, which would write to the same files', async () => {
    const copy = join(home, 'copy');
    cpSync(dir(), copy, { recursive: true, filter: (name) => !name.endsWith('.sock') });
    expectRefused(
      await launchToEnd(['--dir', copy]),
      `${join(copy, 'server-1', 'zoo.cfg')}: dataDir is ${join(dir(), 'server-1', 'data')}, not ${join(copy, 'server-1', 'data')}: was the directory moved or copied?`, copy,
    );
  });

  test('has a quorum port that somebody took; is in use already; moves its client ports', async () => {
    const text = readFileSync(join(dir(), 'server-1', 'zoo.cfg'), 'utf8');
    const [, quorumPort = ''] = /^server\.2=127\.0\.0\.1:(\d+)/m.exec(text) ?? [];
    await take(Number(quorumPort));
    expectRefused(await launchToEnd(['--dir', dir()]), `quorum port ${quorumPort} of server 2 is taken: choose another in the line server.2 of every zoo.cfg`, dir());
    servers.pop()?.close();

    await using running = launch(['--dir', dir(), '--client-port', '0', '--json']);
    const ready = await running.ready();
    expect(ready.servers[0]?.client).not.toBe(/^clientPort=(\d+)/m.exec(text)?.[1]);
    const second = await launchToEnd(['--dir', dir()]);
    expect(second).toEqual({ code: 2, out: '', err: `zooscope: ${dir()} is in use by another launcher: choose another directory with --dir\n` });
    expect(await equalTree(ready)).toEqual(tree);
  });

  test('has a configuration that is gone, and one that nobody can read', async () => {
    const file = join(dir(), 'server-3', 'zoo.cfg');
    renameSync(file, `${file}.away`);
    expectRefused(await launchToEnd(['--dir', dir()]), `${file}: `, dir());
    writeFileSync(file, 'dataDir=/x\nclientPort=many\n');
    expectRefused(await launchToEnd(['--dir', dir()]), `${file}: clientPort=many: a whole number is needed`, dir());
    renameSync(`${file}.away`, file);
    await expectWhole();
  });

  test('has a configuration that a server refuses', async () => {
    const file = join(dir(), 'server-1', 'zoo.cfg');
    const text = readFileSync(file, 'utf8');
    appendFileSync(file, 'maxSessionTimeout=1\n');
    const ended = await launchToEnd(['--dir', dir()]);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toMatch(/^zooscope: server 1 did not start: exit code 2: [^\n]*minSessionTimeout[^\n]*\n$/);
    writeFileSync(file, text);
  });

  test('a making that was cut short is made anew', async () => {
    const cut = join(home, 'cut');
    mkdirSync(join(cut, 'server-3', 'data'), { recursive: true });
    mkdirSync(join(cut, 'server-2', 'data'), { recursive: true });
    writeFileSync(join(cut, 'server-3', 'zoo.cfg'), 'half');
    writeFileSync(join(cut, 'server-3', 'data', 'myid'), '3\n');
    await using launcher = launch(['--servers', '1', '--dir', cut, '--client-port', '0', '--json']);
    expect((await launcher.ready()).servers).toHaveLength(1);
    expect(readdirSync(cut).filter((name) => name.startsWith('server-'))).toEqual(['server-1']);
  });
});

describeWith(['kazoo'], 'a disk without room', () => {
  const FILE_KB_MAX = 300;

  async function make(dir: string): Promise<void> {
    await using launcher = launch(['--dir', dir, '--client-port', '0', '--json']);
    await launcher.ready();
  }

  /** Writes through one server until the connection breaks. @returns how many were answered */
  async function fill({ servers: [server] }: Ready): Promise<number> {
    const client = await connectRaw('127.0.0.1', Number(server?.client.split(':')[1]));
    await client.connectSession({ timeoutMs: 30_000 });
    try {
      for (let answered = 0; ; answered++) {
        const reply = await client.request(1, ask.create(`/n${answered}`, 'v'.repeat(1000))).catch(() => null);
        if (reply === null) return answered;
        expect(reply.err).toBe(0);
      }
    } finally {
      client.destroy();
    }
  }

  test('ends servers, each with its reason; what was answered is there with room again', async () => {
    const dir = temporaryDirectory();
    await make(dir);
    for (const id of [1, 2, 3]) appendFileSync(join(dir, `server-${id}`, 'zoo.cfg'), 'preAllocSize=64\n');
    const little = launch(['--dir', dir, '--json'], { before: `ulimit -f ${FILE_KB_MAX}` });
    const answered = await fill(await little.ready());
    await until('it is told', () => little.err().endsWith('\n'));
    const { err } = await little.stop();
    expect(err).toMatch(/^(zooscope: server \d \(pid \d+\) ended by itself: exit code 1: [^\n]*cannot be written: [^\n]*EFBIG[^\n]*\n)+$/);
    expect(processesOf(dir)).toEqual([]);
    expect(answered).toBeGreaterThan(20);

    await using roomy = launch(['--dir', dir, '--json']);
    const tree = await equalTree(await roomy.ready());
    expect(Object.keys(tree)).toEqual(expect.arrayContaining(Array.from({ length: answered }, (_, index) => `/n${index}`)));
  });
});
