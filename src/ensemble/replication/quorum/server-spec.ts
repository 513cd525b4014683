/**
 * The value of a `server.N` line (facts 5.1; QuorumPeer.QuorumServer of Apache 3.8.0):
 * `host:quorumPort:electionPort[:participant|observer][;[clientHost:]clientPort]`, several of the first part joined by
 * `|` where multiAddress.enabled is on, IPv6 addresses in brackets.
 */

import { ConfigError } from '../../config/config-error.ts';

export type MemberRole = 'participant' | 'observer';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One host of a server, with its two ports. */
export interface ServerAddress {
  readonly host: string;
  readonly quorumPort: number;
  readonly electionPort: number;
}

export interface ServerSpec {
  readonly sid: bigint;
  /** At least one. */
  readonly addresses: readonly ServerAddress[];
  readonly role: MemberRole;
  /** null when the line does not say it: then zoo.cfg's clientPort counts, and the line is printed without it. */
  readonly client: Endpoint | null;
}

export interface SpecOptions {
  /** multiAddress.enabled */
  readonly multiAddress?: boolean;
}

/** What a client address is when the line gives only a port. */
const ANY_HOST = '0.0.0.0';
const PORT_MAX = 65_535;
const FORM = 'does not have the form host:port:port[:participant|observer][;[host:]port]';

/**
 * Reads the value of a server line.
 *
 * @throws ConfigError naming the server and what is wrong
 */
export function parseServerSpec(sid: bigint, text: string, options: SpecOptions = {}): ServerSpec {
  const parts = javaSplit(text, ';');
  const [servers = '', client] = parts;
  if (parts.length > 2) throw wrong(sid, text, FORM);
  const addresses = javaSplit(servers, '|').map((one) => parseAddress(sid, text, one));
  const roles = [...new Set(addresses.flatMap(({ role }) => (role === null ? [] : [role])))];
  if (roles.length > 1) throw wrong(sid, text, 'gives its addresses different roles');
  if (addresses.length > 1 && options.multiAddress !== true) {
    throw wrong(sid, text, 'has several addresses, and multiAddress.enabled is off');
  }
  return {
    sid,
    addresses: addresses.map(({ address }) => address),
    role: roles[0] ?? 'participant',
    client: client === undefined ? null : parseClient(sid, text, client),
  };
}

/** The value of a server line, with its role always written, as Apache prints it (QuorumServer.toString). */
export function formatServerSpec({ addresses, role, client }: ServerSpec): string {
  const sorted = [...addresses].sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
  const servers = sorted.map(({ host, quorumPort, electionPort }) => `${inBrackets(host)}:${quorumPort}:${electionPort}`);
  const end = client === null ? '' : `;${inBrackets(client.host)}:${client.port}`;
  return `${servers.join('|')}:${role}${end}`;
}

/** Same id, role and addresses (QuorumServer.equals). */
export function sameServer(a: ServerSpec, b: ServerSpec): boolean {
  return a.sid === b.sid && formatServerSpec(a).toLowerCase() === formatServerSpec(b).toLowerCase();
}

function parseAddress(sid: bigint, text: string, part: string): { address: ServerAddress; role: MemberRole | null } {
  const [host, quorum, election, role, ...more] = hostAndPorts(sid, text, part);
  if (host === undefined || quorum === undefined || election === undefined || more.length > 0) throw wrong(sid, text, FORM);
  const address = { host, quorumPort: port(sid, text, quorum), electionPort: port(sid, text, election) };
  if (address.quorumPort === address.electionPort) throw wrong(sid, text, 'has the same port twice');
  return { address, role: role === undefined ? null : parseRole(sid, text, role) };
}

function parseClient(sid: bigint, text: string, part: string): Endpoint {
  const [first, second, ...more] = hostAndPorts(sid, text, part);
  if (first === undefined || more.length > 0) throw wrong(sid, text, FORM);
  return second === undefined
    ? { host: ANY_HOST, port: port(sid, text, first) }
    : { host: first, port: port(sid, text, second) };
}

function parseRole(sid: bigint, text: string, role: string): MemberRole {
  const word = role.trim().toLowerCase();
  if (word === 'participant' || word === 'observer') return word;
  throw wrong(sid, text, `has the role ${role}; participant or observer is needed`);
}

/** A host, its brackets taken off, and what follows it between colons (ConfigUtils.getHostAndPort). */
function hostAndPorts(sid: bigint, text: string, part: string): string[] {
  if (!part.startsWith('[')) return javaSplit(part, ':');
  const end = part.indexOf(']');
  if (end < 0) throw wrong(sid, text, "has a '[' without its ']'");
  const host = part.slice(1, end);
  if (end + 2 === part.length) throw wrong(sid, text, 'has no port after a colon');
  return end + 2 < part.length ? [host, ...javaSplit(part.slice(end + 2), ':')] : [host];
}

function port(sid: bigint, text: string, digits: string): number {
  const value = /^[+-]?\d{1,10}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(value >= 0 && value <= PORT_MAX)) throw wrong(sid, text, `has the port ${digits}`);
  return value;
}

/** As Java splits: empty parts at the end are dropped. */
function javaSplit(text: string, separator: string): string[] {
  const parts = text.split(separator);
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

function inBrackets(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function wrong(sid: bigint, text: string, what: string): ConfigError {
  return new ConfigError(`server.${sid}=${text}: ${what}`);
}
