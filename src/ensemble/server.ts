/**
 * One ZooKeeper server: the file that knows all stages. It brings the state back from the disk, chooses the role,
 * and carries out what the role wants in the order persist, send, apply, answer (effects.ts).
 */

import { NO_BYTES } from '../base/bytes.ts';
import { answerWord } from './admin/words.ts';
import type { AdminView } from './admin/admin-view.ts';
import type { HttpListener } from './admin/http/answer.ts';
import { openAdminPorts } from './admin-ports.ts';
import { ClientConnection, type ConnectionOwner } from './client-connection.ts';
import { readAdminSettings } from './config/admin-settings.ts';
import { readSettings, refuseUnsupportedProperties, type Settings } from './config/settings.ts';
import { ConfigError } from './config/config-error.ts';
import { saslUsers } from './config/jaas.ts';
import type { ZooCfg } from './config/zoo-cfg.ts';
import { Connections } from './connections.ts';
import type { Effects, Role } from './effects.ts';
import type { ServerEnvironment } from './environment.ts';
import { FrontDesk } from './front-desk.ts';
import { Housekeeping } from './housekeeping.ts';
import { Journal } from './journal.ts';
import type { ClientSocket, Listener, SocketHandler } from './listener.ts';
import { SnapshotCodecs } from './log/compression.ts';
import { recover, type Recovered } from './log/recovery.ts';
import { TxnLog } from './log/txn-log.ts';
import { Access } from './processors/auth/access.ts';
import { SaslDesk } from './processors/auth/sasl/sasl-desk.ts';
import { saslProvider } from './processors/auth/sasl/sasl-provider.ts';
import { Outstanding } from './processors/prepare/outstanding.ts';
import { Preparer } from './processors/prepare/preparer.ts';
import { Responder } from './processors/reply/responder.ts';
import type { Request } from './processors/request.ts';
import { SessionTracker, firstSessionId } from './processors/session-tracker.ts';
import { ServerStats } from './processors/stats.ts';
import { serverView } from './server-view.ts';
import { StandaloneRole } from './standalone.ts';
import { Database } from './tree/database.ts';
import { WatchTables } from './watches/watch-tables.ts';

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

export class Server implements ConnectionOwner {
  readonly #environment: ServerEnvironment;
  readonly #config: ZooCfg;
  readonly #settings: Settings;
  readonly #database: Database;
  readonly #sessions: SessionTracker;
  readonly #connections: Connections;
  readonly #watches = new WatchTables();
  readonly #stats = new ServerStats();
  readonly #responder: Responder;
  readonly #desk: FrontDesk;
  readonly #journal: Journal;
  readonly #role: Role;
  readonly #housekeeping: Housekeeping;
  readonly #view: AdminView;
  #listener: Listener | null = null;
  #http: readonly HttpListener[] = [];
  #stopping = false;

  private constructor(environment: ServerEnvironment, options: ServerOptions, settings: Settings, database: Database) {
    const { clock, digests } = environment;
    const { config } = options;
    this.#environment = environment;
    this.#config = config;
    this.#settings = settings;
    this.#database = database;
    const nowMs = clock.monotonicMs();
    this.#sessions = new SessionTracker(config.tickMs, firstSessionId(SERVER_ID, clock.wallMs()), nowMs);
    for (const [id, timeoutMs] of database.sessions.entries()) this.#sessions.track(id, timeoutMs, nowMs);
    this.#connections = new Connections({ perAddress: config.maxClientCnxns, all: settings.connectionsMax });
    const sasl = settings.saslInAcls ? saslProvider(settings.saslAnyUser) : null;
    const access = new Access({ ...settings, digestEnabled: settings.digestAuthEnabled, sasl }, digests);
    this.#responder = this.#makeResponder(access);
    this.#role = this.#makeRole(access);
    this.#journal = this.#makeJournal(options.onFailure);
    this.#desk = this.#makeDesk(access, this.#makeSasl(options.jaas ?? null));
    this.#housekeeping = this.#makeHousekeeping();
    this.#view = serverView({
      environment, config, database,
      sessionlessTimeoutMs: settings.sessionlessTimeoutMs,
      role: this.#role,
      sessions: this.#sessions,
      connections: this.#connections,
      watches: this.#watches,
      stats: this.#stats,
      startedMs: nowMs,
      port: () => this.port,
      configText: options.configText ?? '',
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
    return this.#view;
  }

  /** Takes no more, finishes what it has begun, and closes log and connections. Sessions stay for the next start. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#housekeeping.stop();
    const closed = Promise.all([this.#listener?.close(), ...this.#http.map((port) => port.close())]);
    await this.#journal.close();
    for (const connection of [...this.#connections.all()]) connection.end();
    await closed;
  }

  admitted(connection: ClientConnection, what: Parameters<FrontDesk['admitted']>[1]): void {
    if (!this.#stopping) this.#desk.admitted(connection, what);
  }

  closed(connection: ClientConnection): void {
    this.#watches.removeConnection(connection.key);
    this.#connections.remove(connection);
  }

  overloaded(): boolean {
    return this.#role.pending > this.#settings.globalOutstandingLimit;
  }

  nowMs(): number {
    return this.#environment.clock.monotonicMs();
  }

  async #open(recovered: Recovered<Database>): Promise<void> {
    // Apache's server refuses a directory that has logs and no snapshot, so the first one comes before the first log.
    if (recovered.fresh) await this.#journal.firstSnapshot();
    const { clientPort: port, clientPortAddress: host, clientPortListenBacklog: backlog } = this.#config;
    this.#listener = await this.#environment.listen({ port, host, backlog }, (socket) => this.#accept(socket));
    this.#housekeeping.start();
    this.#http = await openAdminPorts(this.#environment, readAdminSettings(this.#config.properties), this.#view);
    if (recovered.txnsReplayed > REPLAYED_WORTH_SNAPSHOT) void this.#journal.takeSnapshot();
  }

  #accept(socket: ClientSocket): SocketHandler | null {
    if (this.#stopping || !this.#connections.mayAccept(socket.remoteAddress)) {
      this.#stats.count('connection_rejected');
      return null;
    }
    const connection = new ClientConnection({
      key: this.#connections.newKey(),
      socket,
      owner: this,
      requestBytesMax: this.#settings.requestBytesMax,
      establishedMs: this.#environment.clock.wallMs(),
    });
    this.#connections.add(connection);
    return connection;
  }

  #submit(request: Request): void {
    const { clock } = this.#environment;
    this.#perform(this.#role.step({ kind: 'request', request, wallMs: clock.wallMs(), monotonicMs: request.receivedMs }));
  }

  /** The order of a server's life: persist, send, apply, answer. */
  #perform(effects: Effects): void {
    for (const txn of effects.persist) this.#journal.append(txn);
    for (const { txn, request, released } of effects.apply) {
      const { result, changes } = this.#database.apply(txn);
      this.#role.step({ kind: 'applied', zxid: txn.header.zxid });
      this.#stats.count('commit_count');
      this.#responder.announce(changes);
      if (request !== null) this.#desk.committed(request, result);
      for (const read of released) this.#desk.answer(read);
    }
    for (const read of effects.answer) this.#desk.answer(read);
  }

  #makeResponder(access: Access): Responder {
    return new Responder({
      options: this.#settings,
      tree: this.#database.tree,
      watches: this.#watches,
      access,
      sessions: this.#sessions,
      events: {
        identitiesOf: (key) => this.#connections.get(key)?.identities ?? null,
        sendEvent: (key, frame) => {
          this.#stats.packetsSent++;
          this.#stats.count('watch_bytes', frame.length);
          this.#connections.get(key)?.send(frame);
        },
      },
    });
  }

  #makeRole(access: Access): Role {
    const { tree } = this.#database;
    const options = { ...this.#settings, reconfigEnabled: this.#config.reconfigEnabled };
    const outstanding = new Outstanding(tree, options.digestEnabled);
    return new StandaloneRole(new Preparer({ options, tree, outstanding, access, sessions: this.#sessions }, tree.lastZxid));
  }

  #makeJournal(onFailure: (error: unknown) => void): Journal {
    const { clock, random, logger, defer, snapshots, logs, gzip } = this.#environment;
    const { preallocateBytes, forceSync, logBytesMax, snapCount, snapshotLogBytes, fsyncWarningMs } = this.#settings;
    const options = { snapCount, snapshotLogBytes, fsyncWarningMs, compression: this.#settings.snapshotCompression };
    const log = new TxnLog(logs, { preallocateBytes, forceSync, fileBytesMax: Math.max(0, logBytesMax) });
    const codecs = new SnapshotCodecs(gzip);
    const parts = { log, snapshots, codecs, database: this.#database, clock, random, logger, defer, stats: this.#stats };
    return new Journal(parts, options, {
      onDurable: (zxid) => this.#perform(this.#role.step({ kind: 'durable', zxid })),
      onFailure,
    });
  }

  /** @throws ConfigError when the JAAS file is wrong, or MD5 is not to be had */
  #makeSasl(jaas: string | null): SaslDesk | null {
    const { saslSection, saslSuperPassword } = this.#settings;
    const users = jaas === null ? null : saslUsers(jaas, saslSection, saslSuperPassword);
    if (users === null) return null;
    const { random, digests } = this.#environment;
    if (digests.digest('MD5', NO_BYTES) === null) throw new ConfigError('SASL DIGEST-MD5 needs MD5, which this machine refuses');
    return new SaslDesk(this.#settings, { random, digests, users });
  }

  #makeDesk(access: Access, sasl: SaslDesk | null): FrontDesk {
    const { clock, logger } = this.#environment;
    return new FrontDesk({
      clock, logger, access, sasl,
      connections: this.#connections,
      sessions: this.#sessions,
      responder: this.#responder,
      stats: this.#stats,
      timeouts: { min: this.#config.minSessionTimeoutMs, max: this.#config.maxSessionTimeoutMs },
      lastZxid: () => this.#database.tree.lastZxid,
      submit: (request) => this.#submit(request),
      answerWord: (word) => answerWord(word, this.#view, this.#settings.words),
    });
  }

  #makeHousekeeping(): Housekeeping {
    const { clock, logger, snapshots, logs } = this.#environment;
    const { sessionlessTimeoutMs, containerCheckMs, containerDeletesPerMinute, containerNeverUsedMs, extendedTypes } = this.#settings;
    const parts = {
      clock, logger, snapshots, logs,
      sessions: this.#sessions,
      connections: this.#connections,
      desk: this.#desk,
      tree: this.#database.tree,
      stats: this.#stats,
    };
    return new Housekeeping(parts, {
      sessionlessTimeoutMs, containerCheckMs, containerDeletesPerMinute,
      containers: { neverUsedMs: containerNeverUsedMs, extendedTypes },
      snapRetainCount: this.#config.snapRetainCount,
      purgeIntervalHours: this.#config.purgeIntervalHours,
    });
  }
}
