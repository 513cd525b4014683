/**
 * Embedded servers as processes of their own, each in a directory with a zoo.cfg that Apache's server understands
 * just as well.
 */

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../model/errors.ts';
import { freeLoopbackPort, ProcessFailedError, startServerProcess } from '../platform/node-processes.ts';
import { replaceFile } from '../platform/node-store.ts';
import type { LocalServers } from '../services/ports.ts';

export interface LocalServersOptions {
  /** Holds a directory for each server. */
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

/** The local servers of one data directory. */
export function localServers({ directory, command, entry, env }: LocalServersOptions): LocalServers {
  return {
    async create(labId) {
      if (!LAB_ID.test(labId)) throw new UsageError('BadLabId', `not an id of a local server: ${labId}`);
      const dir = join(directory, labId);
      await mkdir(join(dir, 'data'), { recursive: true, mode: 0o700 });
      await replaceFile(configFile(dir), zooCfg(dir, await freeLoopbackPort(0)));
      return { dir };
    },

    async start(dir, onExit) {
      const clientPort = await settledPort(dir);
      const args = [entry, '--exit-with-parent', configFile(dir)];
      const server = { command, args, cwd: dir, logFile: join(dir, 'server.log'), port: clientPort, ...(env === undefined ? {} : { env }) };
      try {
        const started = await startServerProcess(server, onExit);
        return { pid: started.pid, clientPort, stop: () => started.stop() };
      } catch (error) {
        if (error instanceof ProcessFailedError) throw new UsageError('LocalServerFailed', `the local server did not start: ${error.message}`);
        throw error;
      }
    },
  };
}

const configFile = (dir: string): string => join(dir, 'zoo.cfg');

function zooCfg(dir: string, port: number): string {
  // Java's properties take a backslash for an escape; its file names take slashes everywhere.
  const dataDir = join(dir, 'data').replaceAll('\\', '/');
  return `# A local server that Zooscope made. Apache ZooKeeper starts from this file as well.
tickTime=2000
dataDir=${dataDir}
clientPort=${port}
clientPortAddress=127.0.0.1
4lw.commands.whitelist=*
admin.enableServer=false
# TTL nodes
extendedTypesEnabled=true
autopurge.purgeInterval=1
`;
}

/** The port to start on; when somebody else has the configured one, another is written to zoo.cfg. */
async function settledPort(dir: string): Promise<number> {
  const text = await readConfig(dir);
  const match = PORT_LINE.exec(text);
  if (match === null) throw new UsageError('LocalServerFailed', `${configFile(dir)} has no clientPort`);
  const configured = Number(match[1]);
  const port = await freeLoopbackPort(configured);
  if (port !== configured) await replaceFile(configFile(dir), text.replace(PORT_LINE, `clientPort=${port}`));
  return port;
}

async function readConfig(dir: string): Promise<string> {
  try {
    return await readFile(configFile(dir), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError('LocalServerFailed', `the files of the local server cannot be read: ${reason}`);
  }
}
