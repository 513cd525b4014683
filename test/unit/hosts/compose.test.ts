/** The app without a face, on real files: composed, called over a link, closed. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { PROFILE_DEFAULTS } from '../../../src/contract/connections.ts';
import { appFiles } from '../../../src/hosts/app-files.ts';
import { composeApp, type App } from '../../../src/hosts/compose.ts';
import { localServers } from '../../../src/hosts/local-servers.ts';
import { serveView } from '../../../src/hosts/view-session.ts';
import { memorySecrets } from '../../../src/platform/node-secrets.ts';
import { createApi, type Api } from '../../../src/view/api/client.ts';
import { memoryPair } from '../../../src/view/api/memory-link.ts';
import { freePort } from '../../support/ports.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../support/process-guard.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => removeTemporaryDirectory(folder));

/** What stands in for the server: listens on the port of its zoo.cfg until its input ends. */
const LISTENS = `
  const [flag, file] = process.argv.slice(2);
  const port = Number(/clientPort=(\\d+)/.exec(require('node:fs').readFileSync(file, 'utf8'))[1]);
  if (flag !== '--exit-with-parent') process.exit(7);
  process.stdin.on('end', () => process.exit(0)).resume();
  require('node:net').createServer().listen(port, '127.0.0.1');
`;

describe('the app', () => {
  const apps: App[] = [];
  const compose = async (): Promise<App> => {
    const files = { ...appFiles(import.meta.dirname), serverEntry: join(folder, 'missing.js') };
    const app = await composeApp({ host: 'web', files, dataDirectory: join(folder, 'data'), secrets: memorySecrets(), logger: silentLogger });
    apps.push(app);
    return app;
  };
  const apiOf = (app: App): Api => {
    const { link, host } = memoryPair();
    serveView(host, app.openDoor, silentLogger);
    return createApi(link);
  };
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  test('says what it is', async () => {
    const { version } = JSON.parse(readFileSync(join(appFiles(import.meta.dirname).root, 'package.json'), 'utf8')) as { version: string };
    expect(await apiOf(await compose()).call('app.info', {})).toStrictEqual({
      version, host: 'web', platform: process.platform, secretStore: 'memory', startProfileId: null,
    });
  });

  test('keeps settings from one start to the next, and tells every view', async () => {
    const first = await compose();
    const seen: string[] = [];
    apiOf(first).on('settings.changed', (settings) => seen.push(settings.theme));
    await apiOf(first).call('settings.set', { theme: 'dark' });
    await vi.waitFor(() => expect(seen).toStrictEqual(['dark']));
    await first.close();
    expect(await apiOf(await compose()).call('settings.get', {})).toMatchObject({ theme: 'dark' });
  });

  test('refuses bad params whole', async () => {
    const api = apiOf(await compose());
    await expect(api.call('settings.set', { clusterPollMs: -1 })).rejects.toMatchObject({
      failure: { kind: 'usage', code: 'InvalidParams', message: expect.stringContaining('clusterPollMs') },
    });
  });

  test('opens what the command line asked for, each ensemble saved once', async () => {
    const first = await compose();
    await first.chooseStart('127.0.0.1:1,127.0.0.1:2/app');
    const info = await apiOf(first).call('app.info', {});
    const [profile, ...more] = await apiOf(first).call('profiles.list', {});
    expect(more).toStrictEqual([]);
    expect(profile).toMatchObject({ id: info.startProfileId, connectString: '127.0.0.1:1,127.0.0.1:2/app' });
    await first.close();
    const second = await compose();
    await second.chooseStart('127.0.0.1:1,127.0.0.1:2/app');
    expect(await apiOf(second).call('app.info', {})).toMatchObject({ startProfileId: profile?.id });
  });

  test('opens nothing where a connection is saved and nothing was asked for', async () => {
    const app = await compose();
    const api = apiOf(app);
    await api.call('profiles.save', { ...PROFILE_DEFAULTS, auth: [], id: null, name: 'mine' });
    await app.chooseStart(null);
    expect(await api.call('app.info', {})).toMatchObject({ startProfileId: null });
  });

  test('starts empty, and can be used, when the local server of the first run does not start', async () => {
    const app = await compose();
    await app.chooseStart(null);
    expect(await apiOf(app).call('app.info', {})).toMatchObject({ startProfileId: null });
  });

  test('has its data directory to itself until it is closed', async () => {
    const first = await compose();
    await expect(compose()).rejects.toMatchObject({ code: 'AlreadyRunning', message: expect.stringContaining('ZOOSCOPE_HOME') });
    await first.close();
    await first.close();
    await compose();
  });
});

describe('local servers', () => {
  const servers = (script = LISTENS): ReturnType<typeof localServers> => {
    const entry = join(folder, 'server.cjs');
    writeFileSync(entry, script);
    return localServers({ directory: join(folder, 'servers'), command: process.execPath, entry });
  };

  test('are made with a zoo.cfg of their own', async () => {
    const { dir } = await servers().create('abc');
    expect(dir).toBe(join(folder, 'servers', 'abc'));
    expect(readdirSync(dir).toSorted()).toStrictEqual(['data', 'zoo.cfg']);
    const config = readFileSync(join(dir, 'zoo.cfg'), 'utf8');
    expect(config).toContain(`dataDir=${join(dir, 'data')}\n`);
    expect(config).toMatch(/^clientPort=\d+$/m);
    expect(config).toContain('clientPortAddress=127.0.0.1\n');
  });

  test.each(['', '..', 'a/b', 'a.b'])('are not made under the id %j', async (labId) => {
    await expect(servers().create(labId)).rejects.toMatchObject({ code: 'BadLabId' });
  });

  test('start on the port of their file, and stop', async () => {
    const own = servers();
    const { dir } = await own.create('abc');
    const onExit = vi.fn();
    const server = await own.start(dir, onExit);
    expect(readFileSync(join(dir, 'zoo.cfg'), 'utf8')).toContain(`clientPort=${server.clientPort}\n`);
    await server.stop();
    expect(onExit).toHaveBeenCalledOnce();
  });

  test('start on another port when theirs is taken, and keep it', async () => {
    const own = servers();
    const { dir } = await own.create('abc');
    const file = join(dir, 'zoo.cfg');
    const taken = await freePort();
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^clientPort=.*$/m, `clientPort = ${taken}`));
    const other = createServer().listen(taken, '127.0.0.1');
    try {
      const server = await own.start(dir, () => undefined);
      expect(server.clientPort).not.toBe(taken);
      expect(readFileSync(file, 'utf8')).toContain(`clientPort=${server.clientPort}\n`);
      await server.stop();
    } finally {
      other.close();
    }
  });

  test('say why they do not start', async () => {
    const own = servers('console.error("the data directory is damaged"); process.exit(2)');
    const { dir } = await own.create('abc');
    await expect(own.start(dir, () => undefined)).rejects.toMatchObject({
      kind: 'usage', code: 'LocalServerFailed', message: expect.stringMatching(/exit code 2: the data directory is damaged$/),
    });
    mkdirSync(join(folder, 'empty'));
    await expect(own.start(join(folder, 'empty'), () => undefined)).rejects.toMatchObject({ code: 'LocalServerFailed' });
    writeFileSync(join(dir, 'zoo.cfg'), 'tickTime=2000\n');
    await expect(own.start(dir, () => undefined)).rejects.toMatchObject({ code: 'LocalServerFailed', message: expect.stringContaining('no clientPort') });
  });
});
