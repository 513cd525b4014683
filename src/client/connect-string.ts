/** Connect strings: `host[:port][,host[:port]...][/chroot]` to servers and a chroot (facts 2.3; ConnectStringParser). */

import { UsageError } from '../model/errors.ts';
import { pathProblem } from '../model/zpath.ts';
import type { ServerAddress } from './transport.ts';

export const DEFAULT_PORT = 2181;

export interface ConnectTarget {
  readonly servers: readonly ServerAddress[];
  /** Empty for none, else a path such as `/app`. */
  readonly chroot: string;
}

/**
 * Reads a connect string. Spaces around hosts are left out, as are empty entries between commas.
 *
 * @throws UsageError BadConnectString, with what is wrong
 */
export function parseConnectString(text: string): ConnectTarget {
  if (/^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw bad(`'${text}' is a URL; a connect string is host:port,host:port/chroot`);
  const slash = text.indexOf('/');
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 ? '' : readChroot(text.slice(slash).trim());
  const entries = hosts
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) throw bad(`a connect string needs at least one server: '${text}'`);
  return { servers: entries.map(readServer), chroot };
}

/** `host:port`, an IPv6 address in brackets. */
export function formatServer(server: ServerAddress): string {
  return server.host.includes(':') ? `[${server.host}]:${server.port}` : `${server.host}:${server.port}`;
}

/** The connect string of servers and a chroot. */
export function formatConnectString(target: ConnectTarget): string {
  return target.servers.map(formatServer).join(',') + target.chroot;
}

function readChroot(path: string): string {
  if (path === '/') return '';
  const problem = pathProblem(path);
  if (problem !== null) throw bad(`the chroot '${path}' is not a path: ${problem}`);
  return path;
}

function readServer(entry: string): ServerAddress {
  if (entry.startsWith('[')) return readBracketed(entry);
  const colons = entry.split(':').length - 1;
  if (colons > 1) throw bad(`'${entry}': an IPv6 address stands in brackets, as in [::1]:2181`);
  const [host = '', port] = entry.split(':');
  if (!/^[^\s[\]@?#%"'<>\\]+$/.test(host)) throw bad(`'${entry}' is no host name`);
  return { host, port: port === undefined ? DEFAULT_PORT : readPort(port, entry) };
}

function readBracketed(entry: string): ServerAddress {
  const match = /^\[([0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:%[\w.-]+)?)\](?::(.*))?$/.exec(entry);
  if (match === null) throw bad(`'${entry}' is no IPv6 address in brackets, as in [::1]:2181`);
  const port = match[2];
  return { host: match[1] as string, port: port === undefined ? DEFAULT_PORT : readPort(port, entry) };
}

function readPort(text: string, entry: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw bad(`'${entry}': a port is a number from 1 to 65535`);
  return port;
}

function bad(message: string): UsageError {
  return new UsageError('BadConnectString', message);
}
