/**
 * The directory of a local ensemble: made where there is none, else read. In: what was asked for, and what each zoo.cfg
 * says. Out: the servers. Must hold: nothing that holds data is written over, and a directory of another kind is
 * left as it is.
 */

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import { makeDirectory } from '../make-directory.ts';
import { replaceFile } from '../node-store.ts';
import { idOfName, pathsOf, shapeText, zooCfgText, type EnsembleShape, type PeerPorts, type ServerPlace } from './layout.ts';
import { freePorts, freePortsInRow } from './ports.ts';

/** What a zoo.cfg, with its dynamic file, says. */
export interface ConfigFacts {
  readonly dataDir: string;
  /** null: it does not say; then the server's own line may. */
  readonly clientPort: number | null;
  /** By id; empty: the server stands alone. */
  readonly members: ReadonlyMap<number, MemberFacts>;
}

export interface MemberFacts extends PeerPorts {
  readonly observer: boolean;
  readonly clientPort: number | null;
}

export interface DirectoryRequest {
  /** Absolute. */
  readonly directory: string;
  /** null, each: what the directory holds, or the default. */
  readonly servers: number | null;
  readonly observers: number | null;
  /** The first; 0 for any that are free, null for what the directory says, or the default. */
  readonly clientPort: number | null;
  /** @throws UsageError naming what is wrong in the file */
  readonly readConfig: (file: string) => Promise<ConfigFacts>;
}

export interface EnsembleDirectory {
  readonly shape: EnsembleShape;
  /** By id. */
  readonly places: readonly ServerPlace[];
  /** Whether there was no ensemble in it before. */
  readonly fresh: boolean;
  /** Writes what is not there yet, or what is to change. @throws the system's error */
  write(): Promise<void>;
}

const SHAPE_DEFAULT: EnsembleShape = { servers: 3, observers: 0 };
const CLIENT_PORT_DEFAULT = 2181;
const CLIENT_PORT_LINE = /^[ \t\f]*clientPort[ \t\f]*[=: \t\f].*$/m;
/** Names that do not make a directory somebody else's. */
const NOT_CONTENT = /^\.|^(instance\.sock|lost\+found)$/;
/** What a server's directory has before its first start. */
const BEFORE_START = new Set(['zoo.cfg', 'data', 'server.log']);

/**
 * Opens the directory, which is made if it is not there. Nothing else is written before `write`.
 *
 * @throws UsageError EnsembleDirectory, one line; the system's error when something cannot be read or written
 */
export async function openEnsembleDirectory(request: DirectoryRequest): Promise<EnsembleDirectory> {
  const { directory } = request;
  await makeDirectory(directory, 0o700);
  const names = (await readdir(directory)).filter((name) => !NOT_CONTENT.test(name));
  const others = names.filter((name) => idOfName(name) === null);
  const ids = names.map(idOfName).filter((id) => id !== null).sort((a, b) => a - b);
  if (ids.length === 0) {
    if (others.length > 0) throw refused(`${directory} holds other things (${others.slice(0, 3).join(', ')}) and no ensemble: choose an empty or a new directory`);
    return make(request);
  }
  if (await wasNeverStarted(directory, ids)) return make(request, ids);
  return takeUp(request, ids);
}

function refused(message: string): UsageError {
  return new UsageError('EnsembleDirectory', message);
}

/** Its making was cut short: a configuration is missing, and there is nothing but what the making itself writes. */
async function wasNeverStarted(directory: string, ids: readonly number[]): Promise<boolean> {
  let whole = true;
  for (const id of ids) {
    const { directory: own, dataDir } = pathsOf(directory, id);
    const names = await readdir(own);
    whole &&= names.includes('zoo.cfg');
    const inData = names.includes('data') ? await readdir(dataDir) : [];
    if (names.some((name) => !BEFORE_START.has(name) && !name.startsWith('zoo.cfg.new-')) || inData.some((name) => name !== 'myid')) return false;
  }
  return !whole || !ids.includes(1);
}

/** @param leftovers servers whose making was cut short */
async function make({ directory, servers, observers, clientPort }: DirectoryRequest, leftovers: readonly number[] = []): Promise<EnsembleDirectory> {
  const shape = { servers: servers ?? SHAPE_DEFAULT.servers, observers: observers ?? SHAPE_DEFAULT.observers };
  const count = shape.servers + shape.observers;
  const first = await firstPort(clientPort ?? CLIENT_PORT_DEFAULT, count);
  const clientPorts = new Set(Array.from({ length: count }, (_, index) => first + index));
  const peerPorts = count === 1 ? [] : await freePorts(2 * count, clientPorts);
  const places = [...clientPorts].map((port, index): ServerPlace => {
    const [quorumPort, electionPort] = peerPorts.slice(2 * index);
    const peers = quorumPort === undefined || electionPort === undefined ? null : { quorumPort, electionPort };
    return { id: index + 1, observer: index >= shape.servers, ...pathsOf(directory, index + 1), clientPort: port, peers };
  });
  const write = async (): Promise<void> => {
    for (const id of leftovers) await rm(pathsOf(directory, id).directory, { recursive: true });
    await writeAll(places);
  };
  return { shape, places, fresh: true, write };
}

async function writeAll(places: readonly ServerPlace[]): Promise<void> {
  // The first server's file comes last: without it, an ensemble is known not to be whole.
  for (const place of [...places].reverse()) {
    await makeDirectory(place.dataDir, 0o700);
    if (place.peers !== null) await writeFile(join(place.dataDir, 'myid'), `${place.id}\n`);
    await replaceFile(place.configFile, zooCfgText(place, places));
  }
}

async function firstPort(asked: number, count: number): Promise<number> {
  if (asked === 0) return freePortsInRow(count);
  if (asked + count - 1 > 65_535) throw new UsageError('BadOption', `the client ports would run from ${asked} to ${asked + count - 1}, and 65535 is the highest`);
  return asked;
}

async function takeUp(request: DirectoryRequest, ids: readonly number[]): Promise<EnsembleDirectory> {
  const { directory, servers, observers, clientPort } = request;
  const places: ServerPlace[] = [];
  for (const id of ids) places.push(await readPlace(request, id, ids));
  const shape = { servers: places.filter(({ observer }) => !observer).length, observers: places.filter(({ observer }) => observer).length };
  const asked = { servers: servers ?? shape.servers, observers: observers ?? shape.observers };
  if (asked.servers !== shape.servers || asked.observers !== shape.observers) {
    throw refused(`${directory} holds an ensemble of ${shapeText(shape)}, not of ${shapeText(asked)}: choose another directory`);
  }
  if (clientPort === null) return { shape, places, fresh: false, write: () => Promise.resolve() };
  const first = await firstPort(clientPort, places.length);
  const moved = places.map((place, index) => ({ ...place, clientPort: first + index }));
  const write = async (): Promise<void> => {
    for (const place of moved) await moveClientPort(place);
  };
  return { shape, places: moved, fresh: false, write };
}

async function readPlace({ directory, clientPort: asked, readConfig }: DirectoryRequest, id: number, ids: readonly number[]): Promise<ServerPlace> {
  const paths = pathsOf(directory, id);
  const { dataDir, clientPort, members } = await readConfig(paths.configFile);
  const wrong = (what: string): UsageError => refused(`${paths.configFile}: ${what}`);
  // A server resolves it where it happens to be started.
  if (!isAbsolute(dataDir) || resolve(dataDir) !== paths.dataDir) {
    throw wrong(`dataDir is ${dataDir}, not ${paths.dataDir}: was the directory moved or copied? Correct the line`);
  }
  const known = [...members.keys()].sort((a, b) => a - b);
  const alone = ids.length === 1 && known.length === 0;
  if (!alone && known.join() !== ids.join()) {
    // A server that a reconfiguration took out leaves its files behind.
    const spare = ids.filter((one) => !members.has(one)).map((one) => `server-${one}`);
    const advice = known.length > 0 && known.every((one) => ids.includes(one)) ? `. What a reconfiguration took out must be moved away: ${spare.join(', ')}` : '';
    throw wrong(`it speaks of servers ${known.join(', ') || 'none'}, and ${directory} has ${ids.join(', ')}: this is no ensemble that was made here${advice}`);
  }
  const own = members.get(id);
  if (asked !== null && typeof own?.clientPort === 'number') throw wrong(`the client port cannot be changed here: it stands in the line server.${id} of every member`);
  const port = clientPort ?? own?.clientPort ?? 0;
  if (port === 0) throw wrong('clientPort is not set');
  return { id, ...paths, clientPort: port, observer: own?.observer ?? false, peers: own ?? null };
}

/**
 * Looks who the servers say that they are: two with one id would take each other's place.
 *
 * @throws UsageError EnsembleDirectory naming the first myid that is wrong, or is not there
 */
export async function checkIds(places: readonly ServerPlace[]): Promise<void> {
  for (const { id, dataDir, peers } of places) {
    if (peers === null) continue;
    const file = join(dataDir, 'myid');
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw refused(`${file} is not there: it has to hold ${id}, the number of this server`);
      throw error;
    });
    const found = text.trim();
    if (!/^\d+$/.test(found) || Number(found) !== id) throw refused(`${file} holds ${JSON.stringify(found)}, and this is server ${id}: correct it`);
  }
}

async function moveClientPort({ configFile, clientPort }: ServerPlace): Promise<void> {
  const text = await readFile(configFile, 'utf8');
  const line = `clientPort=${clientPort}`;
  if (!CLIENT_PORT_LINE.test(text)) throw refused(`${configFile}: there is no line clientPort=... to change`);
  const changed = text.replace(CLIENT_PORT_LINE, line);
  if (changed !== text) await replaceFile(configFile, changed);
}
