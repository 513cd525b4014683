/**
 * A member of an ensemble (QuorumPeer): looks for a leader, spends a term with it or as it, and looks again. It owns
 * what outlives the terms: the disk, the ports, the connections of its clients.
 */

import { readSettings, refuseUnsupportedProperties, type Settings } from '../config/settings.ts';
import { readAdminSettings } from '../config/admin-settings.ts';
import type { ZooCfg } from '../config/zoo-cfg.ts';
import type { CancelTimer } from '../../base/clock.ts';
import { encodeUtf8 } from '../../base/text.ts';
import { Connections } from '../connections.ts';
import type { ServerEnvironment } from '../environment.ts';
import type { Listener } from '../listener.ts';
import { ServerStats } from '../processors/stats.ts';
import type { ElectionNetwork, QuorumNetwork } from '../quorum-network.ts';
import { ElectionPeer, type ElectionInput } from '../replication/election/election-peer.ts';
import { ELECTION_DEFAULTS, type Outcome } from '../replication/election/fast-leader-election.ts';
import { formatMembership, type Membership } from '../replication/quorum/membership.ts';
import type { ServingParts } from '../serving.ts';
import { STATE } from '../../wire/quorum/notification.ts';
import { LeaderTerm } from './leader-term.ts';
import { LearnerTerm } from './learner-term.ts';
import { Storehouse } from './storehouse.ts';
import type { Term, TermLimits, TermParts } from './term.ts';
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

const CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_PACKET_BYTES = 2 * 0xf_ffff;

export class Member {
  readonly #environment: MemberEnvironment;
  readonly #options: MemberOptions;
  readonly #settings: Settings;
  readonly #stats: ServerStats;
  readonly #house: Storehouse;
  readonly #connections: Connections;
  readonly #election: ElectionPeer;
  readonly #electionNetwork: ElectionNetwork;
  #listener: Listener | null = null;
  #term: Term | null = null;
  #cancelTick: CancelTimer = () => undefined;
  #stopping = false;
  #ended: () => void = () => undefined;

  private constructor(environment: MemberEnvironment, options: MemberOptions, settings: Settings, stats: ServerStats, house: Storehouse) {
    this.#environment = environment;
    this.#options = options;
    this.#settings = settings;
    this.#stats = stats;
    this.#house = house;
    const { config, sid, membership, syncLimit } = options;
    this.#connections = new Connections({ perAddress: config.maxClientCnxns, all: settings.connectionsMax });
    this.#election = new ElectionPeer({
      ...ELECTION_DEFAULTS, sid,
      logger: environment.logger,
      memberships: { current: membership, lastSeen: membership },
      reconfigEnabled: config.reconfigEnabled,
      ownAddresses: (membership.members.get(sid)?.addresses ?? []).map(({ host, electionPort: port }) => ({ host, port })),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      greetingTimeoutMs: syncLimit * config.tickMs,
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
    readAdminSettings(properties);
    const stats = new ServerStats();
    let member: Member | null = null;
    const house = await Storehouse.open(environment, settings, stats, {
      onDurable: (zxid) => member?.durable(zxid),
      onFailure: (error) => options.onFailure(error),
    });
    member = new Member(environment, options, settings, stats, house);
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

  get port(): number {
    return this.#listener?.port ?? this.#options.config.clientPort;
  }

  get host(): string {
    return this.#listener?.host ?? '';
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
    const term = this.#term;
    if (term !== null) {
      await new Promise<void>((resolve) => {
        this.#ended = resolve;
        term.stop('this server stops');
      });
    }
    await Promise.all([this.#listener?.close(), this.#electionNetwork.close()]);
    await this.#house.close();
  }

  async #open(): Promise<void> {
    const { config, sid, membership } = this.#options;
    const own = membership.members.get(sid)?.addresses[0];
    if (own !== undefined) await this.#electionNetwork.listen(own.host, own.electionPort);
    const { clientPort: port, clientPortAddress: host, clientPortListenBacklog: backlog } = config;
    const words = this.#settings.words;
    this.#listener = await this.#environment.listen({ port, host, backlog }, (socket) => {
      if (this.#stopping) return null;
      return this.#term?.serving?.accept(socket) ?? turnedAway(socket, (word) => words === 'all' || words.has(word));
    });
    this.#look();
  }

  #look(): void {
    if (this.#stopping) return;
    const { lastLogged: lastZxid, epochs } = this.#house;
    this.#elect({ kind: 'look', standing: { lastZxid, currentEpoch: BigInt(epochs.current) } });
  }

  #elect(input: ElectionInput): void {
    if (this.#stopping) return;
    const { clock } = this.#environment;
    const { network, outcome } = this.#election.step(input, clock.monotonicMs());
    this.#electionNetwork.perform(network);
    this.#cancelTick();
    const due = this.#election.deadlineMs;
    if (due !== null) this.#cancelTick = clock.after(Math.max(0, due - clock.monotonicMs()), () => this.#elect({ kind: 'tick' }));
    if (outcome !== null) this.#begin(outcome);
  }

  #begin({ state, vote }: Outcome): void {
    const { logger } = this.#environment;
    logger.log('info', 'a leader is elected', { leader: vote.leader, own: this.#options.sid, round: vote.round });
    const parts = this.#termParts();
    this.#term = state === STATE.leading ? new LeaderTerm(parts) : new LearnerTerm(parts, vote.leader, state === STATE.observing);
    this.#term.start();
  }

  #termParts(): TermParts {
    const { clock, logger, quorum: network } = this.#environment;
    const { sid, membership, config, initLimit, syncLimit } = this.#options;
    const limits: TermLimits = { tickMs: config.tickMs, initLimit, syncLimit };
    return {
      sid, clock, logger, network, membership, limits,
      house: this.#house,
      packetBytesMax: Math.max(DEFAULT_PACKET_BYTES, this.#settings.requestBytesMax * 2),
      servingParts: () => this.#servingParts(),
      events: {
        onServing: (epoch) => this.#election.setEpoch(BigInt(epoch)),
        onConfigSeen: () => undefined,
        onEnded: (reason) => this.#onEnded(reason),
        onFailure: (error) => this.#options.onFailure(error),
      },
    };
  }

  #onEnded(reason: string): void {
    this.#environment.logger.log('info', 'looking for a leader', { reason });
    this.#term = null;
    this.#ended();
    this.#look();
  }

  #servingParts(): ServingParts {
    const { config, configText, jaas, membership } = this.#options;
    const now = BigInt(Math.floor(this.#environment.clock.wallMs()));
    this.#house.database.tree.setConfig(encodeUtf8(formatMembership(membership)), membership.version, now);
    return {
      environment: this.#environment,
      config, configText, jaas,
      settings: this.#settings,
      database: this.#house.database,
      stats: this.#stats,
      connections: this.#connections,
      port: () => this.port,
      persist: (txn) => this.#house.append(txn),
    };
  }
}
