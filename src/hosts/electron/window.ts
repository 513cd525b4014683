/** The window: how a page is run in it, and where it stands. */

import { BrowserWindow, nativeTheme, screen } from 'electron';
import type { Logger } from '../../base/logger.ts';
import type { Store } from '../../services/ports.ts';
import { START_URL } from './app-scheme.ts';
import { loadWindowPlace, saveWindowPlace } from './window-state.ts';

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string;
  /** Where its place is kept. */
  readonly store: Store;
  readonly logger: Logger;
  /** Called when the page could not be loaded, or its process ended. */
  readonly onFailed: (reason: string) => void;
}

/** Opens the window; it is shown once there is something in it. */
export async function openWindow({ preload, icon, store, logger, onFailed }: WindowOptions): Promise<BrowserWindow> {
  const place = await loadWindowPlace(store, screen.getAllDisplays().map((display) => display.workArea));
  const window = new BrowserWindow({
    ...(place.bounds ?? { width: 1280, height: 820 }),
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Zooscope',
    icon,
    // What is seen until the page has painted, in the colour that it is going to have.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16181d' : '#ffffff',
    autoHideMenuBar: true,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      spellcheck: false,
      navigateOnDragDrop: false,
    },
  });
  if (place.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    void saveWindowPlace(store, window.getNormalBounds(), window.isMaximized()).catch((error: unknown) => {
      logger.log('warn', `the place of the window could not be saved: ${String(error)}`);
    });
  });
  window.webContents.on('did-fail-load', (_event, code, description, _url, isMainFrame) => {
    if (isMainFrame) onFailed(`${description} (${code})`);
  });
  window.webContents.on('render-process-gone', (_event, { reason }) => onFailed(`its process ended: ${reason}`));
  // Its failure is told by did-fail-load.
  await window.loadURL(START_URL).catch(() => undefined);
  return window;
}
