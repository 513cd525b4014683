/** What lies where in the directory of a local ensemble, and the text of its files. */

import { join } from 'node:path';

export interface EnsembleShape {
  /** Those that vote. */
  readonly servers: number;
  readonly observers: number;
}

/** One server of it. */
export interface ServerPlace {
  /** From 1; observers behind those that vote. */
  readonly id: number;
  readonly observer: boolean;
  /** Absolute, as all paths here. */
  readonly directory: string;
  readonly configFile: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly clientPort: number;
  /** null: it stands alone. */
  readonly peers: PeerPorts | null;
}

export interface PeerPorts {
  readonly quorumPort: number;
  readonly electionPort: number;
}

export const LOOPBACK = '127.0.0.1';

/** The paths of one server. */
export function pathsOf(directory: string, id: number): Pick<ServerPlace, 'directory' | 'configFile' | 'dataDir' | 'logFile'> {
  const own = join(directory, `server-${id}`);
  return { directory: own, configFile: join(own, 'zoo.cfg'), dataDir: join(own, 'data'), logFile: join(own, 'server.log') };
}

/** The id in the name of a server's directory; null for any other name. */
export function idOfName(name: string): number | null {
  const digits = /^server-([1-9]\d{0,2})$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** `3 servers and 2 observers` */
export function shapeText({ servers, observers }: EnsembleShape): string {
  const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  return observers === 0 ? plural(servers, 'server') : `${plural(servers, 'server')} and ${plural(observers, 'observer')}`;
}

/** `127.0.0.1:2181` */
export const clientAddress = ({ clientPort }: Pick<ServerPlace, 'clientPort'>): string => `${LOOPBACK}:${clientPort}`;

/** Every server, comma separated. */
export const connectStringOf = (places: readonly ServerPlace[]): string => places.map(clientAddress).join(',');

/** zoo.cfg of one of them: nothing in it that only one of the two engines would understand. */
export function zooCfgText(place: ServerPlace, all: readonly ServerPlace[]): string {
  const lines = [
    '# A server of a local ensemble that Zooscope made. Apache ZooKeeper starts from this file as well.',
    'tickTime=2000',
    'initLimit=10',
    'syncLimit=5',
    `dataDir=${propertyValue(place.dataDir)}`,
    `clientPort=${place.clientPort}`,
    `clientPortAddress=${LOOPBACK}`,
    '4lw.commands.whitelist=*',
    'admin.enableServer=false',
    '# TTL nodes',
    'extendedTypesEnabled=true',
    'autopurge.purgeInterval=1',
    ...(place.observer ? ['peerType=observer'] : []),
    ...all.flatMap(serverLine),
  ];
  return `${lines.join('\n')}\n`;
}

function serverLine({ id, observer, peers }: ServerPlace): string[] {
  return peers === null ? [] : [`server.${id}=${LOOPBACK}:${peers.quorumPort}:${peers.electionPort}${observer ? ':observer' : ''}`];
}

/** A path as java.util.Properties reads it, byte by byte: file names take slashes on every system, the rest is escaped. */
export function propertyValue(path: string): string {
  const slashed = process.platform === 'win32' ? path.replaceAll('\\', '/') : path.replaceAll('\\', '\\\\');
  return slashed.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
