/**
 * The AdminServer's commands for a server (facts 6.2; Commands.java): names, other names, and what each answers, in
 * Apache's fields and their order. `command` and `error` are put behind by whoever prints it.
 */

import type { AdminView, ConnectionView } from '../admin-view.ts';
import { connectionsOn } from '../connection-words.ts';
import { figures } from '../mntr.ts';
import { javaDouble } from '../text.ts';
import { SERVER_VERSION } from '../version.ts';
import { leaderFields, observerFields, proposalFields, votingFields, zabFields } from './ensemble-commands.ts';
import { Raw, type Json, type JsonObject } from './json.ts';

/** What a command came to. An error is told beside what else there is. */
export interface CommandResult {
  readonly fields: JsonObject;
  readonly error: string | null;
}

export interface AdminCommand {
  /** The first is its own, the others lead to it as well. */
  readonly names: readonly string[];
  run(view: AdminView, query: ReadonlyMap<string, string>): Promise<CommandResult> | CommandResult;
}

const done = (fields: JsonObject): CommandResult => ({ fields, error: null });

/** A command that only looks. */
const shows = (names: readonly string[], look: (view: AdminView) => JsonObject | Promise<JsonObject>): AdminCommand => ({
  names,
  run: async (view) => done(await look(view)),
});

/** SelectionKey.OP_READ */
const READING = 1;
const SECRET = /pass(word|wd)|superdigest|secret/i;

/** In the order in which `/commands` lists them. */
export const ADMIN_COMMANDS: readonly AdminCommand[] = [
  shows(['configuration', 'conf', 'config'], (view) => snakeCase(view.configuration())),
  shows(['connection_stat_reset', 'crst'], (view) => {
    for (const { stats } of view.connections()) stats.reset();
    return {};
  }),
  shows(['connections', 'cons'], (view) => allConnections(view, false)),
  shows(['dirs'], async (view) => {
    const { dataBytes, logBytes } = await view.directorySizes();
    return { datadir_size: dataBytes, logdir_size: logBytes };
  }),
  shows(['dump'], (view) => ({
    expiry_time_to_session_ids: expiryTimes(view),
    session_id_to_ephemeral_paths: Object.fromEntries(
      view.tree.sessionsWithEphemerals().map((id) => [String(id), [...view.tree.ephemeralsOf(id)]]),
    ),
  })),
  shows(['environment', 'env', 'envi'], (view) => Object.fromEntries([['zookeeper.version', SERVER_VERSION], ...view.environment()])),
  shows(['get_trace_mask', 'gtmk'], (view) => ({ tracemask: view.traceMask })),
  shows(['hash'], (view) => ({
    digests: view.digestHistory.map(({ zxid, digestVersion, digest }) => ({ zxid, digest, digest_version: digestVersion })),
  })),
  shows(['initial_configuration', 'icfg'], (view) => ({ initial_configuration: withoutSecrets(view.configurationText) })),
  shows(['is_read_only', 'isro'], (view) => ({ read_only: view.mode === 'read-only' })),
  shows(['last_snapshot', 'lsnp'], async (view) => {
    const last = await view.lastSnapshot();
    return last === null
      ? { zxid: '-1', timestamp: -1 }
      : { zxid: BigInt.asUintN(64, last.zxid).toString(16), timestamp: Math.floor(last.wallMs / 1000) };
  }),
  {
    names: ['leader', 'lead'],
    run: (view) => {
      const fields = leaderFields(view);
      return fields === null ? { fields: {}, error: 'server is not initialized' } : done(fields);
    },
  },
  shows(['monitor', 'mntr'], (view) => Object.fromEntries(figures(view).map(([name, value]) => [name, monitorValue(name, value)]))),
  shows(['observer_connection_stat_reset', 'orst'], ({ ensemble }) => {
    ensemble?.leading?.resetObservers();
    return {};
  }),
  shows(['observers', 'obsr'], observerFields),
  shows(['ruok'], () => ({})),
  shows(['server_stats', 'srvr'], serverStats),
  { names: ['set_trace_mask', 'stmk'], run: setTraceMask },
  shows(['stat_reset', 'srst'], (view) => {
    view.stats.reset();
    return {};
  }),
  shows(['stats', 'stat'], async (view) => ({ ...(await serverStats(view)), ...allConnections(view, true) })),
  shows(['system_properties', 'sysp'], (view) => systemProperties(view)),
  shows(['voting_view'], votingFields),
  shows(['watch_summary', 'wchs'], (view) => {
    const { connections, paths, watches } = view.watches.summary();
    return { num_connections: connections, num_paths: paths, num_total_watches: watches };
  }),
  shows(['watches', 'wchc'], (view) => {
    const idOf = sessionIds(view);
    return { session_id_to_watched_paths: Object.fromEntries([...view.watches.byConnection()].map(([key, paths]) => [String(idOf(key)), [...paths]])) };
  }),
  shows(['watches_by_path', 'wchp'], (view) => {
    const idOf = sessionIds(view);
    return { path_to_session_ids: Object.fromEntries([...view.watches.byPath()].map(([path, keys]) => [path, keys.map(idOf)])) };
  }),
  shows(['zabstate'], zabFields),
];

const BY_NAME = new Map(ADMIN_COMMANDS.flatMap((command) => command.names.map((name) => [name, command] as const)));

export function findAdminCommand(name: string): AdminCommand | undefined {
  return BY_NAME.get(name);
}

/** Empty on a server that has a leader, its local sessions included, as Apache's has it. */
function expiryTimes(view: AdminView): JsonObject {
  if (view.knownSessions() !== null) return {};
  const all = new Map<number, bigint[]>();
  for (const { deadlineMs, sessions } of [...(view.localSessionBuckets() ?? []), ...view.sessionBuckets()]) {
    all.set(deadlineMs, [...(all.get(deadlineMs) ?? []), ...sessions]);
  }
  return Object.fromEntries([...all].sort(([a], [b]) => a - b).map(([deadlineMs, ids]) => [String(deadlineMs), ids]));
}

/** maxClientCnxns becomes max_client_cnxns. */
function snakeCase(pairs: readonly (readonly [string, string | number])[]): JsonObject {
  const named = pairs.map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value] as const);
  const { server_id: serverId, client_port_listen_backlog: backlog, secure_client_port: _secure, ...rest } = Object.fromEntries(named);
  return { ...rest, server_id: serverId ?? 0, client_port_listen_backlog: backlog ?? -1 };
}

function allConnections(view: AdminView, brief: boolean): JsonObject {
  const on = (securePort: boolean): Json => connectionsOn(view, securePort).map((connection) => connectionFields(connection, brief));
  return { connections: on(false), secure_connections: on(true) };
}

function connectionFields(connection: ConnectionView, brief: boolean): JsonObject {
  const { stats, sessionId, remoteAddress } = connection;
  const head = {
    remote_socket_address: `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${connection.remotePort}`,
    interest_ops: connection.reading ? READING : 0,
    outstanding_requests: connection.outstanding,
    packets_received: stats.received,
    packets_sent: stats.sent,
  };
  if (brief || sessionId === 0n) return head;
  return {
    ...head,
    session_id: sessionId,
    last_operation: stats.lastOperation,
    established: connection.establishedMs,
    session_timeout: connection.timeoutMs,
    last_cxid: stats.lastCxid,
    last_zxid: stats.lastZxid,
    last_response_time: Math.floor(stats.lastResponseMs),
    last_latency: stats.lastLatencyMs,
    min_latency: stats.latency.min,
    avg_latency: Math.floor(stats.latency.average),
    max_latency: stats.latency.max,
  };
}

async function serverStats(view: AdminView): Promise<JsonObject> {
  const { stats, tree } = view;
  const { dataBytes, logBytes } = await view.directorySizes();
  const { last, min, max } = stats.replySizes;
  const sizes = { last_buffer_size: last, min_buffer_size: min, max_buffer_size: max };
  const counters = new Map(stats.counters());
  return {
    version: SERVER_VERSION,
    read_only: view.mode === 'read-only',
    server_stats: {
      packets_sent: stats.packetsSent,
      packets_received: stats.packetsReceived,
      fsync_threshold_exceed_count: counters.get('fsync_threshold_exceed_count') ?? 0,
      client_response_stats: sizes,
      data_dir_size: dataBytes,
      log_dir_size: logBytes,
      provider_null: false,
      server_state: view.mode,
      last_processed_zxid: tree.lastZxid,
      outstanding_requests: view.outstanding,
      avg_latency: new Raw(javaDouble(stats.latency.average)),
      max_latency: stats.latency.max,
      min_latency: stats.latency.min,
      num_alive_client_connections: view.connections().length,
      auth_failed_count: counters.get('auth_failed_count') ?? 0,
      non_mtlsremote_conn_count: 0,
      non_mtlslocal_conn_count: 0,
      uptime: Math.floor(view.uptimeMs),
    },
    client_response: sizes,
    ...proposalFields(view),
    node_count: tree.nodeCount,
  };
}

function setTraceMask(view: AdminView, query: ReadonlyMap<string, string>): CommandResult {
  const text = query.get('traceMask');
  if (text === undefined) return { fields: {}, error: 'setTraceMask requires long traceMask argument' };
  const mask = /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace('+', '')) : null;
  if (mask === null || BigInt.asIntN(64, mask) !== mask) {
    return { fields: {}, error: `setTraceMask requires long traceMask argument, got ${text}` };
  }
  view.traceMask = mask;
  return done({ tracemask: view.traceMask });
}

/** zoo.cfg may hold the passwords of keys. A value goes on in the next line behind a backslash. */
function withoutSecrets(configuration: string): string {
  const entry = /^([ \t\f]*[^#!\s=:][^\s=:]*[ \t\f]*[=: \t\f])((?:[^\n\\]|\\[^]?)*)/gm;
  return configuration.replace(entry, (whole, name: string) => (SECRET.test(name) ? `${name}(hidden)` : whole));
}

/** Those whose values are secrets are left out, which Apache's server does not do: nobody has to log in here. */
function systemProperties(view: AdminView): JsonObject {
  const open = [...view.properties].filter(([name]) => !SECRET.test(name));
  return Object.fromEntries(open.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Doubles are texts among the figures, and numbers in JSON. */
function monitorValue(name: string, value: string | number): Json {
  const isText = name === 'version' || name === 'server_state';
  return typeof value === 'string' && !isText ? new Raw(value) : value;
}

function sessionIds(view: AdminView): (key: number) => bigint {
  const ids = new Map(view.connections().map(({ key, sessionId }) => [key, sessionId]));
  return (key) => ids.get(key) ?? 0n;
}
