/** The entry of Electron's main process: what has to be said before the app is ready. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { app, protocol } from 'electron';
import { dataDirectory } from '../../platform/data-directory.ts';
import { appFiles } from '../app-files.ts';
import { logLevelOf, streamLogger } from '../stream-logger.ts';
import { APP_SCHEME } from './app-scheme.ts';
import { startDesktop } from './desktop.ts';

const { env, platform } = process;
const directory = dataDirectory({ env, platform, home: homedir() });

app.setName('Zooscope');
// Chromium's own files beside ours, so that one directory holds all, and ZOOSCOPE_HOME moves all.
app.setPath('userData', join(directory, 'desktop'));
app.enableSandbox();
protocol.registerSchemesAsPrivileged([APP_SCHEME]);

if (app.requestSingleInstanceLock()) {
  const logger = streamLogger((line) => void process.stderr.write(line), logLevelOf(env['ZOOSCOPE_LOG']));
  const files = appFiles(import.meta.dirname);
  // Not awaited: the app becomes ready only after this module has been evaluated (electron/electron#40719).
  void app.whenReady().then(() => startDesktop({ files, dataDirectory: directory, logger }));
} else {
  // The first one comes to the front.
  app.quit();
}
