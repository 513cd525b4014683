/** The desktop app from its entry to its end, on a stand-in for the `electron` module. It has not run in the real one. */

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLOSED, FRAME, OPEN } from '../../../../src/hosts/electron/channels.ts';
import { START_URL } from '../../../../src/hosts/electron/app-scheme.ts';
import { removeTemporaryDirectory, temporaryDirectory } from '../../../support/process-guard.ts';
import { electron, FakeWindow, resetElectron } from './electron-app.ts';

const standIn = vi.hoisted(() => ({ current: {} as Record<string, unknown> }));
vi.mock('electron', () => {
  // Read at each use, so that each test has a fresh one.
  const names = ['app', 'BrowserWindow', 'dialog', 'ipcMain', 'Menu', 'nativeTheme', 'protocol', 'safeStorage', 'screen', 'session', 'shell'];
  return Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { enumerable: true, get: () => standIn.current[name] }])));
});

const app = vi.hoisted(() => ({ closed: 0, chosen: [] as (string | null)[], options: [] as unknown[], refuse: null as Error | null }));
vi.mock('../../../../src/hosts/compose.ts', () => ({
  composeApp: (options: unknown) => {
    app.options.push(options);
    if (app.refuse !== null) return Promise.reject(app.refuse);
    return Promise.resolve({
      openDoor: () => ({
        call: (_id: string, command: string) => Promise.resolve({ ok: true, value: command }),
        cancel: () => undefined,
        onEvent: () => () => undefined,
        close: () => undefined,
      }),
      chooseStart: (connect: string | null) => {
        app.chosen.push(connect);
        return Promise.resolve();
      },
      close: () => {
        app.closed++;
        return Promise.resolve();
      },
    });
  },
}));
vi.mock('../../../../src/hosts/static-files.ts', () => ({ listStaticFiles: () => Promise.resolve(new Map()) }));

let home: string;
let signals: readonly ('SIGINT' | 'SIGTERM')[];
let before: Map<string, unknown[]>;

beforeEach(() => {
  home = temporaryDirectory();
  vi.stubEnv('ZOOSCOPE_HOME', home);
  signals = ['SIGINT', 'SIGTERM'];
  before = new Map(signals.map((name) => [name, process.listeners(name)]));
  Object.assign(app, { closed: 0, chosen: [], options: [], refuse: null });
  standIn.current = resetElectron();
  vi.resetModules();
});
afterEach(() => {
  for (const name of signals) {
    for (const listener of process.listeners(name)) if (!before.get(name)?.includes(listener)) process.off(name, listener);
  }
  vi.unstubAllEnvs();
  removeTemporaryDirectory(home);
});

const start = async (): Promise<FakeWindow> => {
  await import('../../../../src/hosts/electron/main.ts');
  electron.app.becomeReady();
  return vi.waitFor(() => {
    const [window] = FakeWindow.all;
    expect(window?.webContents.url).toBe(START_URL);
    return window as FakeWindow;
  });
};

test('says what has to be said before the app is ready, and does not wait for it while loading', async () => {
  await import('../../../../src/hosts/electron/main.ts');
  expect(electron.app.calls).toStrictEqual(['name Zooscope', 'path userData', 'sandbox', 'lock']);
  expect(electron.app.paths.get('userData')).toBe(join(home, 'desktop'));
  expect(electron.protocol.registerSchemesAsPrivileged).toHaveBeenCalledOnce();
  expect(FakeWindow.all).toHaveLength(0);
});

test('opens one window, closed in on all sides', async () => {
  const window = await start();
  expect(window.options.webPreferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
    preload: expect.stringMatching(/preload\.cjs$/),
  });
  expect(window.options['show']).toBe(false);
  window.emit('ready-to-show');
  expect(window.calls).toStrictEqual(['show']);
  expect(window.webContents.openHandler).toBeDefined();
  expect(electron.session.defaultSession.request).toBeDefined();
  expect(electron.protocol.handle).toHaveBeenCalledWith('app', expect.any(Function));
  expect(app.chosen).toStrictEqual([null]);
  expect(app.options[0]).toMatchObject({ host: 'electron', dataDirectory: home, serverEnv: { ELECTRON_RUN_AS_NODE: '1' } });
});

describe('the door', () => {
  const ask = (senderFrame: unknown, window: FakeWindow): void => {
    electron.ipcMain.emit(OPEN, { sender: window.webContents, senderFrame });
    const frame = { t: 'q', m: 'call', a: ['c1', 'app.info', {}], i: 'r1' };
    electron.ipcMain.emit(FRAME, { sender: window.webContents, senderFrame }, frame);
  };

  test('answers our own page', async () => {
    const window = await start();
    ask(window.webContents.mainFrame, window);
    await vi.waitFor(() => {
      expect(window.webContents.sent).toStrictEqual([[FRAME, { t: 's', i: 'r1', r: { ok: true, value: 'app.info' } }]]);
    });
  });

  test.each([
    ['a frame inside the page', () => ({ url: START_URL })],
    ['a frame that is gone', () => null],
    ['another site', (window: FakeWindow) => Object.assign(window.webContents.mainFrame, { url: 'https://evil.example/' })],
  ])('takes nothing from %s', async (_what, frameOf) => {
    const window = await start();
    ask(frameOf(window), window);
    await new Promise((resolve) => setImmediate(resolve));
    expect(window.webContents.sent).toStrictEqual([]);
  });

  test('ends with the page: after a navigation the next one has to ask anew', async () => {
    const window = await start();
    const { webContents } = window;
    electron.ipcMain.emit(OPEN, { sender: webContents, senderFrame: webContents.mainFrame });
    webContents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: true });
    webContents.emit('did-start-navigation', { isMainFrame: false, isSameDocument: false });
    expect(webContents.sent).toStrictEqual([]);
    webContents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    expect(webContents.sent).toStrictEqual([[CLOSED, 'the page is being left']]);
    electron.ipcMain.emit(FRAME, { sender: webContents, senderFrame: webContents.mainFrame }, { t: 'q', m: 'call', a: ['c', 'x', 1], i: 'r' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(webContents.sent).toHaveLength(1);
    expect(webContents.listenerCount('destroyed')).toBe(0);
  });
});

test('closes the app before it ends, however the end begins', async () => {
  await start();
  electron.app.emit('window-all-closed');
  expect(electron.app.calls).not.toContain('gone');
  await vi.waitFor(() => expect(electron.app.calls.at(-1)).toBe('gone'));
  expect(app.closed).toBe(1);
});

test('ends on SIGTERM', async () => {
  await start();
  process.emit('SIGTERM');
  await vi.waitFor(() => expect(electron.app.calls.at(-1)).toBe('gone'));
  expect(app.closed).toBe(1);
});

test('comes to the front when it is started a second time', async () => {
  const window = await start();
  electron.app.emit('second-instance');
  expect(window.calls).toStrictEqual(['restore', 'focus']);
});

test('leaves at once when another one runs', async () => {
  electron.app.first = false;
  await import('../../../../src/hosts/electron/main.ts');
  expect(electron.app.calls.at(-1)).toBe('gone');
  expect(app.options).toHaveLength(0);
});

test('gives way with its own exit code when the page cannot be shown', async () => {
  FakeWindow.failLoading = true;
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await start();
  await vi.waitFor(() => expect(electron.app.exitCode).toBe(69));
  expect(app.closed).toBe(1);
});

test('says why it cannot start', async () => {
  app.refuse = new TypeError('Zooscope is already running');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await import('../../../../src/hosts/electron/main.ts');
  electron.app.becomeReady();
  await vi.waitFor(() => expect(electron.app.exitCode).toBe(1));
  expect(electron.dialog.showErrorBox).toHaveBeenCalledWith('Zooscope', 'Zooscope is already running');
});

test('keeps the place of the window', async () => {
  const window = await start();
  window.emit('close');
  const { readFile } = await import('node:fs/promises');
  await vi.waitFor(async () => {
    expect(JSON.parse(await readFile(join(home, 'window.json'), 'utf8'))).toMatchObject({ bounds: { x: 10 }, maximized: true });
  });
});
