/**
 * The state of every server of a connection's connect string. One round at a time; rounds are repeated only while
 * a view watches. Needs no session: it works while the session is lost, too.
 */

import type { CancelTimer, Clock } from '../../base/clock.ts';
import { formatServer } from '../../client/connect-string.ts';
import type { ClusterStatus } from '../../contract/cluster.ts';
import { ZooError } from '../../model/errors.ts';
import type { ConnectionsService } from '../connections/connections-service.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import type { Caller, HandlersOf, Tell } from '../context.ts';
import type { AskServer, Ports } from '../ports.ts';
import type { SettingsService } from '../app/app-service.ts';
import { createCancel, type CancelSource } from '../util/cancel.ts';
import { mapPooled } from '../util/pool.ts';
import { askStatus, withLags } from './server-round.ts';

const SERVERS_AT_ONCE_MAX = 16;
/** Between two rounds when something happened during the first. */
const HURRY_MS = 50;

interface Watched {
  /** Words refused, by server. */
  readonly refused: Map<string, Set<string>>;
  readonly callers: Map<Caller, () => void>;
  readonly cancel: CancelSource;
  round: Promise<ClusterStatus> | null;
  timer: CancelTimer | null;
  /** Something happened while the round ran. */
  again: boolean;
}

export interface ClusterService {
  status(connectionId: string): Promise<ClusterStatus>;
  watch(connectionId: string, on: boolean, caller: Caller): void;
  /** Asks the servers of a profile's connection now, where a view watches them: something has happened there. */
  hurry(profileId: string): void;
  stop(): void;
}

export interface ClusterParts {
  readonly ports: Pick<Ports, 'clock' | 'logger'>;
  readonly askServer: AskServer;
  readonly connections: ConnectionsService;
  readonly settings: SettingsService;
  readonly tell: Tell;
}

/** The cluster panel's source. */
export function createCluster(parts: ClusterParts): ClusterService {
  return new Cluster(parts);
}

class Cluster implements ClusterService {
  readonly #parts: ClusterParts;
  readonly #watched = new Map<string, Watched>();

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    parts.connections.onClosed((connectionId) => this.#drop(connectionId));
    parts.settings.changed.on(() => {
      for (const connectionId of this.#watched.keys()) void this.#schedule(connectionId);
    });
  }

  async status(connectionId: string): Promise<ClusterStatus> {
    const connection = this.#parts.connections.get(connectionId);
    // Asked by hand: what was refused may be allowed by now.
    this.#entryOf(connectionId).refused.clear();
    const status = await this.#round(connection);
    this.#parts.tell('cluster.changed', status);
    return status;
  }

  watch(connectionId: string, on: boolean, caller: Caller): void {
    this.#parts.connections.get(connectionId);
    if (!on) {
      this.#unwatch(connectionId, caller);
      return;
    }
    const entry = this.#entryOf(connectionId);
    if (entry.callers.has(caller)) return;
    entry.callers.set(caller, () => undefined);
    const stopListening = caller.onGone(() => this.#unwatch(connectionId, caller));
    // A view that had gone already was taken out again by that.
    if (!entry.callers.has(caller)) return;
    entry.callers.set(caller, stopListening);
    if (entry.callers.size === 1) void this.#poll(connectionId);
  }

  hurry(profileId: string): void {
    for (const [connectionId, entry] of this.#watched) {
      if (entry.callers.size === 0 || this.#parts.connections.find(connectionId)?.profile.id !== profileId) continue;
      entry.again = true;
      if (entry.round !== null) continue;
      entry.timer?.();
      void this.#poll(connectionId);
    }
  }

  stop(): void {
    for (const connectionId of [...this.#watched.keys()]) this.#drop(connectionId);
  }

  #entryOf(connectionId: string): Watched {
    const found = this.#watched.get(connectionId);
    if (found !== undefined) return found;
    const made: Watched = { refused: new Map(), callers: new Map(), cancel: createCancel(), round: null, timer: null, again: false };
    this.#watched.set(connectionId, made);
    return made;
  }

  /** Joins the round that runs, or starts one. */
  #round(connection: OpenConnection): Promise<ClusterStatus> {
    const entry = this.#entryOf(connection.id);
    entry.round ??= askAll(this.#parts, connection, entry).finally(() => {
      entry.round = null;
    });
    return entry.round;
  }

  async #poll(connectionId: string): Promise<void> {
    const { connections, tell, ports } = this.#parts;
    const connection = connections.find(connectionId);
    if (connection === undefined) return;
    this.#entryOf(connectionId).again = false;
    try {
      tell('cluster.changed', await this.#round(connection));
    } catch (error) {
      ports.logger.log('debug', 'a round of the cluster panel ended early', { connectionId, reason: String(error) });
    }
    await this.#schedule(connectionId);
  }

  async #schedule(connectionId: string): Promise<void> {
    const { settings, ports } = this.#parts;
    const { clusterPollMs } = await settings.get();
    const entry = this.#watched.get(connectionId);
    if (entry === undefined || entry.callers.size === 0) return;
    entry.timer?.();
    // The pause is counted from the end of a round, so that slow servers are asked less often, never twice at once.
    const waitMs = entry.again ? HURRY_MS : clusterPollMs;
    entry.timer = waitMs === 0 ? null : ports.clock.after(waitMs, () => void this.#poll(connectionId));
  }

  #unwatch(connectionId: string, caller: Caller): void {
    const entry = this.#watched.get(connectionId);
    entry?.callers.get(caller)?.();
    entry?.callers.delete(caller);
    if (entry?.callers.size !== 0) return;
    entry.timer?.();
    entry.timer = null;
  }

  #drop(connectionId: string): void {
    const entry = this.#watched.get(connectionId);
    this.#watched.delete(connectionId);
    entry?.timer?.();
    entry?.cancel.cancel();
    for (const stopListening of entry?.callers.values() ?? []) stopListening();
  }
}

/** Asks as `ask` does, and notes each word in the connection's command log: no request of ours is left out of it. */
function noted(ask: AskServer, connection: OpenConnection, clock: Clock): AskServer {
  return async (server, word, options) => {
    const base = { xid: 0, operation: word, path: null, bytesOut: word.length, zxid: null, server, atMs: clock.wallMs() };
    const startedMs = clock.monotonicMs();
    try {
      const text = await ask(server, word, options);
      connection.logRequest({ ...base, bytesIn: text.length, latencyMs: clock.monotonicMs() - startedMs, err: 0, failure: null });
      return text;
    } catch (error) {
      connection.logRequest({ ...base, bytesIn: 0, latencyMs: null, err: null, failure: error instanceof ZooError ? error.code : 'Lost' });
      throw error;
    }
  };
}

async function askAll(parts: ClusterParts, connection: OpenConnection, entry: Watched): Promise<ClusterStatus> {
  const { clock } = parts.ports;
  const { client, id } = connection;
  const stands = client.state === 'connected' || client.state === 'connectedReadOnly';
  const current = stands && client.server !== null ? formatServer(client.server) : null;
  const { signal } = entry.cancel;
  const askServer = noted(parts.askServer, connection, clock);
  const servers = await mapPooled(connection.servers, SERVERS_AT_ONCE_MAX, signal, (server) => {
    const name = formatServer(server);
    const refused = entry.refused.get(name) ?? new Set<string>();
    entry.refused.set(name, refused);
    return askStatus(server, { clock, askServer, refused, current: name === current, signal });
  });
  return { connectionId: id, atMs: clock.wallMs(), servers: withLags(servers) };
}

/** The handlers of `cluster.*`. */
export function clusterHandlers(cluster: ClusterService): HandlersOf<'cluster.status' | 'cluster.watch'> {
  return {
    'cluster.status': ({ connectionId }) => cluster.status(connectionId),
    'cluster.watch': ({ connectionId, on }, { caller }) => {
      cluster.watch(connectionId, on, caller);
      return null;
    },
  };
}
