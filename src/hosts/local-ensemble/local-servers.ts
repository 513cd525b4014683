/**
 * Embedded servers as processes of their own. A directory for each ensemble, laid out as `zooscope ensemble` does it,
 * so that either opens what the other made; Apache's server starts from the same files. Directories of earlier
 * releases hold one server, without a folder of its own.
 * Must hold: servers of one directory are run by one process at a time, this one or a launcher.
 */

import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import { takeInstanceLock } from '../../platform/instance-lock.ts';
import { openEnsembleDirectory } from '../../platform/local-ensemble/directory.ts';
import type { PeerPorts } from '../../platform/local-ensemble/layout.ts';
import { isPortFree } from '../../platform/local-ensemble/ports.ts';
import { freeLoopbackPort, ProcessFailedError, startServerProcess } from '../../platform/node-processes.ts';
import { replaceFile } from '../../platform/node-store.ts';
import type { LocalServers } from '../../services/ports.ts';
import { readConfigFacts } from './read-config.ts';

export interface LocalServersOptions {
  /** Holds a directory for each ensemble. */
  readonly directory: string;
  /** Runs JavaScript: process.execPath. */
  readonly command: string;
  /** The built server entry. */
  readonly entry: string;
  /** What makes `command` a plain Node, where it is Electron. */
  readonly env?: Readonly<Record<string, string>>;
}

const LAB_ID = /^[A-Za-z0-9]{1,64}$/;
const PORT_LINE = /^\s*clientPort\s*[=:]\s*(\d+)\s*$/m;
const REMOVE_TRIES = 5;

interface Place {
  readonly id: number;
  readonly directory: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly clientPort: number;
  /** null: it stands alone. */
  readonly peers: PeerPorts | null;
}

/** The local servers of one data directory. */
export function localServers({ directory, command, entry, env }: LocalServersOptions): LocalServers {
  const locks = createLocks();
  return {
    async create(labId, servers) {
      if (!LAB_ID.test(labId)) throw new UsageError('BadLabId', `not an id of a local server: ${labId}`);
      const dir = join(directory, labId);
      const ensemble = await openEnsembleDirectory({ directory: dir, servers, observers: 0, clientPort: 0, readConfig: readConfigFacts });
      await ensemble.write();
      return { dir };
    },

    async read(dir) {
      return (await placesOf(dir)).map(({ id, clientPort }) => ({ id, clientPort }));
    },

    async start(dir, id, onExit) {
      const place = (await placesOf(dir)).find((each) => each.id === id);
      if (place === undefined) throw failed(`there is no server ${id} in ${dir}`);
      const release = await locks.take(dir);
      try {
        const clientPort = await settledPort(place);
        await checkPeerPorts(place);
        const args = [entry, '--exit-with-parent', place.configFile];
        const server = { command, args, cwd: place.directory, logFile: place.logFile, port: clientPort, ...(env === undefined ? {} : { env }) };
        const started = await startServerProcess(server, (exit) => {
          release();
          onExit(exit);
        });
        return { pid: started.pid, clientPort, stop: () => started.stop(), kill: () => started.kill() };
      } catch (error) {
        release();
        if (error instanceof ProcessFailedError) throw failed(`server ${id} did not start: ${error.message}`);
        throw error;
      }
    },

    async remove(dir) {
      const own = resolve(dir);
      // What is removed for good is named by a stored document, which anything may have changed.
      if (dirname(own) !== resolve(directory) || !LAB_ID.test(basename(own))) throw failed(`${dir} is not a directory that was made here`);
      if (!existsSync(own)) return;
      (await locks.take(own))();
      await locks.idle(own);
      try {
        await rm(own, { recursive: true, maxRetries: REMOVE_TRIES });
      } catch (error) {
        throw failed(`${own} could not be removed: ${reasonOf(error)}`);
      }
    },
  };
}

function failed(message: string): UsageError {
  return new UsageError('LocalServerFailed', message);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws UsageError LocalServerFailed */
async function placesOf(dir: string): Promise<readonly Place[]> {
  try {
    const old = join(dir, 'zoo.cfg');
    if (existsSync(old)) {
      const clientPort = portIn(await readFile(old, 'utf8'), old);
      return [{ id: 1, directory: dir, configFile: old, logFile: join(dir, 'server.log'), clientPort, peers: null }];
    }
    // Opening makes what is not there; here, that is a loss to be told.
    if (!existsSync(dir)) throw failed('the directory is gone');
    const { places, fresh } = await openEnsembleDirectory({ directory: dir, servers: null, observers: null, clientPort: null, readConfig: readConfigFacts });
    if (fresh) throw failed('there are no servers in it');
    return places;
  } catch (error) {
    throw failed(`the files of the local servers in ${dir} cannot be read: ${reasonOf(error)}`);
  }
}

function portIn(text: string, file: string): number {
  const match = PORT_LINE.exec(text);
  if (match === null) throw failed(`${file} has no clientPort`);
  return Number(match[1]);
}

/** The client port to start on; when somebody else has the configured one, another is written to zoo.cfg. */
async function settledPort({ configFile, clientPort }: Place): Promise<number> {
  const port = await freeLoopbackPort(clientPort);
  if (port === clientPort) return port;
  const text = await readFile(configFile, 'utf8');
  await replaceFile(configFile, text.replace(PORT_LINE, `clientPort=${port}`));
  return port;
}

/** The other servers know these ports, so they cannot be moved for one server alone. */
async function checkPeerPorts({ id, configFile, peers }: Place): Promise<void> {
  if (peers === null) return;
  for (const [what, port] of [['quorum', peers.quorumPort], ['election', peers.electionPort]] as const) {
    if (await isPortFree(port)) continue;
    throw failed(`the ${what} port ${port} of server ${id} is taken by another program: end that, or choose another port in the line server.${id} of every zoo.cfg, as in ${configFile}`);
  }
}

interface Locks {
  /** @returns lets go, once however often it is called @throws UsageError LocalServerFailed when another process has it */
  take(dir: string): Promise<() => void>;
  /** Resolves when what was let go of last is free for others. */
  idle(dir: string): Promise<void>;
}

/** One lock for each directory, held as long as one of its servers runs. The launcher holds the same one. */
function createLocks(): Locks {
  const held = new Map<string, { users: number; readonly lock: ReturnType<typeof takeInstanceLock> }>();
  const releasing = new Map<string, Promise<void>>();
  return {
    idle: async (dir) => releasing.get(dir),
    async take(dir) {
      await releasing.get(dir);
      const entry = held.get(dir) ?? { users: 0, lock: takeInstanceLock(join(dir, '.guard')) };
      held.set(dir, entry);
      entry.users++;
      let over = false;
      const release = (): void => {
        if (over) return;
        over = true;
        if (--entry.users > 0) return;
        held.delete(dir);
        const done = entry.lock.then((lock) => lock?.release(), () => undefined).finally(() => releasing.delete(dir));
        releasing.set(dir, done);
      };
      const lock = await entry.lock.catch((error: unknown) => {
        release();
        throw failed(`${dir} cannot be written: ${reasonOf(error)}`);
      });
      if (lock !== null) return release;
      release();
      throw failed(`the servers in ${dir} are run by another program (zooscope ensemble?)`);
    },
  };
}
