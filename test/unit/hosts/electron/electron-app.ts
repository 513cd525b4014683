/** A stand-in for what `electron` exports to the main process: it records what it is told, and fires what it should. */

import { EventEmitter } from 'node:events';
import { vi } from 'vitest';

type Handler = (...args: never[]) => unknown;

export interface FakeEvent {
  prevented: boolean;
  preventDefault(): void;
  readonly url: string;
}

/** An event that can be prevented. */
export function fakeEvent(url = ''): FakeEvent {
  return {
    prevented: false,
    url,
    preventDefault() {
      this.prevented = true;
    },
  };
}

export class FakeContents extends EventEmitter {
  static count = 0;
  readonly id = ++FakeContents.count;
  url = '';
  mainFrame = { url: '' };
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  readonly sent: [string, unknown][] = [];

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  getURL(): string {
    return this.url;
  }
  isDestroyed(): boolean {
    return false;
  }
  send(channel: string, value: unknown): void {
    this.sent.push([channel, value]);
  }
}

export class FakeWindow extends EventEmitter {
  static all: FakeWindow[] = [];
  static failLoading = false;
  readonly webContents = new FakeContents();
  readonly options: Record<string, unknown> & { webPreferences: Record<string, unknown> };
  readonly calls: string[] = [];

  constructor(options: FakeWindow['options']) {
    super();
    this.options = options;
    FakeWindow.all.push(this);
    electron.app.emit('web-contents-created', {}, this.webContents);
  }
  loadURL(url: string): Promise<void> {
    this.webContents.url = url;
    this.webContents.mainFrame = { url };
    if (FakeWindow.failLoading) {
      this.webContents.emit('did-fail-load', {}, -6, 'ERR_FILE_NOT_FOUND', url, true);
      return Promise.reject(new TypeError('ERR_FILE_NOT_FOUND'));
    }
    return Promise.resolve();
  }
  maximize(): void {
    this.calls.push('maximize');
  }
  show(): void {
    this.calls.push('show');
  }
  focus(): void {
    this.calls.push('focus');
  }
  restore(): void {
    this.calls.push('restore');
  }
  isMinimized(): boolean {
    return true;
  }
  isMaximized(): boolean {
    return true;
  }
  isDestroyed(): boolean {
    return false;
  }
  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    return { x: 10, y: 20, width: 900, height: 700 };
  }
}

class FakeApp extends EventEmitter {
  readonly calls: string[] = [];
  readonly paths = new Map<string, string>();
  first = true;
  exitCode: number | null = null;
  #ready: () => void = () => undefined;
  readonly isReady = new Promise<void>((resolve) => {
    this.#ready = resolve;
  });

  becomeReady(): void {
    this.calls.push('ready');
    this.#ready();
  }
  setName(name: string): void {
    this.calls.push(`name ${name}`);
  }
  setPath(name: string, path: string): void {
    this.paths.set(name, path);
    this.calls.push(`path ${name}`);
  }
  enableSandbox(): void {
    this.calls.push('sandbox');
  }
  requestSingleInstanceLock(): boolean {
    this.calls.push('lock');
    return this.first;
  }
  whenReady(): Promise<void> {
    return this.isReady;
  }
  quit(): void {
    this.calls.push('quit');
    const event = fakeEvent();
    this.emit('will-quit', event);
    if (!event.prevented) this.calls.push('gone');
  }
  exit(code: number): void {
    this.exitCode = code;
  }
}

class FakeSession {
  request: Handler | undefined;
  check: Handler | undefined;
  device: Handler | undefined;
  beforeRequest: Handler | undefined;
  readonly webRequest = {
    onBeforeRequest: (handler: Handler): void => {
      this.beforeRequest = handler;
    },
  };
  setPermissionRequestHandler(handler: Handler): void {
    this.request = handler;
  }
  setPermissionCheckHandler(handler: Handler): void {
    this.check = handler;
  }
  setDevicePermissionHandler(handler: Handler): void {
    this.device = handler;
  }
}

/** Turns text around: what was encrypted can be seen not to be the text. */
export class FakeSafeStorage {
  backend = 'gnome_libsecret';
  available = true;
  plain = false;
  getSelectedStorageBackend(): string {
    return this.backend;
  }
  setUsePlainTextEncryption(use: boolean): void {
    this.plain = use;
  }
  isEncryptionAvailable(): boolean {
    return this.available && (this.backend !== 'basic_text' || this.plain);
  }
  encryptString(text: string): Buffer {
    return Buffer.from(`sealed:${[...text].reverse().join('')}`);
  }
  decryptString(bytes: Buffer): string {
    const text = bytes.toString();
    if (!text.startsWith('sealed:')) throw new TypeError('another key');
    return [...text.slice('sealed:'.length)].reverse().join('');
  }
}

const make = () => ({
  app: new FakeApp(),
  BrowserWindow: FakeWindow,
  dialog: { showErrorBox: vi.fn() },
  ipcMain: new EventEmitter(),
  Menu: { setApplicationMenu: vi.fn(), buildFromTemplate: vi.fn((template: unknown) => template) },
  nativeTheme: { shouldUseDarkColors: true },
  protocol: { registerSchemesAsPrivileged: vi.fn(), handle: vi.fn() },
  safeStorage: new FakeSafeStorage(),
  screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
  session: { defaultSession: new FakeSession() },
  shell: { openExternal: vi.fn(() => Promise.resolve()) },
});

/** The module, as of the last reset. */
export let electron = make();

/** A fresh module. */
export function resetElectron(): typeof electron {
  electron = make();
  FakeWindow.all = [];
  FakeWindow.failLoading = false;
  return electron;
}
