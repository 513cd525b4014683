/** Keys of the AdminServer and of the metrics provider (facts 5.1, 6.2, 6.3). */

import { ConfigError } from './config-error.ts';
import { parseFlag, parseWhole } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

export interface HttpSettings {
  /** null: every address. */
  readonly host: string | null;
  readonly port: number;
  readonly idleTimeoutMs: number;
}

/** The two commands that move a whole state (since 3.9): which are on, and how often. */
export interface StateCommandSettings {
  readonly snapshotEnabled: boolean;
  readonly restoreEnabled: boolean;
  /** False only when serializeLastProcessedZxid.enabled=false says so: then neither works, as in Apache's server. */
  readonly withLastZxid: boolean;
  /** admin.rateLimiterIntervalInMS: one call of each in so many ms. */
  readonly intervalMs: number;
  /** The most that a snapshot to restore may have (zooscope.restoreBytesMax). */
  readonly restoreBytesMax: number;
}

export interface AdminServerSettings extends HttpSettings {
  readonly commandUrl: string;
  readonly stateCommands: StateCommandSettings;
}

export interface AdminSettings {
  /** Null: off. It is on only when it is asked for, as in Apache's 3.10; up to 3.9 it is on. */
  readonly adminServer: AdminServerSettings | null;
  /** Null: off. */
  readonly prometheus: HttpSettings | null;
}

const PORT = { min: 0, max: 65_535 };
const PROMETHEUS = '.PrometheusMetricsProvider';
const IDLE_MS = 30_000;
const INTERVAL_MS = 300_000;
const RESTORE_BYTES_MAX = 2 ** 31 - 1;
/** Switches of what the AdminServer here does not have. */
const REFUSED_WHEN_TRUE = ['portUnification', 'forceHttps', 'needClientAuth'];

/** @throws ConfigError naming the key */
export function readAdminSettings(properties: Properties): AdminSettings {
  const get = (key: string): string | null => properties.get(`zookeeper.${key}`)?.trim() ?? null;
  const port = (key: string, fallback: number): number => parseWhole(key, get(key) ?? String(fallback), PORT);
  for (const name of REFUSED_WHEN_TRUE) {
    const key = `admin.${name}`;
    const value = get(key);
    if (value !== null && parseFlag(key, value)) throw new ConfigError(`${key}=${value}: not supported yet`);
  }
  const enabled = get('admin.enableServer');
  const idle = get('admin.idleTimeout');
  const adminServer = enabled === null || !parseFlag('admin.enableServer', enabled) ? null : {
    host: hostOf(get('admin.serverAddress')),
    port: port('admin.serverPort', 8080),
    idleTimeoutMs: idle === null ? IDLE_MS : parseWhole('admin.idleTimeout', idle, { min: 1 }),
    commandUrl: commandUrl(get('admin.commandURL') ?? '/commands'),
    stateCommands: readStateCommands(get),
  };
  const provider = get('metricsProvider.className');
  if (provider !== null && !provider.endsWith(PROMETHEUS) && !provider.endsWith('.DefaultMetricsProvider')) {
    throw new ConfigError(`metricsProvider.className=${provider}: not supported; there are DefaultMetricsProvider and PrometheusMetricsProvider`);
  }
  const prometheus = provider?.endsWith(PROMETHEUS) === true
    ? { host: hostOf(get('metricsProvider.httpHost')), port: port('metricsProvider.httpPort', 7000), idleTimeoutMs: IDLE_MS }
    : null;
  return { adminServer, prometheus };
}

function readStateCommands(get: (key: string) => string | null): StateCommandSettings {
  const flag = (key: string): boolean => parseFlag(key, get(key) ?? 'true');
  const whole = (key: string, fallback: number): number => parseWhole(key, get(key) ?? String(fallback), { min: 0 });
  return {
    snapshotEnabled: flag('admin.snapshot.enabled'),
    restoreEnabled: flag('admin.restore.enabled'),
    withLastZxid: flag('serializeLastProcessedZxid.enabled'),
    intervalMs: whole('admin.rateLimiterIntervalInMS', INTERVAL_MS),
    restoreBytesMax: whole('zooscope.restoreBytesMax', RESTORE_BYTES_MAX),
  };
}

const hostOf = (text: string | null): string | null => (text === null || text === '' || text === '0.0.0.0' ? null : text);

function commandUrl(text: string): string {
  const url = text.replace(/\/+$/, '');
  if (!url.startsWith('/')) throw new ConfigError(`admin.commandURL=${text}: it has to begin with a slash, and name something`);
  return url;
}
