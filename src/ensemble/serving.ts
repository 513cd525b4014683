/**
 * A server while it serves clients: its sessions, connections, watches and stages around one role. A server standing
 * alone has one for its life; a member of an ensemble one for each term. It carries out what the role wants in the
 * order persist, send, apply, answer (effects.ts).
 */

import { NO_BYTES } from '../base/bytes.ts';
import type { ErrorCode } from '../model/error-code.ts';
import { answerWord } from './admin/words.ts';
import type { AdminView } from './admin/admin-view.ts';
import type { EnsembleView } from './admin/ensemble-view.ts';
import { readClientPortSettings } from './client-ports.ts';
import { AuditTrail, type AuditSink } from './audit.ts';
import { ClientConnection, type ConnectionOwner } from './client-connection.ts';
import type { Settings } from './config/settings.ts';
import { ConfigError } from './config/config-error.ts';
import { saslUsers } from './config/jaas.ts';
import { checkEnforcedSchemes } from './config/security-settings.ts';
import type { ZooCfg } from './config/zoo-cfg.ts';
import type { Connections } from './connections.ts';
import type { Effects, Role } from './effects.ts';
import type { ServerEnvironment } from './environment.ts';
import { FrontDesk, type Revalidate } from './front-desk.ts';
import { Guards } from './guards.ts';
import { Housekeeping } from './housekeeping.ts';
import type { ClientSocket, SocketHandler } from './listener.ts';
import { Access, withIdentities } from './processors/auth/access.ts';
import { SaslDesk } from './processors/auth/sasl/sasl-desk.ts';
import { saslProvider } from './processors/auth/sasl/sasl-provider.ts';
import { certificateIdentities, x509Provider } from './processors/auth/x509/x509-provider.ts';
import { eagerRefusal } from './processors/eager-check.ts';
import type { Reconfigure } from './processors/prepare/context.ts';
import { Outstanding } from './processors/prepare/outstanding.ts';
import { Preparer } from './processors/prepare/preparer.ts';
import { Responder } from './processors/reply/responder.ts';
import { isWrite, type Request } from './processors/request.ts';
import { Screening } from './processors/screening.ts';
import type { DecidingSessions, Expiring, Sessions } from './processors/sessions.ts';
import { outstandingLimit } from './processors/throttle/outstanding-limit.ts';
import { RequestThrottle } from './processors/throttle/request-throttle.ts';
import type { ServerStats } from './processors/stats.ts';
import { quotaNotes } from './quota-notes.ts';
import { serverView } from './server-view.ts';
import type { Database } from './tree/database.ts';
import type { Transaction } from './txn/transaction.ts';
import { WatchTables } from './watches/watch-tables.ts';

export interface ServingParts {
  readonly environment: ServerEnvironment;
  readonly config: ZooCfg;
  readonly settings: Settings;
  readonly database: Database;
  readonly stats: ServerStats;
  readonly connections: Connections;
  /** The text of the file that java.security.auth.login.config names. */
  readonly jaas: string | null;
  /** The text of zoo.cfg, for administration to show. */
  readonly configText: string;
  readonly port: () => number;
  /** The port for TLS, -1 without one, and the handshakes under way; absent: neither. */
  readonly tls?: { readonly port: () => number; readonly handshakes: () => number };
  /** What a member of an ensemble shows; absent for a server standing alone. */
  readonly ensemble?: () => EnsembleView;
  /** Puts a transaction in line for the log. */
  readonly persist: (txn: Transaction) => void;
}

/** What is different from role to role. */
export interface ServingRole {
  readonly sessions: Sessions;
  /** Where sessions expire and containers are cleared away; null where the leader does that. Local ones expire anywhere. */
  readonly expires: Expiring | null;
  /** Writes of this server's own clients that their ACLs forbid are refused before they cost a transaction. */
  readonly checksAclsEarly?: boolean;
  /** Only clients that may read only are served, in local sessions, and nothing is changed. */
  readonly readOnly?: boolean;
  readonly make: (access: Access) => Role;
  /** Whether a session that a client comes back with is alive; null: `sessions` knows. */
  readonly revalidate: Revalidate | null;
  /** How many voters the configuration in force has, among whom globalOutstandingLimit is shared; absent: it is not. */
  readonly voters?: () => number;
  /** Whether requests of its own clients are looked at before the role has them (screening.ts): on members of an ensemble. */
  readonly screens: boolean;
}

export class Serving implements ConnectionOwner {
  readonly #parts: ServingParts;
  readonly #sessions: Sessions;
  readonly #watches: WatchTables;
  readonly #responder: Responder;
  readonly #desk: FrontDesk;
  readonly #role: Role;
  readonly #screening: Screening | null;
  readonly #guards: Guards;
  readonly #throttle: RequestThrottle;
  readonly #housekeeping: Housekeeping;
  readonly #view: AdminView;
  /** null: off */
  readonly audit: AuditTrail | null;
  readonly #readOnly: boolean;
  /** null: only the deciding stage looks at ACLs. */
  readonly #eagerAccess: Access | null;
  readonly #voters: (() => number) | undefined;
  #stopping = false;

  /** @throws ConfigError when the JAAS file is wrong, MD5 is not to be had, or a scheme is demanded that is not known */
  constructor(parts: ServingParts, role: ServingRole) {
    const { settings, environment, database } = parts;
    this.#parts = parts;
    this.#watches = new WatchTables((type, watchers) => parts.stats.watched(type, watchers));
    this.#sessions = role.sessions;
    this.#readOnly = role.readOnly ?? false;
    this.#voters = role.voters;
    const access = this.#makeAccess();
    this.#eagerAccess = role.checksAclsEarly === true ? access : null;
    this.audit = settings.audit ? this.#makeAudit(access) : null;
    this.#guards = new Guards(settings.security, settings.throttle, environment.random, this.nowMs());
    this.#throttle = this.#makeThrottle();
    this.#responder = this.#makeResponder(access);
    this.#role = role.make(access);
    this.#screening = role.screens ? new Screening(role.sessions, parts.config.localSessionsUpgradingEnabled) : null;
    this.#desk = this.#makeDesk(access, this.#makeSasl(parts.jaas), role);
    this.#housekeeping = this.#makeHousekeeping(role.expires);
    this.#view = serverView({
      ...parts, database, access,
      sessionlessTimeoutMs: settings.sessionlessTimeoutMs,
      role: this.#role,
      sessions: this.#sessions,
      watches: this.#watches,
      startedMs: environment.clock.monotonicMs(),
      dropChance: () => this.#guards.dropChance,
    });
  }

  /** What administration may see. */
  get view(): AdminView {
    return this.#view;
  }

  /** Begins what is done by the clock. */
  start(): void {
    this.#housekeeping.start();
  }

  /** Takes nothing more. Connections stay, for what is begun to be answered. */
  stop(): void {
    this.#stopping = true;
    this.#housekeeping.stop();
    this.#throttle.stop();
  }

  /** After `stop`: says goodbye to everybody. */
  closeAll(): void {
    this.#parts.connections.abandonRequests();
    for (const connection of [...this.#parts.connections.all()]) connection.end();
  }

  /** A client comes. @returns null to turn it away */
  accept(socket: ClientSocket, onSecurePort = false): SocketHandler | null {
    const { connections, stats, settings, environment } = this.#parts;
    if (this.#stopping || !connections.mayAccept({ remoteAddress: socket.remoteAddress, onSecurePort })) {
      stats.count('connection_rejected');
      return null;
    }
    const connection = new ClientConnection({
      key: connections.newKey(),
      socket,
      owner: this,
      requestBytesMax: settings.requestBytesMax,
      mayCome: (bytes) => this.#mayCome(bytes),
      establishedMs: environment.clock.wallMs(),
      onSecurePort,
      readOnlyServer: this.#readOnly,
    });
    const { certificateOwner: owner } = connection;
    if (owner !== null) {
      const proved = certificateIdentities(owner, settings.security.x509SuperUser);
      connection.identities = withIdentities(connection.identities, proved);
    }
    connections.add(connection);
    return connection;
  }

  admitted(connection: ClientConnection, what: Parameters<FrontDesk['admitted']>[1]): void {
    if (!this.#stopping) this.#desk.admitted(connection, what);
  }

  closed(connection: ClientConnection): void {
    this.#watches.removeConnection(connection.key);
    this.#parts.connections.remove(connection);
  }

  overloaded(): boolean {
    const most = outstandingLimit(this.#parts.settings.globalOutstandingLimit, this.#voters?.() ?? null);
    return this.#role.pending > most || this.#throttle.size > most;
  }

  nowMs(): number {
    return this.#parts.environment.clock.monotonicMs();
  }

  /** Everything up to here is on the disk. */
  durable(zxid: bigint): void {
    this.perform(this.#role.step({ kind: 'durable', zxid }));
  }

  /** Carries out what the role wants, but for what goes to other servers. */
  perform(effects: Effects<unknown>): void {
    const { database, stats, environment } = this.#parts;
    for (const txn of effects.persist) this.#parts.persist(txn);
    for (const { txn, request, released } of effects.apply) {
      const { result, changes } = database.apply(txn);
      this.audit?.applied(txn, request, result, changes);
      this.#role.step({ kind: 'applied', zxid: txn.header.zxid });
      stats.since('propagation_latency', txn.header, environment.clock.wallMs());
      this.#responder.announce(changes);
      if (request !== null) this.#desk.committed(request, result);
      this.#desk.applied(txn);
      for (const read of released) this.#desk.answer(read);
    }
    for (const read of effects.answer) this.#desk.answer(read);
    if (effects.apply.length > 0) this.#throttle.drain();
  }

  /** A request for the role as it is: of another server's client, or screened. */
  submit(request: Request): void {
    const { clock } = this.#parts.environment;
    const judged = this.#judged(request);
    this.perform(this.#role.step({ kind: 'request', request: judged, wallMs: clock.wallMs(), monotonicMs: request.receivedMs }));
  }

  #submitOwn(request: Request): void {
    for (const one of this.#screening?.screen(request) ?? [request]) this.submit(one);
  }

  /**
   * Whether its session may ask is decided when it asks (PrepRequestProcessor): a close that comes behind it changes
   * nothing, although the answer may have to wait. Of writes the deciding stage judges.
   */
  #judged(request: Request): Request {
    if (request.refusal !== undefined || request.local === true) return request;
    if (isWrite(request.type)) {
      const refusal = this.#eagerAccess === null || request.connection === null ? null : eagerRefusal(request, this.#parts.database.tree, this.#eagerAccess);
      return refusal === null ? request : { ...request, refusal };
    }
    const code = this.#sessions.check(request.sessionId);
    return code === 0 ? request : { ...request, refusal: code as ErrorCode };
  }

  #mayCome(bytes: number): boolean {
    const may = this.#guards.largeRequests.mayCome(bytes);
    if (!may) this.#parts.stats.count('large_requests_rejected');
    return may;
  }

  #makeAudit(access: Access): AuditTrail {
    const { connections, environment: { audit, logger, host } } = this.#parts;
    const sink: AuditSink = audit ?? { write: (line, failed) => logger.log(failed ? 'error' : 'info', `audit: ${line}`) };
    const serverUser = new Map(host.environment()).get('user.name') ?? '<NA>';
    return new AuditTrail({ sink, access, serverUser, addressOf: (key) => connections.addressOf(key) });
  }

  #makeAccess(): Access {
    const { settings, config, environment } = this.#parts;
    const { security, saslInAcls, saslAnyUser, digestAuthEnabled: digestEnabled } = settings;
    const knowsX509 = security.x509InAcls || readClientPortSettings(config).tls !== null;
    const access = new Access({
      ...settings, digestEnabled,
      sasl: saslInAcls ? saslProvider(saslAnyUser) : null,
      x509: knowsX509 ? x509Provider(security.x509SuperUser) : null,
    }, environment.digests);
    checkEnforcedSchemes(security, (scheme) => access.knows(scheme));
    return access;
  }

  #makeThrottle(): RequestThrottle {
    const { environment: { clock }, settings, stats, connections } = this.#parts;
    return new RequestThrottle(settings.throttle.requests, {
      clock, stats,
      inProcess: () => this.#role.pending,
      submit: (request) => this.#submitOwn(request),
      waiter: (key) => connections.get(key),
      dropped: (request) => this.#desk.dropped(request),
    });
  }

  #makeResponder(access: Access): Responder {
    const { settings, database, connections, stats } = this.#parts;
    return new Responder({
      options: settings,
      tree: database.tree,
      watches: this.#watches,
      access,
      events: {
        identitiesOf: (key) => connections.get(key)?.identities ?? null,
        sendEvent: (key, frame) => {
          stats.packetsSent++;
          stats.count('watch_bytes', frame.length);
          connections.get(key)?.send(frame);
        },
      },
    });
  }

  #makeSasl(jaas: string | null): SaslDesk | null {
    const { settings, environment: { random, digests } } = this.#parts;
    const { saslSection, saslSuperPassword } = settings;
    const users = jaas === null ? null : saslUsers(jaas, saslSection, saslSuperPassword);
    if (users === null) return null;
    if (digests.digest('MD5', NO_BYTES) === null) throw new ConfigError('SASL DIGEST-MD5 needs MD5, which this machine refuses');
    return new SaslDesk(settings, { random, digests, users });
  }

  #makeDesk(access: Access, sasl: SaslDesk | null, { revalidate, readOnly = false }: ServingRole): FrontDesk {
    const { environment: { clock, logger }, connections, stats, config, settings, database } = this.#parts;
    return new FrontDesk({
      clock, logger, access, sasl, connections, stats, revalidate,
      sessions: this.#sessions,
      responder: this.#responder,
      timeouts: { min: config.minSessionTimeoutMs, max: config.maxSessionTimeoutMs },
      lastZxid: () => database.tree.lastZxid,
      readOnly: readOnly ? { isEnsembleSession: (id) => database.sessions.has(id) } : null,
      guards: this.#guards,
      submit: (request) => this.#throttle.submit(request),
      answerWord: (word, onSecurePort) => answerWord(word, this.#view, settings.words, onSecurePort),
    });
  }

  #makeHousekeeping(expires: Expiring | null): Housekeeping {
    const { environment: { clock, logger, snapshots, logs }, connections, stats, config, settings, database } = this.#parts;
    const { sessionlessTimeoutMs, containerCheckMs, containerDeletesPerMinute, containerNeverUsedMs, extendedTypes } = settings;
    const parts = {
      clock, logger, snapshots, logs, connections, stats,
      sessions: expires,
      localSessions: this.#sessions.local,
      desk: this.#desk,
      tree: database.tree,
      ownersWithoutSession: () => database.ownersWithoutSession(),
    };
    return new Housekeeping(parts, {
      sessionlessTimeoutMs, containerCheckMs, containerDeletesPerMinute,
      containers: { neverUsedMs: containerNeverUsedMs, extendedTypes },
      snapRetainCount: config.snapRetainCount,
      purgeIntervalHours: config.purgeIntervalHours,
    });
  }
}

/** The stage that decides, for the servers that do: one alone, and a leader. */
export function makePreparer(
  { config, settings, database, environment: { logger, clock } }: ServingParts, access: Access, sessions: DecidingSessions, lastZxid: bigint, reconfigure?: Reconfigure,
): Preparer {
  const { tree } = database;
  const options = { ...settings, reconfigEnabled: config.reconfigEnabled };
  const outstanding = new Outstanding(tree, options.digestEnabled);
  const tools = { options, tree, outstanding, access, sessions, quotaPassed: quotaNotes(logger, clock) };
  return new Preparer(reconfigure === undefined ? tools : { ...tools, reconfigure }, lastZxid);
}
