/** The command as people run it: addresses, exit codes, ends; with real server processes below it. */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SOCKET_PATH } from '../../src/contract/wire-api.ts';
import { createApi, type Api } from '../../src/view/api/client.ts';
import { webSocketLink, type SocketLike } from '../../src/view/api/websocket-link.ts';
import { freePort } from '../support/ports.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../support/process-guard.ts';
import { fourLetterWord } from '../support/raw-client.ts';
import { addressIn, zooscope, type Run } from './hosts-support.ts';

let home: string;
const runs: Run[] = [];
const apis: Api[] = [];

beforeEach(() => {
  home = temporaryDirectory();
});
afterEach(async () => {
  for (const api of apis.splice(0)) api.close();
  for (const run of runs.splice(0)) {
    run.child.kill('SIGKILL');
    await run.ended;
  }
  removeTemporaryDirectory(home);
});

const start = (args: readonly string[], env?: Record<string, string>): Run => {
  const run = zooscope(home, args, env);
  runs.push(run);
  return run;
};
const untilServing = (run: Run): Promise<string> =>
  vi.waitFor(
    () => {
      const address = addressIn(run.out());
      expect(address, run.err()).toBeDefined();
      return address as string;
    },
    { timeout: 60_000, interval: 50 },
  );
/** Goes in as a page would. */
const openApi = async (address: string): Promise<Api> => {
  const { origin } = new URL(address);
  const entered = await fetch(address, { redirect: 'manual' });
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const api = createApi(
    webSocketLink({
      url: `${origin.replace('http', 'ws')}${SOCKET_PATH}`,
      open: (url) => new WebSocket(url, { origin, headers: { cookie } }) as unknown as SocketLike,
    }),
  );
  apis.push(api);
  return api;
};
/** The command lines of all processes: from /proc, or from ps where there is none. */
const commandLines = (): [pid: number, line: string][] => {
  if (!existsSync('/proc/self/cmdline')) {
    const { stdout } = spawnSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' });
    return stdout.split('\n').map((line) => [Number(line.trim().split(' ')[0]), line]);
  }
  return readdirSync('/proc').flatMap((name): [number, string][] => {
    try {
      return /^\d+$/.test(name) ? [[Number(name), readFileSync(join('/proc', name, 'cmdline'), 'utf8')]] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
};
const serverPids = (): number[] =>
  commandLines().flatMap(([pid, line]) => (line.includes(join(home, 'servers')) ? [pid] : []));

describe('mistakes end with exit code 2 and one line', () => {
  test.each([
    [['serve', '--port', 'x']],
    [['serve', '--bogus']],
    [['bogus']],
    [['server']],
    [['server', '/no/such/zoo.cfg']],
    [['server', '--bogus', 'zoo.cfg']],
  ])('%j', async (args) => {
    const run = start(args);
    expect(await run.ended).toBe(2);
    expect(run.out()).toBe('');
    expect(run.err()).toMatch(/^zooscope: [^\n]+\n$/);
  });

  test('a zoo.cfg with a mistake in it', async () => {
    const file = join(home, 'zoo.cfg');
    writeFileSync(file, 'clientPort=here\n');
    const run = start(['server', file]);
    expect(await run.ended).toBe(2);
    expect(run.err()).toMatch(/^zooscope: [^\n]*zoo\.cfg[^\n]+\n$/);
  });
});

describe('serve', () => {
  test('prints one line, serves the local ensemble of the first run, and leaves nothing behind', async () => {
    const run = start(['serve', '--port', '0']);
    const address = await untilServing(run);
    const api = await openApi(address);
    const { startProfileId } = await api.call('app.info', {});
    expect(startProfileId).not.toBeNull();
    const { connectionId } = await api.call('connections.open', { profileId: startProfileId as string });
    const listed = await vi.waitFor(async () => api.call('tree.children', { connectionId, path: '/', wideAbove: null, watch: false }), { timeout: 10_000 });
    expect(listed).toMatchObject({ kind: 'listed' });
    expect(listed.count).toBeGreaterThan(1);
    expect(serverPids()).toHaveLength(3);

    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    expect(run.out()).toBe(`Zooscope: ${address}\n`);
    expect(run.err()).toBe('');
    expect(serverPids()).toStrictEqual([]);
  });

  test('stops its servers even when it is killed', async () => {
    const run = start(['serve', '--port', '0']);
    await untilServing(run);
    expect(serverPids()).toHaveLength(3);
    run.child.kill('SIGKILL');
    await run.ended;
    await vi.waitFor(() => expect(serverPids()).toStrictEqual([]), { timeout: 10_000 });
  });

  test('opens the ensemble that was asked for, and starts no server for it', async () => {
    const run = start(['serve', '--port', '0', '--connect', '127.0.0.1:1/app']);
    const api = await openApi(await untilServing(run));
    const [profile] = await api.call('profiles.list', {});
    expect(profile).toMatchObject({ connectString: '127.0.0.1:1/app' });
    expect(await api.call('app.info', {})).toMatchObject({ startProfileId: profile?.id });
    expect(serverPids()).toStrictEqual([]);
  });

  test('listens where it is told, and warns where others can reach it', async () => {
    const port = await freePort();
    const run = start(['serve', '--host', '0.0.0.0', '--port', String(port), '--connect', '127.0.0.1:1']);
    expect(new URL(await untilServing(run)).port).toBe(String(port));
    expect(run.err()).toMatch(/^zooscope: warning: 0\.0\.0\.0 can be reached from other machines[^\n]*\n$/);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(0);
  });

  test('says in one line that the port is taken, or that it runs already', async () => {
    const port = await freePort();
    const first = start(['serve', '--port', String(port), '--connect', '127.0.0.1:1']);
    await untilServing(first);
    const same = start(['serve', '--port', '0']);
    expect(await same.ended).toBe(1);
    expect(same.err()).toMatch(/^zooscope: Zooscope is already running on [^\n]+\n$/);
    const other = zooscope(join(home, 'other'), ['serve', '--port', String(port)]);
    runs.push(other);
    expect(await other.ended).toBe(1);
    expect(other.err()).toMatch(/^zooscope: cannot serve on 127\.0\.0\.1, port \d+: the port is taken\n$/);
  });
});

describe('open', () => {
  test('without a display says so in one line, and serves to the browser', async () => {
    const run = start(['open']);
    await untilServing(run);
    expect(run.err()).toMatch(/^zooscope: there is no display for a window: serving to the browser instead\n$/);
    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    expect(run.out()).toMatch(/^Zooscope: [^\n]+\n$/);
  });

  test('is what no word at all means', async () => {
    const run = start([]);
    await untilServing(run);
    expect(run.err()).toContain('there is no display');
  });
});

test('open shows the page in a browser where there is a display, by an address that opens once', async () => {
  const opened = join(home, 'opened.txt');
  const programs = join(home, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'chromium'), `#!/bin/sh\necho "$@" > ${opened}.new && mv ${opened}.new ${opened}\n`);
  chmodSync(join(programs, 'chromium'), 0o755);
  const PATH = [programs, process.env['PATH'] ?? ''].join(delimiter);
  const run = start(['open'], { DISPLAY: ':99', PATH, ELECTRON_SKIP_BINARY_DOWNLOAD: '1', ELECTRON_OVERRIDE_DIST_PATH: join(home, 'none') });
  const address = await untilServing(run);
  await vi.waitFor(() => expect(existsSync(opened)).toBe(true), { timeout: 10_000 });
  expect(run.err()).toMatch(/^zooscope: Electron's program is not here and could not be fetched: serving to the browser instead\n$/);
  const [, url = ''] = /^--app=(\S+)\n$/.exec(readFileSync(opened, 'utf8')) ?? [];
  expect(new URL(url).origin).toBe(new URL(address).origin);
  expect(url).not.toBe(address);
  expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
  expect((await fetch(url, { redirect: 'manual' })).status).toBe(401);
  expect((await fetch(address, { redirect: 'manual' })).status).toBe(303);
});

test('server runs one server in the foreground, and ends cleanly', async () => {
  const port = await freePort();
  const file = join(home, 'zoo.cfg');
  writeFileSync(file, `dataDir=${home}/data\nclientPort=${port}\nclientPortAddress=127.0.0.1\n`);
  const run = start(['server', '-Dzookeeper.4lw.commands.whitelist=*', '-D', 'zookeeper.snapCount=1000', file]);
  await vi.waitFor(async () => expect(await fourLetterWord('127.0.0.1', port, 'ruok', 1_000)).toBe('imok'), { timeout: 60_000, interval: 100 });
  run.child.kill('SIGTERM');
  expect(await run.ended).toBe(0);
});
