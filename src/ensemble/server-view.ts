/** A running server as administration sees it. */

import type { EnsembleView } from './admin/ensemble-view.ts';
import type { AdminView, ConnectionBucket, ConnectionView, DirectorySizes } from './admin/admin-view.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ZooCfg } from './config/zoo-cfg.ts';
import type { Connections } from './connections.ts';
import type { Role } from './effects.ts';
import type { ServerEnvironment } from './environment.ts';
import type { Access } from './processors/auth/access.ts';
import type { Sessions } from './processors/sessions.ts';
import type { ServerStats } from './processors/stats.ts';
import { snapshotsOf } from './log/file-names.ts';
import type { Storage } from './log/storage.ts';
import type { Database } from './tree/database.ts';
import type { WatchTables } from './watches/watch-tables.ts';

export interface ViewParts {
  readonly environment: ServerEnvironment;
  readonly config: ZooCfg;
  readonly sessionlessTimeoutMs: number;
  readonly role: Role;
  readonly database: Database;
  readonly access: Access;
  readonly sessions: Sessions;
  readonly connections: Connections;
  readonly watches: WatchTables;
  readonly stats: ServerStats;
  readonly startedMs: number;
  readonly port: () => number;
  readonly tls?: { readonly port: () => number; readonly handshakes: () => number };
  readonly dropChance: () => number;
  readonly configText: string;
  /** Absent for a server standing alone. */
  readonly ensemble?: () => EnsembleView;
}

/** CLIENT_REQUEST + SERVER_PACKET + SESSION + WARNING: what Apache's servers trace unless told otherwise. */
const TRACE_MASK = 306n;
/** The steps in which silent connections are looked for (NIOServerCnxnFactory). */
const CONNECTION_STEP_MS = 10_000;

export function serverView(parts: ViewParts): AdminView {
  const { environment, role, database, sessions, connections, watches, stats } = parts;
  const { clock, host } = environment;
  return {
    mode: role.mode,
    get ensemble() {
      return parts.ensemble?.() ?? null;
    },
    stats,
    tree: database.tree,
    access: parts.access,
    watches,
    get digestHistory() {
      return database.digestHistory;
    },
    get digestMismatches() {
      return database.digestMismatches;
    },
    get outstanding() {
      return role.pending;
    },
    get handshakes() {
      return parts.tls?.handshakes() ?? 0;
    },
    get dropChance() {
      return parts.dropChance();
    },
    get sessionCount() {
      return sessions.size;
    },
    get localSessionCount() {
      return sessions.local?.size ?? 0;
    },
    get uptimeMs() {
      return clock.monotonicMs() - parts.startedMs;
    },
    traceMask: TRACE_MASK,
    connections: () => [...connections.all()],
    sessionBuckets: () => sessions.buckets(),
    localSessionBuckets: () => sessions.local?.buckets() ?? null,
    knownSessions: () => sessions.known(),
    connectionBuckets: () => connectionBuckets([...connections.all()], parts.sessionlessTimeoutMs),
    directorySizes: () => directorySizes(environment),
    lastSnapshot: () => lastSnapshot(environment.snapshots),
    configurationText: parts.configText,
    properties: parts.config.properties,
    configuration: () => configuration(parts),
    environment: () => host.environment(),
    openFiles: () => host.openFiles(),
    formatDate: (monotonicMs) => host.formatDate(clock.wallMs() + monotonicMs - clock.monotonicMs()),
  };
}

function connectionBuckets(all: readonly ClientConnection[], sessionlessTimeoutMs: number): ConnectionBucket[] {
  const buckets = new Map<number, ConnectionView[]>();
  for (const connection of all) {
    const limitMs = connection.sessionId === 0n ? sessionlessTimeoutMs : connection.timeoutMs;
    const deadlineMs = (Math.floor((connection.lastActivityMs + limitMs) / CONNECTION_STEP_MS) + 1) * CONNECTION_STEP_MS;
    const bucket = buckets.get(deadlineMs);
    if (bucket === undefined) buckets.set(deadlineMs, [connection]);
    else bucket.push(connection);
  }
  return [...buckets].sort(([a], [b]) => a - b).map(([deadlineMs, connections]) => ({ deadlineMs, connections }));
}

async function directorySizes({ snapshots, logs }: ServerEnvironment): Promise<DirectorySizes> {
  const dataBytes = await bytesIn(snapshots);
  return { dataBytes, logBytes: logs === snapshots ? dataBytes : await bytesIn(logs) };
}

async function lastSnapshot(storage: Storage): Promise<{ zxid: bigint; wallMs: number } | null> {
  const newest = snapshotsOf(await storage.list()).at(-1);
  if (newest === undefined) return null;
  return { zxid: newest.zxid, wallMs: (await storage.modifiedMs?.(newest.name).catch(() => 0)) ?? 0 };
}

async function bytesIn(storage: Storage): Promise<number> {
  let bytes = 0;
  // A file may go between the listing and the question.
  for (const name of await storage.list()) bytes += await storage.size(name).catch(() => 0);
  return bytes;
}

function configuration({ environment, config, port, tls, ensemble }: ViewParts): [string, string | number][] {
  return [
    ['clientPort', port()],
    ['secureClientPort', tls?.port() ?? -1],
    ['dataDir', environment.snapshotDirectory],
    ['dataLogDir', environment.logDirectory],
    ['tickTime', config.tickMs],
    ['maxClientCnxns', config.maxClientCnxns],
    ['minSessionTimeout', config.minSessionTimeoutMs],
    ['maxSessionTimeout', config.maxSessionTimeoutMs],
    ['clientPortListenBacklog', config.clientPortListenBacklog],
    ['serverId', ensemble === undefined ? 0 : Number(ensemble().sid)],
  ];
}
