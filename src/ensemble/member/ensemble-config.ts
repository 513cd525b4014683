/**
 * The part of zoo.cfg that makes a server a member of an ensemble (facts 5.1; QuorumPeerConfig). In: the file's keys
 * and the text of myid. Out: who this server is among whom; null for a server standing alone.
 */

import { ConfigError } from '../config/config-error.ts';
import { parseProperties } from '../config/properties.ts';
import { parseFlag, parseWhole } from '../config/values.ts';
import type { ZooCfg } from '../config/zoo-cfg.ts';
import { isMembershipKey, parseMembership, withVersion, type Membership } from '../replication/quorum/membership.ts';

export interface EnsembleConfig {
  readonly membership: Membership;
  /** Ticks. */
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly standaloneEnabled: boolean;
  /** connectToLearnerMasterLimit: ticks to reach a leader; 0: initLimit. */
  readonly connectLimit: number;
  /** quorumListenOnAllIPs */
  readonly onAllAddresses: boolean;
}

export { isMembershipKey } from '../replication/quorum/membership.ts';

/** Keys of zoo.cfg that are read here, and not by parseZooCfg. */
export function isEnsembleKey(key: string): boolean {
  return isMembershipKey(key) || key === 'dynamicConfigFile' || key === 'peerType';
}

const SID_MAX = 255n;
/** Every address of the machine. */
const ANY_HOSTS = new Set(['0.0.0.0', '::']);

/** What the file that dynamicConfigFile names holds, and the version that its name tells. */
export interface DynamicConfig {
  readonly text: string;
  readonly version: bigint;
}

/**
 * Reads what is said of an ensemble.
 *
 * @param dynamic null: dynamicConfigFile names no file
 * @returns null when nothing is, or when the only server stands alone (standaloneEnabled)
 * @throws ConfigError naming the key and what is wrong
 */
export function readEnsembleConfig(text: string, dynamic: DynamicConfig | null): EnsembleConfig | null {
  const entries = parseProperties(text);
  checkPeerType(entries.get('peerType'));
  const membership = readMembers(entries, dynamic);
  const standaloneEnabled = flagOf(entries, 'standaloneEnabled', true);
  if (membership === null || (membership.members.size === 1 && standaloneEnabled)) return null;
  const limit = (key: string): number => {
    const value = entries.get(key)?.trim();
    if (value === undefined) throw new ConfigError(`${key} is not set, which an ensemble needs`);
    return parseWhole(key, value, { min: 1 });
  };
  const connectLimit = parseWhole('connectToLearnerMasterLimit', entries.get('connectToLearnerMasterLimit')?.trim() ?? '0', { min: 0 });
  const onAllAddresses = flagOf(entries, 'quorumListenOnAllIPs', false);
  return { membership, initLimit: limit('initLimit'), syncLimit: limit('syncLimit'), standaloneEnabled, connectLimit, onAllAddresses };
}

/**
 * Reads the members alone, those of a configuration with one server too.
 *
 * @param dynamic null: dynamicConfigFile names no file
 * @returns null when there are none
 * @throws ConfigError naming the key and what is wrong
 */
export function readMembership(text: string, dynamic: DynamicConfig | null): Membership | null {
  return readMembers(parseProperties(text), dynamic);
}

/** With a dynamic file the members are there, and nothing else is, as in Apache's server (QuorumPeerConfig.parseProperties, parseDynamicConfig). */
function readMembers(entries: ReadonlyMap<string, string>, dynamic: DynamicConfig | null): Membership | null {
  const there = dynamic === null ? entries : parseProperties(dynamic.text);
  if (dynamic !== null) {
    const here = [...entries.keys()].find((key) => isMembershipKey(key) && key !== 'version');
    if (here !== undefined) throw new ConfigError(`${here}: with dynamicConfigFile it belongs into that file`);
    const strange = [...there.keys()].find((key) => !isMembershipKey(key));
    if (strange !== undefined) throw new ConfigError(`${strange}: stands in the dynamic file, where only server, group, weight and version may`);
  }
  if (![...there.keys()].some(isMembershipKey)) return null;
  const options = { standaloneEnabled: flagOf(entries, 'standaloneEnabled', true), multiAddress: flagOf(entries, 'multiAddress.enabled', false) };
  const read = parseMembership(there, options);
  return dynamic === null ? read : withVersion(read, dynamic.version);
}

function flagOf(entries: ReadonlyMap<string, string>, key: string, fallback: boolean): boolean {
  const value = entries.get(key)?.trim();
  return value === undefined ? fallback : parseFlag(key, value);
}

/**
 * This server's place in the ensemble.
 *
 * @param myid the text of the file myid in dataDir
 * @throws ConfigError when it is no id, or that of no member
 */
export function readMyId(myid: string, { members }: Membership): bigint {
  const digits = myid.trim();
  const sid = /^\d{1,19}$/.test(digits) ? BigInt(digits) : null;
  if (sid === null || sid > SID_MAX) throw new ConfigError(`myid holds ${JSON.stringify(digits)}; a number from 0 to ${SID_MAX} is needed`);
  if (!members.has(sid)) throw new ConfigError(`myid says server ${sid}, and there is no server.${sid} in the configuration`);
  return sid;
}

/**
 * The configuration with this server's client address from its own line, which counts where it has one. zoo.cfg may say
 * the same, or only the port of it; what says something else is refused (QuorumPeerConfig.setupClientPort).
 *
 * @param addressOf the address that a host has; the host itself where none is found
 * @throws ConfigError naming both
 */
export async function withClientOfLine(config: ZooCfg, { members }: Membership, sid: bigint, addressOf: (host: string) => Promise<string>): Promise<ZooCfg> {
  const client = members.get(sid)?.client ?? null;
  if (client === null) return config;
  const { clientPort, clientPortAddress } = config;
  if (clientPort >= 0) {
    const sameHost = clientPortAddress === null || ANY_HOSTS.has(clientPortAddress) || (await addressOf(clientPortAddress)) === (await addressOf(client.host));
    if (clientPort !== client.port || !sameHost) {
      const here = clientPortAddress === null ? '' : ` and clientPortAddress=${clientPortAddress}`;
      throw new ConfigError(`clientPort=${clientPort}${here}: server.${sid} says that clients come to ${client.host}, port ${client.port}; leave out one of the two`);
    }
  }
  return { ...config, clientPort: client.port, clientPortAddress: client.host };
}

/** What the server's own line says of its role counts; this key is only looked at. */
function checkPeerType(text: string | undefined): void {
  const word = text?.trim().toLowerCase() ?? 'participant';
  if (word !== 'observer' && word !== 'participant') throw new ConfigError(`peerType=${text}: participant or observer is needed`);
}
