/**
 * One ZooKeeper server standing alone: the state is brought back from the disk, and served in the one role there is.
 */

import type { AdminControl } from './admin/admin-control.ts';
import type { AdminView } from './admin/admin-view.ts';
import type { HttpListener } from './admin/http/exchange.ts';
import { UsageError } from '../model/errors.ts';
import { formatId } from '../model/zxid.ts';
import { openAdminPorts } from './admin-ports.ts';
import { ClientPorts, readClientPortSettings } from './client-ports.ts';
import { readAdminSettings } from './config/admin-settings.ts';
import { readSettings, refuseUnsupportedProperties, type Settings } from './config/settings.ts';
import { unknownProperties } from './config/known-keys.ts';
import type { ZooCfg } from './config/zoo-cfg.ts';
import { Connections } from './connections.ts';
import type { ServerEnvironment } from './environment.ts';
import { openJournal, type Journal } from './journal.ts';
import { SnapshotCodecs } from './log/compression.ts';
import { recover, type Recovered } from './log/recovery.ts';
import { readNamelessSnapshot } from './log/snapshot-reader.ts';
import { SessionTracker, firstSessionId } from './processors/session-tracker.ts';
import { ServerStats } from './processors/stats.ts';
import { makePreparer, Serving, type ServingParts } from './serving.ts';
import { StandaloneRole } from './standalone.ts';
import { noteStartup } from './startup-figures.ts';
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

/** What stands on one state, and goes with it. */
interface Standing {
  readonly database: Database;
  readonly serving: Serving;
  readonly journal: Journal;
}

export class Server {
  readonly #environment: ServerEnvironment;
  readonly #config: ZooCfg;
  readonly #settings: Settings;
  readonly #options: ServerOptions;
  #standing: Standing;
  readonly #stats: ServerStats;
  readonly #connections: Connections;
  #ports: ClientPorts | null = null;
  #http: readonly HttpListener[] = [];
  #stopping = false;
  #restoring: Promise<bigint> | null = null;

  private constructor(environment: ServerEnvironment, options: ServerOptions, settings: Settings, database: Database) {
    const { config } = options;
    this.#environment = environment;
    this.#config = config;
    this.#settings = settings;
    this.#options = options;
    this.#stats = new ServerStats(readAdminSettings(config.properties).prometheus !== null);
    this.#connections = new Connections({ perAddress: config.maxClientCnxns, all: settings.connectionsMax });
    this.#standing = this.#stand(database);
  }

  /** Everything that stands on one state. */
  #stand(database: Database): Standing {
    const { jaas = null, configText = '', onFailure } = this.#options;
    const [environment, config, settings, stats] = [this.#environment, this.#config, this.#settings, this.#stats];
    const sessions = sessionsOf(environment, config, database);
    const journal = openJournal(environment, settings, { database, stats }, {
      onDurable: (zxid) => serving.durable(zxid),
      onFailure,
    });
    const parts: ServingParts = {
      environment, config, settings, database, stats, jaas, configText,
      connections: this.#connections,
      port: () => this.port,
      tls: { port: () => this.#ports?.securePort ?? -1, handshakes: () => this.#ports?.handshakes ?? 0 },
      persist: (txn) => journal.append(txn),
    };
    const serving = new Serving(parts, {
      sessions,
      expires: sessions,
      revalidate: null,
      screens: false,
      make: (access) => new StandaloneRole(makePreparer(parts, access, sessions, database.tree.lastZxid)),
    });
    return { database, serving, journal };
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
    for (const key of unknownProperties(config.properties)) environment.logger.log('warn', 'a key that no server knows is passed over', { key });
    readAdminSettings(config.properties);
    readClientPortSettings(config);
    const { snapshots, logs, logger, random, gzip, clock } = environment;
    const { trustEmptySnapshot: trustEmpty } = settings;
    const newTarget = emptyDatabases(settings, random);
    const recovered = await recover(snapshots, { newTarget, codecs: new SnapshotCodecs(gzip), logs, trustEmpty, logger, nowMs: () => clock.monotonicMs() });
    const server = new Server(environment, options, settings, recovered.target);
    noteStartup(server.#stats, recovered);
    await server.#open(recovered);
    return server;
  }

  /** The port it listens on, which the system chose when the configuration says 0; -1 when it has only one for TLS. */
  get port(): number {
    return this.#ports?.port ?? this.#config.clientPort;
  }

  /** The port for TLS; -1 when there is none. */
  get securePort(): number {
    return this.#ports?.securePort ?? -1;
  }

  get host(): string {
    return this.#ports?.host ?? '';
  }

  /** What administration may see. */
  get view(): AdminView {
    return this.#standing.serving.view;
  }

  /** Takes no more, finishes what it has begun, and closes log and connections. Sessions stay for the next start. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    // First of all, lest a snapshot that somebody sends slowly keep the server from stopping.
    const httpClosed = Promise.all(this.#http.map((port) => port.close()));
    await this.#restoring?.catch(() => undefined);
    const { serving, journal } = this.#standing;
    serving.stop();
    serving.audit?.stopping();
    const closed = Promise.all([this.#ports?.close(), httpClosed]);
    await journal.close();
    serving.closeAll();
    await closed;
  }

  async #open(recovered: Recovered<Database>): Promise<void> {
    // Apache's server refuses a directory that has logs and no snapshot, so the first one comes before the first log.
    if (recovered.fresh) await this.#standing.journal.firstSnapshot();
    const { listen, logger } = this.#environment;
    this.#ports = await ClientPorts.open(this.#config, readClientPortSettings(this.#config), {
      listen, logger, stats: this.#stats, connections: this.#connections,
      accept: (socket, onSecurePort) => this.#standing.serving.accept(socket, onSecurePort),
    });
    this.#standing.serving.start();
    this.#http = await openAdminPorts(this.#environment, readAdminSettings(this.#config.properties), this.#control());
    this.#standing.serving.audit?.started();
    if (recovered.txnsReplayed > REPLAYED_WORTH_SNAPSHOT) void this.#standing.journal.takeSnapshot();
  }

  #control(): AdminControl {
    const { clock, logger, snapshots, random } = this.#environment;
    const view = (): AdminView => this.view;
    return {
      get view() {
        return view();
      },
      nowMs: () => clock.monotonicMs(),
      warn: (message, reason) => logger.log('warn', message, { reason }),
      takeSnapshot: async () => {
        const { name, zxid } = await this.#standing.journal.namedSnapshot();
        return { zxid, bytes: await snapshots.size(name), read: () => snapshots.stream(name) };
      },
      restore: async (snapshot) => {
        if (this.#restoring !== null || this.#stopping) throw new UsageError('Busy', 'a snapshot is being restored, or the server stops');
        this.#restoring = this.#restore(snapshot, emptyDatabases(this.#settings, random)()).finally(() => {
          this.#restoring = null;
        });
        return this.#restoring;
      },
    };
  }

  /** The order matters: read whole, stop, make durable, serve. Cut off anywhere, the disk has the one state or the other. */
  async #restore(snapshot: AsyncIterable<Uint8Array>, database: Database): Promise<bigint> {
    const { clock, logger } = this.#environment;
    const startedMs = clock.monotonicMs();
    await readNamelessSnapshot(snapshot, database);
    if (database.digestMismatches > 0) logger.log('warn', 'the restored snapshot was written while its server was at work: it may be no state that ever was', {});
    const before = this.#standing;
    before.serving.stop();
    await before.journal.close();
    before.serving.closeAll();
    const zxid = before.database.tree.lastZxid + 1n;
    // Never back: no client may see less than it has seen, and a gap in the log tells that what was before is not its beginning.
    if (database.tree.lastZxid < zxid) database.tree.lastZxid = zxid;
    const after = this.#stand(database);
    try {
      await after.journal.firstSnapshot();
      this.#standing = after;
    } catch (error) {
      this.#standing = this.#stand(before.database);
      throw error;
    } finally {
      if (!this.#stopping) this.#standing.serving.start();
    }
    this.#stats.restores.add(clock.monotonicMs() - startedMs);
    logger.log('info', 'snapshot restored', { zxid: formatId(database.tree.lastZxid), nodes: database.tree.nodeCount });
    return database.tree.lastZxid;
  }
}

/** Makes databases with nothing in them. */
function emptyDatabases({ extendedTypes, digestEnabled }: Settings, random: ServerEnvironment['random']): () => Database {
  const hashSeed = random.uint32();
  return () => new Database({ extendedTypes, digestEnabled, hashSeed });
}

/** A tracker of every session that the state has, each with its whole timeout before it. */
function sessionsOf({ clock }: ServerEnvironment, { tickMs }: ZooCfg, database: Database): SessionTracker {
  const nowMs = clock.monotonicMs();
  const sessions = new SessionTracker(tickMs, firstSessionId(SERVER_ID, clock.wallMs()), nowMs);
  for (const [id, timeoutMs] of database.sessions.entries()) sessions.track(id, timeoutMs, nowMs);
  return sessions;
}
