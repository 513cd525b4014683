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

/**
 * Reads what is said of an ensemble.
 *
 * @param dynamic what the file that dynamicConfigFile names holds, and the version that its name tells; null without one
 * @returns null when nothing is, or when the only server stands alone (standaloneEnabled)
 * @throws ConfigError naming the key and what is wrong
 */
export function readEnsembleConfig(text: string, dynamic: { readonly text: string; readonly version: bigint } | null): EnsembleConfig | null {
  const entries = parseProperties(text);
  const membershipEntries = dynamic === null ? entries : parseProperties(dynamic.text);
  if (![...membershipEntries.keys()].some(isMembershipKey)) return null;
  const flag = (key: string, fallback: boolean): boolean => {
    const value = entries.get(key)?.trim();
    return value === undefined ? fallback : parseFlag(key, value);
  };
  const standaloneEnabled = flag('standaloneEnabled', true);
  const read = parseMembership(membershipEntries, { standaloneEnabled, multiAddress: flag('multiAddress.enabled', false) });
  const membership = dynamic === null ? read : withVersion(read, dynamic.version);
  if (membership.members.size === 1 && standaloneEnabled) return null;
  const limit = (key: string): number => {
    const value = entries.get(key)?.trim();
    if (value === undefined) throw new ConfigError(`${key} is not set, which an ensemble needs`);
    return parseWhole(key, value, { min: 1 });
  };
  checkPeerType(entries.get('peerType'));
  const connectLimit = parseWhole('connectToLearnerMasterLimit', entries.get('connectToLearnerMasterLimit')?.trim() ?? '0', { min: 0 });
  const onAllAddresses = flag('quorumListenOnAllIPs', false);
  return { membership, initLimit: limit('initLimit'), syncLimit: limit('syncLimit'), standaloneEnabled, connectLimit, onAllAddresses };
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

/** The configuration with this server's client address from its own line, where zoo.cfg's keys do not say it. */
export function withClientOfLine(config: ZooCfg, { members }: Membership, sid: bigint): ZooCfg {
  const client = members.get(sid)?.client ?? null;
  if (config.clientPort >= 0 || client === null) return config;
  return { ...config, clientPort: client.port, clientPortAddress: client.host };
}

/** What the server's own line says of its role counts; this key is only looked at. */
function checkPeerType(text: string | undefined): void {
  const word = text?.trim().toLowerCase() ?? 'participant';
  if (word !== 'observer' && word !== 'participant') throw new ConfigError(`peerType=${text}: participant or observer is needed`);
}
