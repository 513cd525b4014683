/**
 * Enough of the `electron` module to run our preload and our IPC door outside of Electron: channels between a main
 * process and pages, values structured-cloned at each border, delivery later and in order. It shows that our two
 * halves fit each other, not that Electron behaves this way.
 */

import { EventEmitter } from 'node:events';
import type { IpcMain } from 'electron';
import { vi } from 'vitest';
import { BRIDGE_NAME, type ViewBridge } from '../../src/contract/wire-api.ts';

interface Frame {
  readonly url: string;
}

/** A page in a window. */
export interface StandInPage {
  /** What the preload showed to the page's own world. */
  readonly bridge: ViewBridge;
  readonly contents: StandInContents;
  /** A message that a page could send past the bridge, if it could. @param frame from which frame; the main one when absent */
  sendRaw(channel: string, value: unknown, frame?: Frame): void;
}

export class StandInContents extends EventEmitter {
  readonly id: number;
  mainFrame: Frame;
  #destroyed = false;
  readonly #toPage: (channel: string, value: unknown) => void;

  constructor(id: number, url: string, toPage: (channel: string, value: unknown) => void) {
    super();
    this.id = id;
    this.mainFrame = { url };
    this.#toPage = toPage;
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  send(channel: string, value: unknown): void {
    const copy: unknown = structuredClone(value);
    setImmediate(() => this.#toPage(channel, copy));
  }

  /** The window is gone. */
  destroy(): void {
    this.#destroyed = true;
    this.emit('destroyed');
  }
}

export class ElectronStandIn {
  readonly #main = new EventEmitter();
  #pages = 0;

  get ipcMain(): IpcMain {
    return this.#main as unknown as IpcMain;
  }

  /** Opens a window at a URL and runs the real preload in it. */
  async openPage(url: string): Promise<StandInPage> {
    const renderer = new EventEmitter();
    const contents = new StandInContents(++this.#pages, url, (channel, value) => renderer.emit(channel, {}, value));
    const sendRaw = (channel: string, value: unknown, frame: Frame | null = null): void => {
      const copy: unknown = structuredClone(value);
      const senderFrame = frame ?? contents.mainFrame;
      setImmediate(() => this.#main.emit(channel, { sender: contents, senderFrame }, copy));
    };
    let shown: ViewBridge | undefined;
    const module = {
      ipcRenderer: {
        send: (channel: string, value: unknown) => sendRaw(channel, value),
        on: (channel: string, listener: (...args: unknown[]) => void) => renderer.on(channel, listener),
        off: (channel: string, listener: (...args: unknown[]) => void) => renderer.off(channel, listener),
      },
      contextBridge: {
        exposeInMainWorld(name: string, api: ViewBridge) {
          if (name === BRIDGE_NAME) shown = acrossWorlds(api);
        },
      },
    };
    vi.resetModules();
    vi.doMock('electron', () => module);
    await import('../../src/hosts/electron/preload.ts');
    vi.doUnmock('electron');
    if (shown === undefined) throw new TypeError('the preload showed no bridge');
    return { bridge: shown, contents, sendRaw };
  }
}

/** The bridge as the page's world sees it: functions stay functions, everything else is cloned. */
function acrossWorlds(api: ViewBridge): ViewBridge {
  return {
    open: () => api.open(),
    send: (frame) => api.send(structuredClone(frame)),
    onFrame: (listener) => api.onFrame((frame) => listener(structuredClone(frame))),
    onClose: (listener) => api.onClose((reason) => listener(reason)),
  };
}
