/**
 * One ZooKeeper server standing alone: the state is brought back from the disk, and served in the one role there is.
 */

import type { AdminView } from './admin/admin-view.ts';
import type { HttpListener } from './admin/http/answer.ts';
import { openAdminPorts } from './admin-ports.ts';
import { readAdminSettings } from './config/admin-settings.ts';
import { readSettings, refuseUnsupportedProperties, type Settings } from './config/settings.ts';
import type { ZooCfg } from './config/zoo-cfg.ts';
import { Connections } from './connections.ts';
import type { ServerEnvironment } from './environment.ts';
import { openJournal, type Journal } from './journal.ts';
import type { Listener } from './listener.ts';
import { SnapshotCodecs } from './log/compression.ts';
import { recover, type Recovered } from './log/recovery.ts';
import { SessionTracker, firstSessionId } from './processors/session-tracker.ts';
import { ServerStats } from './processors/stats.ts';
import { makePreparer, Serving, type ServingParts } from './serving.ts';
import { StandaloneRole } from './standalone.ts';
import { Database } from './tree/database.ts';

/** A standalone server counts its sessions as server 1 does. */
const SERVER_ID = 1;
/** So many replayed transactions are worth a snapshot, which spares the next start. */
const REPLAYED_WORTH_SNAPSHOT = 10_000;

export interface ServerOptions {
  readonly config: ZooCfg;
  /** Told when the server cannot go on: the disk failed. Nothing is acknowledged any more. */
  readonly onFailure: (error: unknown) => void;
  /** The text of the file that java.security.auth.login.config names. */
  readonly jaas?: string | null;
  /** The text of zoo.cfg, for administration to show. */
  readonly configText?: string;
}

export class Server {
  readonly #environment: ServerEnvironment;
  readonly #config: ZooCfg;
  readonly #serving: Serving;
  readonly #journal: Journal;
  #listener: Listener | null = null;
  #http: readonly HttpListener[] = [];
  #stopping = false;

  private constructor(environment: ServerEnvironment, options: ServerOptions, settings: Settings, database: Database) {
    const { config, jaas = null, configText = '' } = options;
    this.#environment = environment;
    this.#config = config;
    const stats = new ServerStats();
    const sessions = sessionsOf(environment, config, database);
    const parts: ServingParts = {
      environment, config, settings, database, stats, jaas, configText,
      connections: new Connections({ perAddress: config.maxClientCnxns, all: settings.connectionsMax }),
      port: () => this.port,
      persist: (txn) => this.#journal.append(txn),
    };
    this.#serving = new Serving(parts, {
      sessions,
      expires: sessions,
      revalidate: null,
      make: (access) => new StandaloneRole(makePreparer(parts, access, sessions, database.tree.lastZxid)),
    });
    this.#journal = openJournal(environment, settings, { database, stats }, {
      onDurable: (zxid) => this.#serving.durable(zxid),
      onFailure: options.onFailure,
    });
  }

  /**
   * Brings a server up; it serves when this resolves.
   *
   * @throws ConfigError for a property that is wrong or not supported
   * @throws StorageError when the data directory is damaged
   * @throws UsageError when the address cannot be listened on
   */
  static async start(environment: ServerEnvironment, options: ServerOptions): Promise<Server> {
    const { config } = options;
    const settings = readSettings(config.properties);
    refuseUnsupportedProperties(config.properties);
    readAdminSettings(config.properties);
    const { snapshots, logs, logger, random, gzip } = environment;
    const { extendedTypes, digestEnabled, trustEmptySnapshot: trustEmpty } = settings;
    const hashSeed = random.uint32();
    const newTarget = (): Database => new Database({ extendedTypes, digestEnabled, hashSeed });
    const recovered = await recover(snapshots, { newTarget, codecs: new SnapshotCodecs(gzip), logs, trustEmpty, logger });
    const server = new Server(environment, options, settings, recovered.target);
    await server.#open(recovered);
    return server;
  }

  /** The port it listens on, which the system chose when the configuration says 0. */
  get port(): number {
    return this.#listener?.port ?? this.#config.clientPort;
  }

  get host(): string {
    return this.#listener?.host ?? '';
  }

  /** What administration may see. */
  get view(): AdminView {
    return this.#serving.view;
  }

  /** Takes no more, finishes what it has begun, and closes log and connections. Sessions stay for the next start. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#serving.stop();
    const closed = Promise.all([this.#listener?.close(), ...this.#http.map((port) => port.close())]);
    await this.#journal.close();
    this.#serving.closeAll();
    await closed;
  }

  async #open(recovered: Recovered<Database>): Promise<void> {
    // Apache's server refuses a directory that has logs and no snapshot, so the first one comes before the first log.
    if (recovered.fresh) await this.#journal.firstSnapshot();
    const { clientPort: port, clientPortAddress: host, clientPortListenBacklog: backlog } = this.#config;
    this.#listener = await this.#environment.listen({ port, host, backlog }, (socket) => this.#serving.accept(socket));
    this.#serving.start();
    this.#http = await openAdminPorts(this.#environment, readAdminSettings(this.#config.properties), this.view);
    if (recovered.txnsReplayed > REPLAYED_WORTH_SNAPSHOT) void this.#journal.takeSnapshot();
  }
}

/** A tracker of every session that the state has, each with its whole timeout before it. */
function sessionsOf({ clock }: ServerEnvironment, { tickMs }: ZooCfg, database: Database): SessionTracker {
  const nowMs = clock.monotonicMs();
  const sessions = new SessionTracker(tickMs, firstSessionId(SERVER_ID, clock.wallMs()), nowMs);
  for (const [id, timeoutMs] of database.sessions.entries()) sessions.track(id, timeoutMs, nowMs);
  return sessions;
}
