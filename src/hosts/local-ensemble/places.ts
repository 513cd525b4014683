/**
 * The servers of a directory that the app made: read from their files, their ports looked at. Directories of earlier
 * releases hold one server, without a folder of its own.
 */

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabFiles } from '../../contract/lab.ts';
import { reason } from '../../contract/reasons.ts';
import { UsageError, type Reason } from '../../model/errors.ts';
import { openEnsembleDirectory } from '../../platform/local-ensemble/directory.ts';
import type { PeerPorts } from '../../platform/local-ensemble/layout.ts';
import { isPortFree, portTrouble } from '../../platform/local-ensemble/ports.ts';
import { freeLoopbackPort, tailOf } from '../../platform/node-processes.ts';
import { replaceFile } from '../../platform/node-store.ts';
import { readConfigFacts } from './read-config.ts';

const PORT_LINE = /^\s*clientPort\s*[=:]\s*(\d+)\s*$/m;
const LOG_BYTES_MAX = 128 * 1024;

export interface Place {
  readonly id: number;
  readonly observer: boolean;
  readonly directory: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly clientPort: number;
  /** null: it stands alone. */
  readonly peers: PeerPorts | null;
}

/** @returns the error that every trouble with local servers becomes */
export function failed(message: string, why: Reason | null = null): UsageError {
  return new UsageError('LocalServerFailed', message, why);
}

/** @returns the error of a port that cannot be had: no log says more about it */
function taken(message: string, why: Reason): UsageError {
  return new UsageError('PortTaken', message, why);
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Every server of a directory, by id. @throws UsageError LocalServerFailed */
export async function placesOf(dir: string): Promise<readonly Place[]> {
  try {
    const old = join(dir, 'zoo.cfg');
    if (existsSync(old)) {
      const clientPort = portIn(await readFile(old, 'utf8'), old);
      return [{ id: 1, observer: false, directory: dir, configFile: old, logFile: join(dir, 'server.log'), clientPort, peers: null }];
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

/** One server of a directory. @throws UsageError LocalServerFailed */
export async function placeOf(dir: string, id: number): Promise<Place> {
  const place = (await placesOf(dir)).find((each) => each.id === id);
  if (place === undefined) throw failed(`there is no server ${id} in ${dir}`);
  return place;
}

function portIn(text: string, file: string): number {
  const match = PORT_LINE.exec(text);
  if (match === null) throw failed(`${file} has no clientPort`);
  return Number(match[1]);
}

/**
 * The client port to start on; when somebody else has the configured one, another is written to zoo.cfg.
 *
 * @param moves false: then it is not moved
 * @throws UsageError PortTaken
 */
export async function settledPort({ id, configFile, clientPort }: Place, moves: boolean): Promise<number> {
  if (await isPortFree(clientPort)) return clientPort;
  if (!moves) {
    const why = reason('portClient', { port: clientPort, id, file: configFile });
    throw taken(`the client port ${clientPort} of server ${id} is taken by another program: end that, or change the line clientPort in ${configFile}`, why);
  }
  const port = await freeLoopbackPort(0);
  const text = await readFile(configFile, 'utf8');
  await replaceFile(configFile, text.replace(PORT_LINE, `clientPort=${port}`));
  return port;
}

/** The other servers know these ports, so they cannot be moved for one server alone. @throws UsageError PortTaken */
export async function checkPeerPorts({ id, configFile, peers }: Place): Promise<void> {
  if (peers === null) return;
  for (const [what, port] of [['quorum', peers.quorumPort], ['election', peers.electionPort]] as const) {
    if (await isPortFree(port)) continue;
    const why = reason(what === 'quorum' ? 'portQuorum' : 'portElection', { port, id, file: configFile });
    throw taken(`the ${what} port ${port} of server ${id} is taken by another program: end that, or choose another port in the line server.${id} of every zoo.cfg, as in ${configFile}`, why);
  }
}

/** Ports that a person chose, before anything is made. @throws UsageError PortTaken naming the first that is taken */
export async function checkChosenPorts(first: number, count: number): Promise<void> {
  for (let port = first; port < first + count; port++) {
    const last = first + count - 1;
    if (port > 65_535) throw taken(`the client ports would run from ${first} to ${last}, and 65535 is the highest`, reason('portsTooHigh', { first, last }));
    const trouble = await portTrouble(port);
    if (trouble === null) continue;
    throw trouble === 'taken'
      ? taken(`port ${port} is taken by another program: choose another client port`, reason('portChosen', { port }))
      : taken(`port ${port} is ${trouble}: choose another client port`, reason('portForbidden', { port }));
  }
}

/** What a person may want to read of a server. @throws UsageError LocalServerFailed */
export async function filesOf({ configFile, logFile }: Place): Promise<LabFiles> {
  try {
    const config = await readFile(configFile, 'utf8');
    const dynamic = /^\s*dynamicConfigFile\s*[=:]\s*(\S.*)$/m.exec(config)?.[1]?.trim();
    const members = dynamic === undefined ? '' : `\n# ${dynamic}\n${await readFile(dynamic, 'utf8')}`;
    const bytes = await stat(logFile).then(({ size }) => size, () => 0);
    return { configFile, config: `${config}${members}`, logFile, log: tailOf(logFile, LOG_BYTES_MAX), cut: bytes > LOG_BYTES_MAX };
  } catch (error) {
    throw failed(`the files of the server cannot be read: ${reasonOf(error)}`);
  }
}
