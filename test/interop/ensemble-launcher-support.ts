/** `zooscope ensemble` as a process of its own: started, read, killed; and what processes it leaves. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { guardProcess } from '../support/process-guard.ts';
import { runKazoo, startKazoo } from '../support/kazoo.ts';
import { fourLetterWord } from '../support/raw-client.ts';
import { until } from './ensemble-support.ts';

/** The built command; ZOOSCOPE_CLI names another. */
export const CLI = process.env['ZOOSCOPE_CLI'] ?? fileURLToPath(new URL('../../bin/zooscope.js', import.meta.url));

export interface LaunchedServer {
  readonly id: number;
  readonly pid: number;
  readonly client: string;
  readonly config: string;
  readonly engine: 'embedded' | 'apache';
}

/** The line of `--json`. */
export interface Ready {
  readonly connect: string;
  readonly servers: readonly LaunchedServer[];
}

export interface Ended {
  /** The exit code, or the signal. */
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

export interface Launcher extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What it said on standard error. */
  err(): string;
  /** The line of JSON. @throws when it ends before */
  ready(): Promise<Ready>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and its end. */
  stop(): Promise<Ended>;
}

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Bash before the launcher's own command. */
  readonly before?: string;
}

/** Starts a launcher. */
export function launch(args: readonly string[], { env = {}, before }: LaunchOptions = {}): Launcher {
  const line = [process.execPath, CLI, 'ensemble', ...args];
  const [command = '', ...rest] = before === undefined ? line : ['/bin/bash', '-c', `${before}; exec "$0" "$@"`, ...line];
  const child = spawn(command, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  guardProcess(child);
  let out = '';
  let err = '';
  let over: Ended | null = null;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      over = { code: code ?? signal ?? 'gone', out, err };
      resolve(over);
    });
  });
  const stop = async (): Promise<Ended> => {
    child.kill('SIGTERM');
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    ended,
    err: () => err,
    async ready() {
      await until('the launcher is ready', () => out.includes('\n') || over !== null, 100_000);
      if (!out.includes('\n')) throw new Error(`the launcher ended: ${JSON.stringify(over)}`);
      return JSON.parse(out.slice(0, out.indexOf('\n'))) as Ready;
    },
    kill: (signal) => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Runs it to its end. */
export const launchToEnd = (args: readonly string[], options?: LaunchOptions): Promise<Ended> => launch(args, options).ended;

/** Whether it runs; one that waits only to be collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/^\d+ \(.*\) [ZX]/s.test(readFileSync(stat, 'utf8'));
}

/** Every process whose command line names the directory, the guard's as well. @param word only those that name it too */
export function processesOf(directory: string, word = ''): number[] {
  return commandLines().filter(([pid, line]) => line.includes(directory) && line.includes(word) && isRunning(pid)).map(([pid]) => pid);
}

function commandLines(): [number, string][] {
  if (!existsSync('/proc/self/cmdline')) {
    const { stdout } = spawnSync('ps', ['-Ao', 'pid=,command='], { encoding: 'utf8' });
    return stdout.split('\n').map((line) => [Number.parseInt(line, 10), line]);
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => {
    try {
      return [Number(name), readFileSync(join('/proc', name, 'cmdline'), 'utf8')];
    } catch {
      return [Number(name), ''];
    }
  });
}

/** Waits until nothing that has to do with the directory runs. */
export function untilNothingRuns(directory: string): Promise<void> {
  return until(`no process of ${directory} runs`, () => processesOf(directory).length === 0, 20_000);
}

/** The one that says it leads, or stands alone; waits for it. */
export async function leaderOf({ servers }: Ready): Promise<LaunchedServer> {
  let leader: LaunchedServer | undefined;
  await until('somebody leads', async () => {
    for (const server of servers) {
      const { host, port } = addressOf(server);
      const text = await fourLetterWord(host, port, 'srvr', 1_000).catch(() => '');
      if (/^Mode: (leader|standalone)/m.test(text)) leader = server;
    }
    return leader !== undefined;
  });
  return leader as LaunchedServer;
}

function addressOf({ client }: LaunchedServer): { host: string; port: number } {
  const [host = '', port = ''] = client.split(':');
  return { host, port: Number(port) };
}

const TREES = `
def walk(zk, path, out):
    data, stat = zk.get(path)
    acl, _ = zk.get_acls(path)
    keys = ['czxid', 'mzxid', 'ctime', 'mtime', 'version', 'cversion', 'aversion', 'ephemeralOwner', 'pzxid']
    out[path] = [data.hex() if data is not None else None, [str(getattr(stat, key)) for key in keys], sorted(str(one) for one in acl)]
    for child in sorted(zk.get_children(path)):
        if path != '/zookeeper' or child != 'config': walk(zk, path.rstrip('/') + '/' + child, out)

def tree_of(hosts):
    zk = KazooClient(hosts=hosts, auth_data=[('digest', 'demo:demo')])
    zk.start(30)
    try:
        zk.sync('/')
        out = {}
        walk(zk, '/', out)
        return out
    finally:
        zk.stop()
        zk.close()

result = [tree_of(hosts) for hosts in args]`;

/** Every node by its path, with data, stat and ACL; each member writes /zookeeper/config for itself. */
export type Tree = Readonly<Record<string, unknown>>;

/** The trees of all servers, which have to be equal. @returns the one tree */
export async function equalTree({ servers }: Ready): Promise<Tree> {
  const trees = await runKazoo(TREES, servers.map(({ client }) => client)) as Tree[];
  const [first = {}, ...others] = trees;
  for (const other of others) expect(other).toEqual(first);
  return first;
}

const WRITE = `
zk.ensure_path(args['prefix'])
handles = [zk.create_async('%s/n%05d' % (args['prefix'], i), b'x' * (i % 300)) for i in range(args['count'])]
for handle in handles: handle.get(30)
zk.set(args['prefix'] + '/n00000', b'changed')
zk.delete(args['prefix'] + '/n00001')
zk.create(args['prefix'] + '/numbered-', b'', sequence=True)
result = len(handles)`;

/** Makes, changes and deletes nodes. */
export async function write(connect: string, prefix: string, count = 40): Promise<void> {
  const kazoo = await startKazoo(connect);
  try {
    await kazoo.run(WRITE, { prefix, count });
  } finally {
    await kazoo.close();
  }
}
