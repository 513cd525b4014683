/**
 * The app without a face: services on this machine's files, sockets and processes. Every host puts its carrier in
 * front of it.
 * Must hold: one app for each data directory; after `close` no session, no server process and no lock is left.
 */

import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from '../base/logger.ts';
import { UsageError } from '../model/errors.ts';
import { takeInstanceLock } from '../platform/instance-lock.ts';
import { nodeClock } from '../platform/node-clock.ts';
import { nodeHash } from '../platform/node-hash.ts';
import { nodeRandom } from '../platform/node-random.ts';
import { nodeResolver } from '../platform/node-resolver.ts';
import { nodeStore } from '../platform/node-store.ts';
import { installNodeText } from '../platform/node-text.ts';
import { nodeTransport } from '../platform/node-transport.ts';
import { nodeExportFiles } from '../platform/transfer/export-files.ts';
import { nodeLogFolder } from '../platform/transfer/log-folder.ts';
import { nodeTransferTools } from '../platform/transfer/tools.ts';
import type { AppFacts, ExportFiles, Ports, SecretStore } from '../services/ports.ts';
import { createServices, type Services } from '../services/services.ts';
import type { AppFiles } from './app-files.ts';
import { createDispatcher } from './dispatcher.ts';
import { guardOf } from './local-ensemble/guard-command.ts';
import { localServers } from './local-ensemble/local-servers.ts';
import type { OpenDoor } from './view-session.ts';

export interface AppOptions {
  readonly host: AppFacts['host'];
  readonly files: AppFiles;
  readonly dataDirectory: string;
  readonly secrets: SecretStore;
  readonly logger: Logger;
  /** What makes process.execPath a plain Node for server processes. */
  readonly serverEnv?: Readonly<Record<string, string>>;
  /** The system's dialog for files, where the host has one. */
  readonly chooseFile?: ExportFiles['choose'];
}

export interface App {
  readonly openDoor: OpenDoor;
  /**
   * Decides what views open at their start. What goes wrong is logged, and the views start empty.
   *
   * @param connect the ensemble that was asked for; null: on the very first run a local ensemble with the sample tree
   */
  chooseStart(connect: string | null): Promise<void>;
  /** Ends sessions, servers and the lock. Safe to call twice. */
  close(): Promise<void>;
}

const SIGNAL_LISTENERS_MAX = 1_000;

/** Sessions get this long to say goodbye, and servers to stop; then the exit of the process ends them. */
const CLOSE_WITHIN_MS = 12_000;

/**
 * Puts the app together.
 *
 * @throws UsageError AlreadyRunning when another process has this data directory; the system's error when the
 *   directory cannot be made
 */
export async function composeApp(options: AppOptions): Promise<App> {
  const { dataDirectory, logger } = options;
  const lock = await takeInstanceLock(dataDirectory);
  if (lock === null) {
    throw new UsageError('AlreadyRunning', `Zooscope is already running on ${dataDirectory} (ZOOSCOPE_HOME names another directory)`);
  }
  installNodeText();
  // One call may have hundreds of requests under way, each listening to its signal; Node suspects a leak above 10.
  setMaxListeners(SIGNAL_LISTENERS_MAX);
  const services = createServices(portsOf(options));
  let closing: Promise<void> | null = null;
  return {
    openDoor: () => createDispatcher(services),
    chooseStart: (connect) => chooseStart(services, connect, logger),
    close() {
      closing ??= within(CLOSE_WITHIN_MS, services.close())
        .catch((error: unknown) => logger.log('warn', `closing did not go well: ${String(error)}`))
        .then(() => lock.release());
      return closing;
    },
  };
}

function portsOf({ host, files, dataDirectory, secrets, logger, serverEnv, chooseFile }: AppOptions): Ports {
  return {
    app: { version: files.version, host, platform: process.platform },
    openStore: (name) => nodeStore(join(dataDirectory, `${name}.json`)),
    secrets,
    localServers: localServers({
      directory: join(dataDirectory, 'servers'),
      command: process.execPath,
      entry: files.serverEntry,
      ...(serverEnv === undefined ? {} : { env: serverEnv }),
      guard: guardOf(files.cliEntry, serverEnv),
      guardDirectory: dataDirectory,
      onGuardLost: () => logger.log('warn', 'the process that ends the local servers when this one is killed could not be started: then they would go on'),
    }),
    transport: nodeTransport({ random: nodeRandom }),
    resolver: nodeResolver(),
    hash: nodeHash,
    clock: nodeClock,
    random: nodeRandom,
    logger,
    transfer: {
      tools: nodeTransferTools,
      files: nodeExportFiles(exportFolder(), chooseFile),
      jobs: nodeLogFolder(join(dataDirectory, 'jobs')),
      history: nodeLogFolder(join(dataDirectory, 'history')),
    },
    readResource: (name) => readFile(join(files.resources, name), 'utf8'),
  };
}

/** Where exports go unless a person says otherwise; ZOOSCOPE_EXPORTS names another folder. */
function exportFolder(): string {
  const own = process.env['ZOOSCOPE_EXPORTS'];
  return own === undefined || own === '' ? join(homedir(), 'zooscope-exports') : resolve(own);
}

async function chooseStart(services: Services, connect: string | null, logger: Logger): Promise<void> {
  try {
    services.setStartProfile(connect === null ? await services.firstRun() : await services.profileFor(connect));
  } catch (error) {
    logger.log('error', error instanceof Error ? error.message : String(error));
  }
}

function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
