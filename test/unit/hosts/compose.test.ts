/** The app without a face, on real files: composed, called over a link, closed. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { PROFILE_DEFAULTS } from '../../../src/contract/connections.ts';
import { appFiles } from '../../../src/hosts/app-files.ts';
import { composeApp, type App } from '../../../src/hosts/compose.ts';
import { serveView } from '../../../src/hosts/view-session.ts';
import { memorySecrets } from '../../../src/platform/node-secrets.ts';
import { createApi, type Api } from '../../../src/view/api/client.ts';
import { memoryPair } from '../../../src/view/api/memory-link.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../support/process-guard.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => removeTemporaryDirectory(folder));

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
