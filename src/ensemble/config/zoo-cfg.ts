/**
 * zoo.cfg of one server standing alone (facts 5.1; QuorumPeerConfig). In: the file's text and -D properties.
 * Out: what it says, checked. What this server cannot do is refused, never silently ignored.
 */

import { ConfigError } from './config-error.ts';
import { parseProperties } from './properties.ts';
import { parseFlag, parseWhole, type Range } from './values.ts';

/** Properties by their Java names, such as `zookeeper.snapCount` and `jute.maxbuffer`. */
export type Properties = ReadonlyMap<string, string>;

export interface ZooCfg {
  readonly dataDir: string;
  /** Where the transaction logs go; dataDir unless said otherwise. */
  readonly dataLogDir: string;
  readonly tickMs: number;
  /** -1: none, which only a server with a secure port may have. */
  readonly clientPort: number;
  /** null: every address of the machine. */
  readonly clientPortAddress: string | null;
  /** For TLS; -1: none. */
  readonly secureClientPort: number;
  /** null: every address of the machine. */
  readonly secureClientPortAddress: string | null;
  /** -1: what the system does by itself. */
  readonly clientPortListenBacklog: number;
  /** Connections from one address; 0: no limit. */
  readonly maxClientCnxns: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly snapRetainCount: number;
  /** 0: off. */
  readonly purgeIntervalHours: number;
  readonly reconfigEnabled: boolean;
  /** Sessions of a member's clients begin as its own business, without a transaction. A server standing alone never asks. */
  readonly localSessionsEnabled: boolean;
  /** They become the whole ensemble's when they want an ephemeral node; otherwise that is refused. */
  readonly localSessionsUpgradingEnabled: boolean;
  /** -D properties and, over them, the file's other keys as `zookeeper.<key>`. */
  readonly properties: Properties;
}

/** Keys of an ensemble and of other parts that are not here yet. */
const UNSUPPORTED = new Set([
  'dynamicConfigFile', 'oraclePath',
]);
const UNSUPPORTED_START = ['server.', 'group.', 'weight.'];
/** Switches of such parts: they may stand in a file as long as they are off. */
const UNSUPPORTED_WHEN_TRUE = new Set(['multiAddress.enabled']);
/** Keys that only an ensemble uses; their values are checked all the same. */
const ENSEMBLE_NUMBERS = new Set([
  'initLimit', 'syncLimit', 'connectToLearnerMasterLimit', 'quorum.cnxn.threads.size',
  'multiAddress.reachabilityCheckTimeoutMs',
]);
const ENSEMBLE_FLAGS = new Set([
  'standaloneEnabled', 'syncEnabled', 'quorumListenOnAllIPs', 'multiAddress.reachabilityCheckEnabled',
]);

const PORT = { min: 0, max: 65_535 };
const SNAPSHOTS_KEPT_MIN = 3;

class Reader {
  readonly #text: Map<string, string>;
  readonly seen = new Set<string>();

  constructor(text: Map<string, string>) {
    this.#text = text;
  }

  string(key: string): string | null {
    this.seen.add(key);
    const value = this.#text.get(key)?.trim();
    return value === undefined || value === '' ? null : value;
  }

  whole(key: string, fallback: number, range: Partial<Range>): number {
    const text = this.string(key);
    return text === null ? fallback : parseWhole(key, text, range);
  }

  flag(key: string, fallback: boolean): boolean {
    const text = this.string(key);
    return text === null ? fallback : parseFlag(key, text);
  }

  rest(): [string, string][] {
    return [...this.#text].filter(([key]) => !this.seen.has(key)).map(([key, value]) => [key, value.trim()]);
  }
}

/** For a member of an ensemble, whose keys somebody else reads. */
export interface ZooCfgOptions {
  /** Keys that are passed over. */
  readonly elsewhere?: (key: string) => boolean;
  /** The client port may stand in the server's own line. */
  readonly portElsewhere?: boolean;
}

/**
 * Reads the text of a zoo.cfg.
 *
 * @param defines -D properties; a key of the file wins over the property of its name, as in Apache's server
 * @throws ConfigError one line naming what is missing, wrong or not supported
 */
export function parseZooCfg(text: string, defines: Properties = new Map(), { elsewhere = () => false, portElsewhere = false }: ZooCfgOptions = {}): ZooCfg {
  const reader = new Reader(new Map([...parseProperties(text)].filter(([key]) => !elsewhere(key))));
  const cfg = readKeys(reader);
  const properties = new Map(defines);
  for (const [key, value] of reader.rest()) {
    refuseUnsupported(key, value);
    properties.set(key.startsWith('zookeeper.') ? key : `zookeeper.${key}`, value);
  }
  checkPorts(cfg, portElsewhere);
  return { ...cfg, properties };
}

/** The keys that zoo.cfg has a place for; all others become properties. */
export function zooCfgKeys(): readonly string[] {
  const reader = new Reader(new Map([['dataDir', '/']]));
  readKeys(reader);
  return [...reader.seen, ...UNSUPPORTED, ...UNSUPPORTED_WHEN_TRUE];
}

function readKeys(reader: Reader): Omit<ZooCfg, 'properties'> {
  const dataDir = reader.string('dataDir');
  if (dataDir === null) throw new ConfigError('dataDir is not set');
  const tickMs = reader.whole('tickTime', 3000, { min: 1 });
  const minSessionTimeoutMs = optional(reader.whole('minSessionTimeout', -1, { min: -1 }), tickMs * 2);
  const maxSessionTimeoutMs = optional(reader.whole('maxSessionTimeout', -1, { min: -1 }), tickMs * 20);
  if (minSessionTimeoutMs > maxSessionTimeoutMs) {
    throw new ConfigError(`minSessionTimeout=${minSessionTimeoutMs}: must not be above maxSessionTimeout=${maxSessionTimeoutMs}`);
  }
  const portText = reader.string('clientPort');
  const securePortText = reader.string('secureClientPort');
  const cfg = {
    dataDir,
    dataLogDir: reader.string('dataLogDir') ?? dataDir,
    tickMs,
    clientPort: portText === null ? -1 : parseWhole('clientPort', portText, PORT),
    clientPortAddress: reader.string('clientPortAddress'),
    secureClientPort: securePortText === null ? -1 : parseWhole('secureClientPort', securePortText, PORT),
    secureClientPortAddress: reader.string('secureClientPortAddress'),
    clientPortListenBacklog: reader.whole('clientPortListenBacklog', -1, { min: -1 }),
    // Below 0 Apache's server takes for 0: no limit, and off.
    maxClientCnxns: Math.max(0, reader.whole('maxClientCnxns', 60, {})),
    minSessionTimeoutMs,
    maxSessionTimeoutMs,
    snapRetainCount: Math.max(SNAPSHOTS_KEPT_MIN, reader.whole('autopurge.snapRetainCount', SNAPSHOTS_KEPT_MIN, {})),
    purgeIntervalHours: Math.max(0, reader.whole('autopurge.purgeInterval', 0, {})),
    reconfigEnabled: reader.flag('reconfigEnabled', false),
    localSessionsEnabled: reader.flag('localSessionsEnabled', false),
    localSessionsUpgradingEnabled: reader.flag('localSessionsUpgradingEnabled', false),
  };
  checkEnsembleKeys(reader);
  return cfg;
}

function checkPorts({ clientPort, secureClientPort, secureClientPortAddress }: Omit<ZooCfg, 'properties'>, portElsewhere: boolean): void {
  if (secureClientPort < 0 && secureClientPortAddress !== null) {
    throw new ConfigError('secureClientPortAddress is set, and secureClientPort is not');
  }
  if (clientPort < 0 && secureClientPort < 0 && !portElsewhere) throw new ConfigError('clientPort is not set');
}

/** -1 stands for the default. */
function optional(value: number, fallback: number): number {
  return value === -1 ? fallback : value;
}

function checkEnsembleKeys(reader: Reader): void {
  for (const key of ENSEMBLE_NUMBERS) reader.whole(key, 0, { min: 0 });
  for (const key of ENSEMBLE_FLAGS) reader.flag(key, false);
  const electionAlg = reader.string('electionAlg');
  if (electionAlg !== null && parseWhole('electionAlg', electionAlg) !== 3) {
    throw new ConfigError(`electionAlg=${electionAlg}: only 3 is supported`);
  }
  const peerType = reader.string('peerType');
  if (peerType === null || peerType.toLowerCase() === 'participant') return;
  if (peerType.toLowerCase() === 'observer') throw new ConfigError('peerType=observer: an ensemble is not supported yet');
  throw new ConfigError(`peerType=${peerType}: participant or observer is needed`);
}

function refuseUnsupported(key: string, value: string): void {
  if (UNSUPPORTED_WHEN_TRUE.has(key)) {
    if (parseFlag(key, value)) throw new ConfigError(`${key}=${value}: not supported yet`);
    return;
  }
  if (UNSUPPORTED.has(key) || UNSUPPORTED_START.some((start) => key.startsWith(start))) {
    throw new ConfigError(`${key}: not supported yet`);
  }
}
