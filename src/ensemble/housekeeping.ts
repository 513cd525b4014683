/**
 * What a server does by the clock: sessions expire at ticks, silent sockets are closed, used containers and old TTL
 * nodes go, old files are purged.
 */

import type { CancelTimer, Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Connections } from './connections.ts';
import type { FrontDesk } from './front-desk.ts';
import { purge } from './log/purge.ts';
import { expiredNodes, type ContainerRules } from './processors/containers.ts';
import type { Expiring } from './processors/sessions.ts';
import type { ServerStats } from './processors/stats.ts';
import type { Storage } from './log/storage.ts';
import type { TreeReader } from './tree/api.ts';

export interface HousekeepingOptions {
  readonly sessionlessTimeoutMs: number;
  readonly containerCheckMs: number;
  readonly containerDeletesPerMinute: number;
  readonly containers: ContainerRules;
  readonly snapRetainCount: number;
  /** 0: off */
  readonly purgeIntervalHours: number;
}

export interface HousekeepingParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where sessions expire and containers are cleared away; null where the leader does that. */
  readonly sessions: Expiring | null;
  /** Null where every session is a transaction. */
  readonly localSessions: Expiring | null;
  readonly connections: Connections;
  readonly desk: FrontDesk;
  readonly tree: TreeReader;
  /** Owners of ephemerals that are no session. */
  readonly ownersWithoutSession: () => readonly bigint[];
  readonly stats: ServerStats;
  readonly snapshots: Storage;
  readonly logs: Storage;
}

const SOCKET_SWEEP_MS = 500;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export class Housekeeping {
  readonly #parts: HousekeepingParts;
  readonly #options: HousekeepingOptions;
  readonly #timers = new Map<string, CancelTimer>();
  #stopped = false;

  constructor(parts: HousekeepingParts, options: HousekeepingOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  start(): void {
    const { containerCheckMs, purgeIntervalHours } = this.#options;
    const { sessions, localSessions } = this.#parts;
    this.#every('sockets', SOCKET_SWEEP_MS, () => this.#sweepSockets());
    if (sessions !== null) {
      // Nobody else would ever take their nodes away (ZooKeeperServer.loadData).
      for (const owner of this.#parts.ownersWithoutSession()) this.#parts.desk.expire(owner);
      this.#armExpiry('expiry', sessions);
      this.#every('containers', containerCheckMs, () => this.#deleteExpiredNodes());
    }
    if (localSessions !== null) this.#armExpiry('local expiry', localSessions);
    if (purgeIntervalHours === 0) return;
    void this.#purge();
    this.#every('purge', purgeIntervalHours * HOUR_MS, () => void this.#purge());
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #every(name: string, periodMs: number, fn: () => void): void {
    this.#timers.set(name, this.#parts.clock.after(periodMs, () => {
      if (this.#stopped) return;
      fn();
      this.#every(name, periodMs, fn);
    }));
  }

  #armExpiry(name: string, sessions: Expiring): void {
    const { clock, desk } = this.#parts;
    const waitMs = Math.max(1, sessions.nextDeadlineMs - clock.monotonicMs());
    this.#timers.set(name, clock.after(waitMs, () => {
      if (this.#stopped) return;
      for (const sessionId of sessions.expire(clock.monotonicMs())) desk.expire(sessionId);
      this.#armExpiry(name, sessions);
    }));
  }

  /** Closes sockets on which nothing came for as long as their session may be silent. */
  #sweepSockets(): void {
    const { clock, connections, stats } = this.#parts;
    const nowMs = clock.monotonicMs();
    for (const connection of [...connections.all()]) {
      const sessionless = connection.sessionId === 0n;
      const limitMs = sessionless ? this.#options.sessionlessTimeoutMs : connection.timeoutMs;
      if (nowMs - connection.lastActivityMs <= limitMs) continue;
      stats.count(sessionless ? 'sessionless_connections_expired' : 'connection_drop_count');
      connection.destroy();
    }
  }

  #deleteExpiredNodes(): void {
    const { clock, tree, desk } = this.#parts;
    const { containerCheckMs, containerDeletesPerMinute, containers } = this.#options;
    const most = Math.max(1, Math.floor((containerDeletesPerMinute * containerCheckMs) / MINUTE_MS));
    for (const path of expiredNodes(tree, clock.wallMs(), containers).slice(0, most)) desk.deleteContainer(path);
  }

  async #purge(): Promise<void> {
    const { snapshots, logs, logger } = this.#parts;
    try {
      const removed = await purge(snapshots, this.#options.snapRetainCount, logs);
      if (removed.length > 0) logger.log('info', 'old files purged', { removed });
    } catch (error) {
      logger.log('error', 'old files could not be purged', { error });
    }
  }
}
