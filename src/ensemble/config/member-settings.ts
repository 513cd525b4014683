/** What Apache's members of an ensemble take as Java system properties, read and checked (facts 2.2, 5.1). */

import { parseDecimal, parseFlag, parsePropertyWhole, parseWhole, parseYesNo } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

export interface MemberSettings {
  /** readonlymode.enabled: without a leader, clients that may read only are served. */
  readonly readOnlyMode: boolean;
  /** leaderServes: a leader takes clients itself. */
  readonly leaderServes: boolean;
  /** enableEagerACLCheck: writes that their ACLs forbid are refused before they go to the leader. */
  readonly checksAclsEarly: boolean;
  /** observerMasterPort: followers take observers there, and observers go there; null where the leader takes them. */
  readonly observerMasterPort: number | null;
  readonly election: ElectionSettings;
  /** leaderConnectDelayDuringRetryMs: between two tries to reach a leader. */
  readonly leaderRetryMs: number;
  /** observer.election.DelayMs: how long an observer that lost its leader waits at most before it looks for one. */
  readonly observerDelayMs: number;
  /** observer.reconnectDelayMs: how long at most before it connects to the leader that it has found. */
  readonly observerConnectDelayMs: number;
  readonly sync: SyncSettings;
}

/** QuorumCnxManager, FastLeaderElection, Leader */
export interface ElectionSettings {
  /** cnxTimeout */
  readonly connectTimeoutMs: number;
  /** quorumCnxnTimeoutMs: for the greeting of who connects; null: syncLimit ticks. */
  readonly greetingTimeoutMs: number | null;
  /** electionPortBindRetry: so often the port is tried; 0: without end. */
  readonly bindAttempts: number;
  /** fastleader.minNotificationInterval */
  readonly minIntervalMs: number;
  /** fastleader.maxNotificationInterval */
  readonly maxIntervalMs: number;
  /** leader.maxTimeToWaitForEpoch: a leader gives up after so long when one of its voters looks again; null: never. */
  readonly epochWaitMs: number | null;
}

/** How a leader brings learners up to date (ZKDatabase, LearnerHandler, LearnerSyncThrottler). */
export interface SyncSettings {
  /** commitLogCount: committed transactions kept in memory, at least 500. */
  readonly commitLogCount: number;
  /** snapshotSizeFactor: what may be read from the log for one learner, as a part of the newest snapshot; below 0: nothing. Null: not set. */
  readonly snapshotSizeFactor: number | null;
  /** forceSnapshotSync */
  readonly forceSnapshot: boolean;
  /** leader.maxConcurrentSnapSyncs: an observer that comes while so many learners are sent snapshots must come again. */
  readonly snapsMax: number;
  /** leader.maxConcurrentDiffSyncs: likewise of those that are sent transactions. */
  readonly diffsMax: number;
}

const PORT_MAX = 65_535;

export const SYNC_DEFAULTS: SyncSettings = { commitLogCount: 500, snapshotSizeFactor: null, forceSnapshot: false, snapsMax: 10, diffsMax: 100 };

/**
 * Reads the properties that only members heed.
 *
 * @throws ConfigError naming the property and the value
 */
export function readMemberSettings(properties: Properties): MemberSettings {
  const read = <T>(key: string, fallback: T, parse: (key: string, text: string) => T): T => {
    const text = properties.get(`zookeeper.${key}`);
    return text === undefined ? fallback : parse(key, text);
  };
  const whole = (key: string, fallback: number, min: number): number => read(key, fallback, (name, text) => parsePropertyWhole(name, text, { min }));
  const orNull = (value: number, least: number): number | null => (value < least ? null : value);
  const readOnly = properties.get('readonlymode.enabled');
  const factor = read<number | null>('snapshotSizeFactor', null, parseDecimal);
  return {
    readOnlyMode: readOnly !== undefined && parseFlag('readonlymode.enabled', readOnly),
    leaderServes: read('leaderServes', true, parseYesNo),
    checksAclsEarly: read('enableEagerACLCheck', false, parseFlag),
    observerMasterPort: orNull(read('observerMasterPort', 0, (name, text) => parseWhole(name, text, { max: PORT_MAX })), 1),
    election: {
      connectTimeoutMs: whole('cnxTimeout', 5_000, 1),
      greetingTimeoutMs: orNull(whole('quorumCnxnTimeoutMs', -1, -1), 1),
      bindAttempts: whole('electionPortBindRetry', 3, 0),
      minIntervalMs: whole('fastleader.minNotificationInterval', 200, 1),
      maxIntervalMs: whole('fastleader.maxNotificationInterval', 60_000, 1),
      epochWaitMs: orNull(whole('leader.maxTimeToWaitForEpoch', -1, -1), 0),
    },
    leaderRetryMs: whole('leaderConnectDelayDuringRetryMs', 100, 0),
    observerDelayMs: whole('observer.election.DelayMs', 200, 0),
    observerConnectDelayMs: whole('observer.reconnectDelayMs', 0, 0),
    sync: {
      commitLogCount: Math.max(SYNC_DEFAULTS.commitLogCount, whole('commitLogCount', SYNC_DEFAULTS.commitLogCount, 0)),
      // More than a snapshot's own size makes no sense: Apache's server takes the default for it.
      snapshotSizeFactor: factor !== null && factor > 1 ? null : factor,
      forceSnapshot: read('forceSnapshotSync', false, parseFlag),
      snapsMax: whole('leader.maxConcurrentSnapSyncs', SYNC_DEFAULTS.snapsMax, 1),
      diffsMax: whole('leader.maxConcurrentDiffSyncs', SYNC_DEFAULTS.diffsMax, 1),
    },
  };
}
