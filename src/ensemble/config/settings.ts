/** What Apache's server takes as Java system properties, read and checked (facts 4.5, 4.9, 6.1). */

import { JUTE_MAX_BUFFER_DEFAULT } from '../../wire/framing.ts';
import { refuseMissingParts } from './accepted-keys.ts';
import { ConfigError } from './config-error.ts';
import { readSecuritySettings, type SecuritySettings } from './security-settings.ts';
import { readThrottleSettings, type ThrottleSettings } from './throttle-settings.ts';
import { parseFlag, parsePropertyWhole, parseYesNo } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

export interface Settings {
  /** jute.maxbuffer: the longest request, in bytes. */
  readonly requestBytesMax: number;
  readonly globalOutstandingLimit: number;
  /** Connections in all; 0: no limit. */
  readonly connectionsMax: number;
  readonly sessionlessTimeoutMs: number;
  readonly snapCount: number;
  /** zookeeper.preAllocSize is in KiB; this is in bytes. */
  readonly preallocateBytes: number;
  /** A log above this size is followed by a new one; 0: only snapshots roll it. */
  readonly logBytesMax: number;
  readonly forceSync: boolean;
  /** A snapshot is also due after so many bytes of log; 0: only by count (snapSizeLimitInKb). */
  readonly snapshotLogBytes: number;
  /** snapshot.compression.method, as the name's ending. */
  readonly snapshotCompression: 'none' | 'gz' | 'snappy';
  /** fsync.warningthresholdms */
  readonly fsyncWarningMs: number;
  readonly trustEmptySnapshot: boolean;
  /** serializeLastProcessedZxid.enabled; off here unless asked for, as in 3.8. */
  readonly snapshotsEndWithZxid: boolean;
  readonly extendedTypes: boolean;
  readonly digestEnabled: boolean;
  readonly closeSessionPaths: boolean;
  readonly skipAcl: boolean;
  readonly enforceQuota: boolean;
  readonly superDigest: string | null;
  readonly digestAlgorithm: string;
  readonly digestAuthEnabled: boolean;
  /** authProvider.N names SASL: its ids may stand in ACLs. */
  readonly saslInAcls: boolean;
  /** letAnySaslUserDoX: an id in ACLs that stands for every SASL user. */
  readonly saslAnyUser: string | null;
  /** superUser and superUser.N: SASL users who may do everything. */
  readonly saslSuperUsers: ReadonlySet<string>;
  /** SASLAuthenticationProvider.superPassword: over the JAAS file's password of `super`. */
  readonly saslSuperPassword: string | null;
  /** sasl.serverconfig: the section of the JAAS file. */
  readonly saslSection: string;
  /** allowSaslFailedClients: whoever fails stays, without the identity. */
  readonly saslFailedMayStay: boolean;
  readonly containerCheckMs: number;
  readonly containerDeletesPerMinute: number;
  /** 0: containers that never had a child stay, as they do by default up to 3.9; 3.10 takes them away after 5 minutes. */
  readonly containerNeverUsedMs: number;
  /** Words that may be asked; `*` has become all of them. */
  readonly words: ReadonlySet<string> | 'all';
  readonly security: SecuritySettings;
  readonly throttle: ThrottleSettings;
  /** audit.enable: the audit log is on. */
  readonly audit: boolean;
  /** exists asks for READ, as Apache's servers do since 3.8.4 (zooscope.existsNeedsRead). */
  readonly existsNeedsRead: boolean;
  /** Watch events go only to those who may READ, as since 3.8.4 (zooscope.eventsNeedRead). */
  readonly eventsNeedRead: boolean;
}

const KIB = 1024;
const SASL_PROVIDER_CLASS = 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider';
const AUTH_PROVIDER = /^zookeeper\.authProvider\./;
/** Those that authProvider.N may name; the first two are there without it. */
const PROVIDER_CLASSES: ReadonlySet<string> = new Set([
  'org.apache.zookeeper.server.auth.IPAuthenticationProvider', 'org.apache.zookeeper.server.auth.DigestAuthenticationProvider',
  'org.apache.zookeeper.server.auth.X509AuthenticationProvider', SASL_PROVIDER_CLASS,
]);

/**
 * Reads the properties that this server knows; others are left alone.
 *
 * @throws ConfigError naming the property and the value
 */
export function readSettings(properties: Properties): Settings {
  const whole = (name: string, fallback: number, min: number): number => {
    const text = properties.get(name);
    return text === undefined ? fallback : parsePropertyWhole(name, text, { min });
  };
  const flag = (name: string, fallback: boolean): boolean => {
    const text = properties.get(name);
    return text === undefined ? fallback : parseFlag(name, text);
  };
  const yes = (name: string, fallback: boolean): boolean => {
    const text = properties.get(name);
    return text === undefined ? fallback : parseYesNo(name, text);
  };
  const auth = 'zookeeper.DigestAuthenticationProvider.';
  return {
    requestBytesMax: whole('jute.maxbuffer', whole('zookeeper.jute.maxbuffer', JUTE_MAX_BUFFER_DEFAULT, KIB), KIB),
    globalOutstandingLimit: whole('zookeeper.globalOutstandingLimit', 1000, 1),
    connectionsMax: whole('zookeeper.maxCnxns', 0, 0),
    sessionlessTimeoutMs: whole('zookeeper.nio.sessionlessCnxnTimeout', 10_000, 1),
    snapCount: Math.max(2, whole('zookeeper.snapCount', 100_000, 0)),
    preallocateBytes: whole('zookeeper.preAllocSize', 65_536, 0) * KIB,
    logBytesMax: whole('zookeeper.txnLogSizeLimitInKb', -1, -1) * KIB,
    forceSync: yes('zookeeper.forceSync', true),
    snapshotLogBytes: Math.max(0, whole('zookeeper.snapSizeLimitInKb', 4_194_304, -KIB)) * KIB,
    snapshotCompression: readCompression(properties.get('zookeeper.snapshot.compression.method') ?? ''),
    fsyncWarningMs: whole('fsync.warningthresholdms', whole('zookeeper.fsync.warningthresholdms', 1000, 0), 0),
    snapshotsEndWithZxid: flag('zookeeper.serializeLastProcessedZxid.enabled', false),
    trustEmptySnapshot: flag('zookeeper.snapshot.trust.empty', false),
    extendedTypes: flag('zookeeper.extendedTypesEnabled', false),
    digestEnabled: flag('zookeeper.digest.enabled', true),
    closeSessionPaths: flag('zookeeper.closeSessionTxn.enabled', true),
    skipAcl: yes('zookeeper.skipACL', false),
    enforceQuota: flag('zookeeper.enforceQuota', false),
    superDigest: properties.get(`${auth}superDigest`) ?? null,
    digestAlgorithm: properties.get(`${auth}digestAlg`) ?? 'SHA1',
    digestAuthEnabled: flag(`${auth}enabled`, true),
    saslInAcls: [...properties].some(([name, value]) => AUTH_PROVIDER.test(name) && value.trim() === SASL_PROVIDER_CLASS),
    saslAnyUser: properties.get('zookeeper.letAnySaslUserDoX') ?? null,
    saslSuperUsers: new Set([...properties].flatMap(([name, value]) => (/^zookeeper\.superUser(\.|$)/.test(name) ? [value] : []))),
    saslSuperPassword: properties.get('zookeeper.SASLAuthenticationProvider.superPassword') ?? null,
    saslSection: properties.get('zookeeper.sasl.serverconfig') ?? 'Server',
    saslFailedMayStay: flag('zookeeper.allowSaslFailedClients', false),
    containerCheckMs: whole('znode.container.checkIntervalMs', whole('zookeeper.znode.container.checkIntervalMs', 60_000, 1), 1),
    containerDeletesPerMinute: whole('znode.container.maxPerMinute', whole('zookeeper.znode.container.maxPerMinute', 10_000, 1), 1),
    containerNeverUsedMs: whole(
      'znode.container.maxNeverUsedIntervalMs', whole('zookeeper.znode.container.maxNeverUsedIntervalMs', 0, 0), 0,
    ),
    words: readWords(properties.get('zookeeper.4lw.commands.whitelist'), flag('readonlymode.enabled', false)),
    security: readSecuritySettings(properties),
    throttle: readThrottleSettings(properties),
    audit: wantsAudit(properties),
    existsNeedsRead: flag('zookeeper.zooscope.existsNeedsRead', true),
    eventsNeedRead: flag('zookeeper.zooscope.eventsNeedRead', true),
  };
}

/** @throws ConfigError naming the property and the value */
export function wantsAudit(properties: Properties): boolean {
  return parseFlag('zookeeper.audit.enable', properties.get('zookeeper.audit.enable') ?? 'false');
}

/** By SnapStream.StreamMode, which takes a word that it does not know for no compression; here it is a mistake. */
function readCompression(text: string): Settings['snapshotCompression'] {
  const value = text.trim();
  if (value === '' || value === 'checked') return 'none';
  if (value === 'gz' || value === 'snappy') return value;
  throw new ConfigError(`snapshot.compression.method=${text}: gz, snappy or nothing is needed`);
}

/** Two words may be asked whatever the list says (FourLetterCommands.isEnabled). */
function readWords(text: string | undefined, readOnlyMode: boolean): ReadonlySet<string> | 'all' {
  const words = (text ?? '').split(',').map((word) => word.trim()).filter((word) => word !== '');
  return words.includes('*') ? 'all' : new Set([...words, 'srvr', ...(readOnlyMode ? ['isro'] : [])]);
}

/**
 * Refuses properties whose effect an operator would rely on and not get.
 *
 * @throws ConfigError naming the property
 */
export function refuseUnsupportedProperties(properties: Properties): void {
  refuseMissingParts(properties);
  for (const [name, value] of properties) {
    if (AUTH_PROVIDER.test(name) && !PROVIDER_CLASSES.has(value.trim())) throw new ConfigError(`${name}=${value}: not supported yet`);
  }
}
