/**
 * A member of an ensemble (QuorumPeer): looks for a leader, spends a term with it or as it, and looks again. It owns
 * what outlives the terms: the disk, the ports, the connections of its clients.
 */

import { ClientPorts, readClientPortSettings } from '../client-ports.ts';
import { readSettings, refuseUnsupportedProperties, type Settings } from '../config/settings.ts';
import { readMemberSettings, type MemberSettings } from '../config/member-settings.ts';
import { readAdminSettings } from '../config/admin-settings.ts';
import type { ZooCfg } from '../config/zoo-cfg.ts';
import type { HttpListener } from '../admin/http/exchange.ts';
import { openAdminPorts } from '../admin-ports.ts';
import type { EnsembleView } from '../admin/ensemble-view.ts';
import type { CancelTimer } from '../../base/clock.ts';
import { below } from '../../base/random.ts';
import { decodeUtf8, encodeUtf8 } from '../../base/text.ts';
import { CONFIG_PATH } from '../../model/zpath.ts';
import { readConfig } from '../replication/election/memberships.ts';
import { Connections } from '../connections.ts';
import type { ServerEnvironment } from '../environment.ts';
import { unknownProperties } from '../config/known-keys.ts';
import { ServerStats } from '../processors/stats.ts';
import type { ElectionNetwork, QuorumNetwork } from '../quorum-network.ts';
import { ElectionPeer, type ElectionInput } from '../replication/election/election-peer.ts';
import type { Outcome } from '../replication/election/election-effects.ts';
import { ELECTION_DEFAULTS } from '../replication/election/fast-leader-election.ts';
import type { PeerAuth } from '../replication/quorum/peer-auth.ts';
import { formatMembership, type Membership } from '../replication/quorum/membership.ts';
import type { Serving, ServingParts } from '../serving.ts';
import { STATE } from '../../wire/quorum/notification.ts';
import { Availability } from './availability.ts';
import { listenForElections } from './election-port.ts';
import { memberControl } from './member-control.ts';
import { ensembleView } from './member-view.ts';
import { LeaderTerm } from './leader-term.ts';
import { LearnerTerm } from './learner-term.ts';
import { ObserverMasters } from './observer-masters.ts';
import { ReadOnlyServer } from './read-only-server.ts';
import { securedNetwork } from './secured-network.ts';
import { Storehouse } from './storehouse.ts';
import { Configurations, type ConfigFiles } from './configurations.ts';
import type { Designated, Standing, Term, TermLimits, TermParts } from './term.ts';
import { turnedAway } from './turned-away.ts';

export interface MemberOptions {
  readonly config: ZooCfg;
  /** The text of zoo.cfg, for administration to show. */
  readonly configText: string;
  readonly jaas: string | null;
  readonly sid: bigint;
  readonly membership: Membership;
  readonly initLimit: number;
  readonly syncLimit: number;
  /** true when absent */
  readonly standaloneEnabled?: boolean;
  /** Ticks to reach a leader; 0, or absent: initLimit. */
  readonly connectLimit?: number;
  /** Election and leader port are on every address; false when absent. */
  readonly onAllAddresses?: boolean;
  /** Absent: configurations are kept in the tree only. */
  readonly configFiles?: ConfigFiles;
  /** Told when the server cannot go on: the disk failed. Nothing is acknowledged any more. */
  readonly onFailure: (error: unknown) => void;
}

export interface MemberEnvironment extends ServerEnvironment {
  readonly quorum: QuorumNetwork;
}

/** What others may see of it. */
export interface MemberState {
  readonly mode: 'looking' | 'leader' | 'follower' | 'observer';
  readonly epoch: number;
  readonly lastZxid: bigint;
}

/** No server has this id. */
const NOBODY = -1n;
const NO_STANDING: Standing = { leading: () => null, learning: () => null };
const DEFAULT_PACKET_BYTES = 2 * 0xf_ffff;

export class Member {
  readonly #environment: MemberEnvironment;
  readonly #options: MemberOptions;
  readonly #settings: Settings;
  readonly #memberSettings: MemberSettings;
  readonly #observerMasters: ObserverMasters | null;
  readonly #readOnly: ReadOnlyServer;
  readonly #stats: ServerStats;
  readonly #availability: Availability;
  readonly #house: Storehouse;
  readonly #connections: Connections;
  readonly #configurations: Configurations;
  readonly #election: ElectionPeer;
  readonly #electionNetwork: ElectionNetwork;
  #ports: ClientPorts | null = null;
  #http: readonly HttpListener[] = [];
  #term: Term | null = null;
  #cancelTick: CancelTimer = () => undefined;
  #stopping = false;
  /** Whether clients were ever served. */
  #served = false;
  #ended: () => void = () => undefined;

  private constructor(
    environment: MemberEnvironment, options: MemberOptions, settings: Settings, stats: ServerStats, house: Storehouse, auth: PeerAuth | undefined,
  ) {
    this.#environment = environment;
    this.#options = options;
    this.#settings = settings;
    this.#stats = stats;
    this.#availability = new Availability(stats, environment.clock);
    this.#house = house;
    const { config, sid, membership, syncLimit } = options;
    this.#memberSettings = readMemberSettings(config.properties);
    const { observerMasterPort } = this.#memberSettings;
    this.#observerMasters = observerMasterPort === null ? null : new ObserverMasters(observerMasterPort, environment.random);
    this.#readOnly = new ReadOnlyServer({
      enabled: this.#memberSettings.readOnlyMode,
      sid, tickMs: config.tickMs, clock: environment.clock, logger: environment.logger,
      servingParts: () => this.#servingParts(NOBODY, NO_STANDING),
    });
    this.#configurations = this.#makeConfigurations();
    this.#connections = new Connections({ perAddress: config.maxClientCnxns, all: settings.connectionsMax });
    const { minIntervalMs, maxIntervalMs, connectTimeoutMs, greetingTimeoutMs } = this.#memberSettings.election;
    this.#election = new ElectionPeer({
      ...ELECTION_DEFAULTS, minIntervalMs, maxIntervalMs, connectTimeoutMs, sid,
      logger: environment.logger,
      memberships: this.#configurations.memberships,
      reconfigEnabled: config.reconfigEnabled,
      ownAddresses: (membership.members.get(sid)?.addresses ?? []).map(({ host, electionPort: port }) => ({ host, port })),
      greetingTimeoutMs: greetingTimeoutMs ?? syncLimit * config.tickMs,
      auth,
    });
    this.#electionNetwork = environment.quorum.election((input) => this.#elect(input));
  }

  /**
   * Brings a member up: when this resolves it listens and looks for a leader.
   *
   * @throws ConfigError for a property that is wrong or not supported
   * @throws StorageError when the data directory is damaged
   * @throws UsageError when an address cannot be listened on
   */
  static async start(environment: MemberEnvironment, options: MemberOptions): Promise<Member> {
    const { properties } = options.config;
    const settings = readSettings(properties);
    refuseUnsupportedProperties(properties);
    const { prometheus } = readAdminSettings(properties);
    const { sync } = readMemberSettings(properties);
    for (const key of unknownProperties(properties)) environment.logger.log('warn', 'a key that no server knows is passed over', { key });
    readClientPortSettings(options.config);
    const { network, auth } = securedNetwork(environment, options);
    const stats = new ServerStats(prometheus !== null);
    let member: Member | null = null;
    const house = await Storehouse.open(environment, settings, stats, {
      onDurable: (zxid) => member?.durable(zxid),
      onFailure: (error) => options.onFailure(error),
    }, sync);
    member = new Member({ ...environment, quorum: network }, options, settings, stats, house, auth);
    await member.#open();
    return member;
  }

  get state(): MemberState {
    const mode = this.#term?.serving?.view.mode;
    return {
      mode: mode === 'leader' || mode === 'follower' || mode === 'observer' ? mode : 'looking',
      epoch: this.#house.epochs.current,
      lastZxid: this.#house.database.tree.lastZxid,
    };
  }

  /** The port in the clear; -1 when there is only one for TLS. */
  get port(): number {
    return this.#ports?.port ?? this.#options.config.clientPort;
  }

  /** The port for TLS; -1 when there is none. */
  get securePort(): number {
    return this.#ports?.securePort ?? -1;
  }

  get host(): string {
    return this.#ports?.host ?? '';
  }

  /** Everything up to here is on disk. */
  durable(zxid: bigint): void {
    this.#term?.durable(zxid);
  }

  /** Leaves the ensemble, says goodbye to its clients, and closes the log. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#cancelTick();
    this.#readOnly.end();
    const term = this.#term;
    term?.serving?.audit?.stopping();
    if (term !== null) {
      await new Promise<void>((resolve) => {
        this.#ended = resolve;
        term.stop('this server stops');
      });
    }
    await Promise.all([this.#ports?.close(), this.#electionNetwork.close(), ...this.#http.map((port) => port.close())]);
    await this.#house.close();
  }

  /** The tree remembers the configuration that was logged last, committed or not. */
  #makeConfigurations(): Configurations {
    const { config, membership, standaloneEnabled = true, configFiles = null } = this.#options;
    const { reconfigEnabled } = config;
    const logged = this.#house.database.tree.node(CONFIG_PATH)?.data ?? null;
    const remembered = logged === null || !reconfigEnabled ? null : readConfig(decodeUtf8(logged), { standaloneEnabled });
    const lastSeen = typeof remembered === 'string' ? null : remembered;
    return new Configurations(membership, lastSeen, { reconfigEnabled, standaloneEnabled }, configFiles, (memberships) => this.#election.setMemberships(memberships));
  }

  async #open(): Promise<void> {
    const { config, sid, membership, onAllAddresses = false } = this.#options;
    const { bindAttempts: attempts } = this.#memberSettings.election;
    const { listen, logger, clock } = this.#environment;
    const own = membership.members.get(sid)?.addresses[0];
    if (own !== undefined) await listenForElections(this.#electionNetwork, { host: onAllAddresses ? null : own.host, port: own.electionPort, attempts }, { clock, logger });
    const { words } = this.#settings;
    this.#ports = await ClientPorts.open(config, readClientPortSettings(config), {
      listen, logger, stats: this.#stats, connections: this.#connections,
      accept: (socket, onSecurePort) => {
        if (this.#stopping) return null;
        const serving = this.#servingClients;
        return serving === null ? turnedAway(socket, (word) => words === 'all' || words.has(word)) : serving.accept(socket, onSecurePort);
      },
    });
    this.#http = await openAdminPorts(this.#environment, readAdminSettings(config.properties), memberControl(this.#environment, this.#house, () => (this.#term?.serving ?? this.#readOnly.serving)?.view ?? null));
    this.#look();
  }

  /** Who takes clients now: a leader may leave them to others (Leader.startZkServer). */
  get #servingClients(): Serving | null {
    const { leaderServes } = this.#memberSettings;
    const serving = this.#term?.serving ?? this.#readOnly.serving;
    return serving !== null && !leaderServes && serving.view.mode === 'leader' ? null : serving;
  }

  #look(): void {
    if (this.#stopping) return;
    this.#readOnly.begin();
    this.#availability.looks();
    const { lastLogged: lastZxid, epochs } = this.#house;
    this.#elect({ kind: 'look', standing: { lastZxid, currentEpoch: BigInt(epochs.current) } });
  }

  #elect(input: ElectionInput): void {
    if (this.#stopping) return;
    const { clock } = this.#environment;
    const { network, outcome, adopted, looking } = this.#election.step(input, clock.monotonicMs());
    if (adopted !== null) this.#configurations.activate(adopted, this.#options.sid, NOBODY, null);
    this.#electionNetwork.perform(network);
    this.#cancelTick();
    const due = this.#election.deadlineMs;
    if (due !== null) this.#cancelTick = clock.after(Math.max(0, due - clock.monotonicMs()), () => this.#elect({ kind: 'tick' }));
    for (const sid of looking) this.#term?.looking?.(sid);
    if (outcome !== null) this.#begin(outcome);
  }

  #begin({ state, vote, supporters }: Outcome): void {
    const { logger } = this.#environment;
    logger.log('info', 'a leader is elected', { leader: vote.leader, own: this.#options.sid, round: vote.round });
    this.#readOnly.end();
    this.#beginTerm(state, vote.leader, supporters);
  }

  #beginTerm(state: number, leader: bigint, voters?: ReadonlySet<bigint>): void {
    const parts = this.#termParts();
    this.#availability.elected(state === STATE.observing);
    this.#term = state === STATE.leading ? new LeaderTerm(parts, voters) : new LearnerTerm(parts, leader, state === STATE.observing);
    this.#term.start();
  }

  #termParts(): TermParts {
    const { clock, logger, random, quorum: network } = this.#environment;
    const { observerConnectDelayMs: connectDelayMs } = this.#memberSettings;
    const { sid, config, initLimit, syncLimit, connectLimit = 0, onAllAddresses = false } = this.#options;
    const limits: TermLimits = { tickMs: config.tickMs, initLimit, syncLimit };
    return {
      sid, clock, logger, network, limits, onAllAddresses,
      settings: this.#memberSettings,
      connectTimeoutMs: config.tickMs * (connectLimit === 0 ? initLimit : connectLimit),
      connectDelayMs: this.#observes && connectDelayMs > 0 ? below(random, connectDelayMs) : 0,
      configurations: this.#configurations,
      house: this.#house,
      stats: this.#stats,
      packetBytesMax: Math.max(DEFAULT_PACKET_BYTES, this.#settings.requestBytesMax * 2),
      observerMasterPort: this.#memberSettings.observerMasterPort,
      observerMasters: this.#observerMasters,
      servingParts: (leader, standing) => this.#servingParts(leader, standing),
      events: {
        onServing: (epoch) => this.#onServing(epoch),
        onReconfigured: () => void this.#reconfigured(),
        onEnded: (reason, designated) => this.#onEnded(reason, designated),
        onFailure: (error) => this.#options.onFailure(error),
      },
    };
  }

  #onServing(epoch: number): void {
    this.#election.setEpoch(BigInt(epoch));
    this.#availability.serves(this.#term instanceof LeaderTerm);
    if (this.#served) return;
    this.#served = true;
    this.#term?.serving?.audit?.started();
  }

  #onEnded(reason: string, designated: Designated | null): void {
    this.#environment.logger.log('info', 'a term has ended', { reason });
    this.#term = null;
    this.#ended();
    if (designated === null) this.#lookAgain();
    else this.#follow(designated);
  }

  /** Observers that all lost the same leader do not disturb the election at once (Observer.waitForObserverElectionDelay). */
  #lookAgain(): void {
    const { clock, random } = this.#environment;
    const mostMs = this.#observes ? this.#memberSettings.observerDelayMs : 0;
    if (mostMs > 0) clock.after(below(random, mostMs), () => this.#look());
    else this.#look();
  }

  get #observes(): boolean {
    return this.#configurations.current.members.get(this.#options.sid)?.role === 'observer';
  }

  /** With a designated leader no election is needed (QuorumPeer.updateServerState). */
  #follow({ leader, zxid }: Designated): void {
    if (this.#stopping) return;
    this.#availability.lost();
    const state = leader === this.#options.sid ? STATE.leading : this.#observes ? STATE.observing : STATE.following;
    this.#election.assume(state, leader, zxid);
    this.#beginTerm(state, leader);
  }

  /** What clients read of the configuration, and where they find this server, follows it. */
  async #reconfigured(): Promise<void> {
    this.#showConfiguration();
    const client = this.#configurations.current.members.get(this.#options.sid)?.client ?? null;
    if (client === null || client.port === this.port || this.#stopping) return;
    try {
      await this.#ports?.move(client.host, client.port);
    } catch (error) {
      this.#environment.logger.log('error', 'the new client port cannot be listened on; the old one stays', { error });
    }
  }

  #showConfiguration(): void {
    const { current } = this.#configurations;
    const now = BigInt(Math.floor(this.#environment.clock.wallMs()));
    this.#house.database.tree.setConfig(encodeUtf8(formatMembership(current)), current.version, now);
  }

  #ensembleView(leader: bigint, { leading, learning }: Standing): EnsembleView {
    const { sid, initLimit, syncLimit, config } = this.#options;
    const clientAddress = `${config.clientPortAddress ?? '0.0.0.0'}:${this.port}`;
    return ensembleView({ sid, initLimit, syncLimit, clientAddress, leader, leading: leading(), learning: learning(), membership: this.#configurations.current });
  }

  #servingParts(leader: bigint, standing: Standing): ServingParts {
    const { config, configText, jaas } = this.#options;
    this.#showConfiguration();
    return {
      environment: this.#environment,
      config, configText, jaas,
      settings: this.#settings,
      database: this.#house.database,
      stats: this.#stats,
      connections: this.#connections,
      port: () => this.port,
      ensemble: () => this.#ensembleView(leader, standing),
      tls: { port: () => this.securePort, handshakes: () => this.#ports?.handshakes ?? 0 },
      persist: (txn) => this.#house.append(txn),
    };
  }
}
