/** What the terms of a member have in common: what each is given, and how it ends. */

import type { Logger } from '../../base/logger.ts';
import type { Clock } from '../../base/clock.ts';
import type { MemberSettings } from '../config/member-settings.ts';
import type { LeadingView, LearningView } from '../admin/ensemble-view.ts';
import type { ServerStats } from '../processors/stats.ts';
import type { QuorumNetwork } from '../quorum-network.ts';
import type { Configurations } from './configurations.ts';
import type { ObserverMasters } from './observer-masters.ts';
import type { Serving, ServingParts } from '../serving.ts';
import type { Storehouse } from './storehouse.ts';

/** Limits of zoo.cfg, in ticks but for the tick. */
export interface TermLimits {
  readonly tickMs: number;
  readonly initLimit: number;
  readonly syncLimit: number;
}

/** Who leads after a reconfiguration, without an election. */
export interface Designated {
  readonly leader: bigint;
  readonly zxid: bigint;
}

/** What administration may see of a term; null for what it is not. */
export interface Standing {
  readonly leading: () => LeadingView | null;
  readonly learning: () => LearningView | null;
}

export interface TermEvents {
  /** The epoch is this server's; clients are served. */
  onServing(epoch: number): void;
  /** Another configuration is in force. */
  onReconfigured(): void;
  /** Everything is taken back and the disk has all: a leader is to be looked for, unless one is designated. */
  onEnded(reason: string, designated: Designated | null): void;
  /** The disk failed: this server must stop. */
  onFailure(error: unknown): void;
}

export interface TermParts {
  readonly sid: bigint;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly network: QuorumNetwork;
  readonly house: Storehouse;
  readonly stats: ServerStats;
  readonly configurations: Configurations;
  readonly limits: TermLimits;
  readonly settings: MemberSettings;
  /** connectToLearnerMasterLimit: ms to reach a leader. */
  readonly connectTimeoutMs: number;
  /** observer.reconnectDelayMs: ms to wait before that. */
  readonly connectDelayMs: number;
  /** quorumListenOnAllIPs: the leader port is on every address, not only on this server's own. */
  readonly onAllAddresses: boolean;
  /** The longest buffer in a packet of the leader port, in bytes. */
  readonly packetBytesMax: number;
  /** Where a follower takes observers; null where it does not. */
  readonly observerMasterPort: number | null;
  /** Whom an observer goes to in the leader's place; null where it goes to the leader. */
  readonly observerMasters: ObserverMasters | null;
  /** Made anew, since the tree may have been replaced since the last term. */
  servingParts(leader: bigint, standing: Standing): ServingParts;
  readonly events: TermEvents;
}

/** The time between two election outcomes that this server spends with one leader, itself or another. */
export interface Term {
  readonly serving: Serving | null;
  start(): void;
  /** Everything up to here is on disk. */
  durable(zxid: bigint): void;
  /** A server looks for a leader. */
  looking?(sid: bigint): void;
  /** Ends it; `onEnded` follows. */
  stop(reason: string, designated?: Designated | null): void;
}
