/** The web host as a command: composes the app, serves it, prints its address, and ends cleanly. */

import { join } from 'node:path';
import { isLoopback } from '../web/access.ts';
import { startWebHost, type WebHost } from '../web/web-host.ts';
import { composeApp } from '../compose.ts';
import type { AppFiles } from '../app-files.ts';
import type { Logger } from '../../base/logger.ts';
import { memorySecrets } from '../../platform/node-secrets.ts';

export interface ServeOptions {
  readonly files: AppFiles;
  readonly dataDirectory: string;
  readonly logger: Logger;
  readonly host: string;
  /** Null: the usual one, or any free one when that is taken. */
  readonly port: number | null;
  readonly connect: string | null;
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called when it can be used. */
  readonly ready?: (host: WebHost) => Promise<void>;
}

/** A fixed one keeps the page's origin, and with it the browser's memory of the app, from one start to the next. */
export const USUAL_PORT = 7181;

const WHY_NOT: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken',
  EACCES: 'this port needs more rights',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'that host name is not known',
};

/**
 * Serves until the signal comes.
 *
 * @returns the exit code
 * @throws UsageError AlreadyRunning
 */
export async function runServe(options: ServeOptions): Promise<number> {
  const { files, dataDirectory, logger, signal } = options;
  const app = await composeApp({ host: 'web', files, dataDirectory, secrets: memorySecrets(), logger });
  try {
    const host = await listen(options, app.openDoor);
    if (host === null) return 1;
    try {
      if (!isLoopback(options.host)) {
        options.stderr(`zooscope: warning: ${options.host} can be reached from other machines, and what passes is not encrypted\n`);
      }
      // Not waited for when the end comes first.
      await Promise.race([app.chooseStart(options.connect), aborted(signal)]);
      if (!signal.aborted) {
        options.stdout(`Zooscope: ${host.url}\n`);
        await options.ready?.(host);
        await aborted(signal);
      }
    } finally {
      await host.close();
    }
  } finally {
    await app.close();
  }
  return 0;
}

async function listen(options: ServeOptions, openDoor: Parameters<typeof startWebHost>[0]['openDoor']): Promise<WebHost | null> {
  const { files, host, logger } = options;
  const icon = join(files.resources, 'icon.png');
  const start = (port: number): Promise<WebHost> => startWebHost({ openDoor, folder: files.view, icon, host, port, logger });
  try {
    if (options.port !== null) return await start(options.port);
    return await start(USUAL_PORT).catch((error: unknown) => {
      if (codeOf(error) === 'EADDRINUSE') return start(0);
      throw error;
    });
  } catch (error) {
    const why = WHY_NOT[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
    options.stderr(`zooscope: cannot serve on ${host}${options.port === null ? '' : `, port ${options.port}`}: ${why}\n`);
    return null;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
