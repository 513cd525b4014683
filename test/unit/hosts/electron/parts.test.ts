/** The parts of the Electron host that take what they need: what pages may do, the scheme, secrets, the window's place. */

import { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App, SafeStorage, Session, Shell } from 'electron';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import { appSchemeHandler, isOurPage, START_URL } from '../../../../src/hosts/electron/app-scheme.ts';
import { lockDownPages, lockDownSession, mayOpenOutside } from '../../../../src/hosts/electron/lock-down.ts';
import { menuTemplate } from '../../../../src/hosts/electron/menu.ts';
import { safeSecrets } from '../../../../src/hosts/electron/secrets.ts';
import { loadWindowPlace, saveWindowPlace } from '../../../../src/hosts/electron/window-state.ts';
import { CONTENT_SECURITY_POLICY } from '../../../../src/hosts/security-headers.ts';
import { listStaticFiles } from '../../../../src/hosts/static-files.ts';
import { nodeStore } from '../../../../src/platform/node-store.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../../support/process-guard.ts';
import { FakeContents, fakeEvent, FakeSafeStorage, resetElectron } from './electron-app.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => removeTemporaryDirectory(folder));

describe('what is our page', () => {
  test.each([START_URL, 'app://zooscope/', 'app://zooscope/index.html?a#b'])('%s is', (url) => {
    expect(isOurPage(url)).toBe(true);
  });
  test.each(['app://other/index.html', 'https://zooscope/', 'file:///index.html', 'app:zooscope', 'about:blank', '', 'app://zooscope.evil/', 'app://zooscope:1/'])(
    '%j is not',
    (url) => {
      expect(isOurPage(url)).toBe(false);
    },
  );
});

describe('the scheme', () => {
  const handler = async (): Promise<(request: Request) => Promise<Response>> => {
    const view = join(folder, 'view');
    mkdirSync(view);
    writeFileSync(join(folder, 'secret.txt'), 'outside');
    writeFileSync(join(view, 'index.html'), '<title>view</title>');
    return appSchemeHandler(await listStaticFiles(view));
  };

  test('serves the view with the security headers', async () => {
    const answer = await (await handler())(new Request(START_URL));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('<title>view</title>');
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
  });

  test.each(['app://zooscope/../secret.txt', 'app://zooscope/%2e%2e/secret.txt', 'app://zooscope/missing', 'app://other/index.html'])(
    'serves nothing at %s',
    async (url) => {
      const answer = await (await handler())(new Request(url));
      expect(answer.status).toBe(404);
      expect(answer.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
    },
  );

  test('takes only reading', async () => {
    expect((await (await handler())(new Request(START_URL, { method: 'POST' }))).status).toBe(404);
  });
});

describe('pages', () => {
  const openPage = (): { contents: FakeContents; opened: string[] } => {
    const app = new EventEmitter();
    const opened: string[] = [];
    const shell = { openExternal: (url: string) => Promise.resolve(void opened.push(url)) };
    lockDownPages(app as unknown as App, shell as unknown as Shell, silentLogger);
    const contents = new FakeContents();
    app.emit('web-contents-created', {}, contents);
    return { contents, opened };
  };

  test.each(['will-navigate', 'will-redirect', 'will-frame-navigate'])('do not leave the app by %s', (name) => {
    const { contents } = openPage();
    for (const url of ['https://evil.example/', 'file:///etc/passwd', 'app://other/', 'javascript:alert(1)']) {
      const event = fakeEvent(url);
      contents.emit(name, event);
      expect(event.prevented, url).toBe(true);
    }
    const reload = fakeEvent(START_URL);
    contents.emit(name, reload);
    expect(reload.prevented).toBe(false);
  });

  test('open no window; links of the list go to the browser', () => {
    const { contents, opened } = openPage();
    for (const url of ['https://zookeeper.apache.org/doc/', 'https://evil.example/', 'http://github.com/', 'file:///x', 'app://zooscope/']) {
      expect(contents.openHandler?.({ url })).toStrictEqual({ action: 'deny' });
    }
    expect(opened).toStrictEqual(['https://zookeeper.apache.org/doc/']);
  });

  test('embed no other page', () => {
    const event = fakeEvent();
    openPage().contents.emit('will-attach-webview', event);
    expect(event.prevented).toBe(true);
  });

  test.each([
    'https://github.com.evil.example/', 'https://user@github.com/', 'https://github.com:8443/', 'https://evilgithub.com/', 'not a url',
  ])('do not get %j opened outside', (url) => {
    expect(mayOpenOutside(url)).toBe(false);
  });
});

test('a session grants nothing but writing text to the clipboard to our page, and reaches no network', () => {
  const { defaultSession } = resetElectron().session;
  lockDownSession(defaultSession as unknown as Session);
  const ours = { getURL: () => START_URL };
  const answer = (permission: string, contents = ours): unknown => {
    let granted: unknown;
    defaultSession.request?.(...([contents, permission, (value: boolean) => (granted = value)] as never[]));
    return granted;
  };
  for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'fullscreen']) {
    expect(answer(permission), permission).toBe(false);
    expect(defaultSession.check?.(...([null, permission, 'app://zooscope/'] as never[]))).toBe(false);
  }
  expect(answer('clipboard-sanitized-write')).toBe(true);
  expect(answer('clipboard-sanitized-write', { getURL: () => 'https://evil.example/' })).toBe(false);
  expect(defaultSession.device?.()).toBe(false);

  const isCancelled = (url: string): unknown => {
    let cancel: unknown;
    defaultSession.beforeRequest?.(...([{ url }, (value: { cancel: boolean }) => (cancel = value.cancel)] as never[]));
    return cancel;
  };
  for (const url of ['https://evil.example/', 'http://127.0.0.1:2181/', 'ws://127.0.0.1/', 'file:///etc/passwd', 'nonsense']) {
    expect(isCancelled(url), url).toBe(true);
  }
  for (const url of [START_URL, 'blob:app://zooscope/1', 'data:font/ttf;base64,AA==']) expect(isCancelled(url), url).toBe(false);
});

describe('secrets', () => {
  const open = (fake: FakeSafeStorage, platform: string) =>
    safeSecrets({ safeStorage: fake as unknown as SafeStorage, platform, store: nodeStore(join(folder, 'secrets.json')), logger: silentLogger });

  test('are encrypted in the file, and come back at the next start', async () => {
    const secrets = open(new FakeSafeStorage(), 'linux');
    expect(secrets.kind).toBe('keychain');
    await Promise.all([secrets.set('a', 'swordfish'), secrets.set('b', '密码')]);
    const stored = await nodeStore(join(folder, 'secrets.json')).load();
    expect(JSON.stringify(stored)).not.toContain('swordfish');
    const again = open(new FakeSafeStorage(), 'linux');
    expect(await again.get('a')).toBe('swordfish');
    expect(await again.get('b')).toBe('密码');
    await again.remove('a');
    expect(await again.get('a')).toBeNull();
    expect(await again.get('b')).toBe('密码');
  });

  test.each(['basic_text', 'unknown'])('say that they are as good as plain where Linux has no keychain (%s)', async (backend) => {
    const fake = Object.assign(new FakeSafeStorage(), { backend });
    const secrets = open(fake, 'linux');
    expect(secrets.kind).toBe('plaintext');
    await secrets.set('a', 'x');
    expect(await secrets.get('a')).toBe('x');
  });

  test('stay in memory where nothing can encrypt', async () => {
    const secrets = open(Object.assign(new FakeSafeStorage(), { available: false }), 'darwin');
    expect(secrets.kind).toBe('memory');
    await secrets.set('a', 'x');
    expect(await nodeStore(join(folder, 'secrets.json')).load()).toStrictEqual({ kind: 'none' });
  });

  test('are asked for again when the keychain has another key', async () => {
    await nodeStore(join(folder, 'secrets.json')).save({ schema: 1, secrets: { a: Buffer.from('other').toString('base64') } });
    expect(await open(new FakeSafeStorage(), 'win32').get('a')).toBeNull();
  });

  test('that cannot be read are kept aside', async () => {
    writeFileSync(join(folder, 'secrets.json'), '{"schema":2}');
    const log = vi.fn();
    const secrets = safeSecrets({
      safeStorage: new FakeSafeStorage() as unknown as SafeStorage,
      platform: 'darwin',
      store: nodeStore(join(folder, 'secrets.json')),
      logger: { log },
    });
    expect(await secrets.get('a')).toBeNull();
    expect(log).toHaveBeenCalledWith('error', expect.stringContaining('secrets.json-1.bad'));
  });
});

describe('the place of the window', () => {
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }];
  const bounds = { x: 100, y: 100, width: 900, height: 700 };
  const store = () => nodeStore(join(folder, 'window.json'));

  test('is kept', async () => {
    await saveWindowPlace(store(), bounds, true);
    expect(await loadWindowPlace(store(), screens)).toStrictEqual({ bounds, maximized: true });
  });

  test('is forgotten when no screen shows it', async () => {
    await saveWindowPlace(store(), { ...bounds, x: 5_000 }, false);
    expect(await loadWindowPlace(store(), screens)).toStrictEqual({ bounds: null, maximized: false });
  });

  test.each(['{"schema":1,"bounds":{"x":"1"}}', 'null', 'no json'])('is nobody’s trouble when it cannot be read: %s', async (text) => {
    writeFileSync(join(folder, 'window.json'), text);
    expect(await loadWindowPlace(store(), screens)).toStrictEqual({ bounds: null, maximized: false });
  });
});

test('the menu has roles only, so that nothing in it needs a translation', () => {
  for (const platform of ['darwin', 'linux']) {
    const labels = JSON.stringify(menuTemplate(platform)).includes('label');
    expect(labels).toBe(false);
  }
  expect(menuTemplate('darwin')[0]).toStrictEqual({ role: 'appMenu' });
});
