/**
 * The desktop app from `ready` to its end: composes the app, opens the door, shows the window.
 * Must hold: sessions and local servers are closed before the process ends, however the end begins.
 */

import { join } from 'node:path';
import { app, dialog, ipcMain, Menu, protocol, safeStorage, session, shell, type BrowserWindow } from 'electron';
import type { Logger } from '../../base/logger.ts';
import { nodeStore } from '../../platform/node-store.ts';
import type { AppFiles } from '../app-files.ts';
import { composeApp } from '../compose.ts';
import { DESKTOP_FAILED } from '../exit-codes.ts';
import { listStaticFiles } from '../static-files.ts';
import { chooseFile } from './choose-file.ts';
import { appSchemeHandler, isOurPage, SCHEME } from './app-scheme.ts';
import { openIpcDoor } from './ipc-door.ts';
import { lockDownPages, lockDownSession } from './lock-down.ts';
import { menuTemplate } from './menu.ts';
import { safeSecrets } from './secrets.ts';
import { openWindow } from './window.ts';

export interface DesktopOptions {
  readonly files: AppFiles;
  readonly dataDirectory: string;
  readonly logger: Logger;
}

/** Runs it; resolves once the window is there, or the process is about to end. */
export async function startDesktop(options: DesktopOptions): Promise<void> {
  try {
    await show(options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    options.logger.log('error', message);
    dialog.showErrorBox('Zooscope', message);
    app.exit(1);
  }
}

async function show({ files, dataDirectory, logger }: DesktopOptions): Promise<void> {
  lockDownPages(app, shell, logger);
  lockDownSession(session.defaultSession);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform)));
  protocol.handle(SCHEME, appSchemeHandler(await listStaticFiles(files.view)));

  const store = (name: string): ReturnType<typeof nodeStore> => nodeStore(join(dataDirectory, `${name}.json`));
  const secrets = safeSecrets({ safeStorage, platform: process.platform, store: store('secrets'), logger });
  const composed = await composeApp({
    chooseFile,
    host: 'electron', files, dataDirectory, secrets, logger, serverEnv: { ELECTRON_RUN_AS_NODE: '1' },
  });
  const closeDoor = openIpcDoor({ ipcMain, openDoor: composed.openDoor, logger, isOurPage });
  endCleanly(async () => {
    closeDoor();
    await composed.close();
  });

  await composed.chooseStart(null);
  const window = await openWindow({
    preload: files.preload,
    icon: join(files.resources, 'icon.png'),
    store: store('window'),
    logger,
    onFailed(reason) {
      logger.log('error', `the window could not be shown: ${reason}`);
      void composed.close().finally(() => app.exit(DESKTOP_FAILED));
    },
  });
  app.on('second-instance', () => bringToFront(window));
}

/** Holds the end of the app up until everything is closed. */
function endCleanly(close: () => Promise<void>): void {
  let closed = false;
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    void close().finally(() => {
      closed = true;
      app.quit();
    });
  });
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => app.quit());
}

function bringToFront(window: BrowserWindow): void {
  if (window.isDestroyed()) return;
  if (window.isMinimized()) window.restore();
  window.focus();
}
