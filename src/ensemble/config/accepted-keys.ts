/**
 * Keys of Apache's server that change nothing here, and keys that would and are refused (docs/server-configuration.md
 * has the whole list). Names without the `zookeeper.` that they have as properties.
 */

import { ConfigError } from './config-error.ts';
import { parseFlag } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

/** They tune or watch parts that are built in another way here. What they say is not even read. */
export const WITHOUT_EFFECT: readonly string[] = [
  'nio.numSelectorThreads', 'nio.numWorkerThreads', 'nio.directBufferBytes', 'nio.shutdownTimeout', 'serverCnxnFactory',
  'netty.advancedFlowControl.enabled', 'netty.server.earlyDropSecureConnectionHandshakes', 'clientTcpKeepAlive', 'tcpKeepAlive',
  'flushDelay', 'maxWriteQueuePollTime', 'maxBatchSize', 'intBufferStartingSizeBytes', 'jute.maxbuffer.extrasize',
  'maxResponseCacheSize', 'maxGetChildrenResponseCacheSize', 'request_throttler.shutdownTimeout',
  'commitProcessor.numWorkerThreads', 'commitProcessor.maxReadBatchSize', 'commitProcessor.maxCommitBatchSize', 'commitProcessor.shutdownTimeout',
  'watchManagerName', 'bitHashCacheSize', 'watcherCleanThreadsNum', 'watcherCleanIntervalInSeconds', 'watcherCleanThreshold', 'maxInProcessingDeadWatchers',
  'jmx.log4j.disable', 'jmx.log4j.mbean', 'jvm.pause.monitor', 'jvm.pause.sleep.time.ms', 'jvm.pause.warn-threshold.ms', 'jvm.pause.info-threshold.ms',
  'admin.httpVersion', 'metricsProvider.exportJvmInfo', 'metricsProvider.numWorkerThreads', 'metricsProvider.maxQueueSize', 'metricsProvider.workerShutdownTimeoutMs',
  'kinit', 'requireKerberosConfig', 'security.auth_to_local', 'server.realm',
  'kerberos.canonicalizeHostNames', 'kerberos.removeHostFromPrincipal', 'kerberos.removeRealmFromPrincipal',
  'ssl.hostnameVerification', 'ssl.allowReverseDnsLookup', 'ssl.sslProvider', 'ensembleAuthName', 'fips-mode', 'log.dir', 'log.file', 'log.threshold', 'root.logger', 'console.threshold', 'tracelog.dir', 'tracelog.file',
  'configuration', 'controllerPort', 'pathStats.slotCapacity', 'pathStats.slotDuration', 'pathStats.maxDepth', 'pathStats.sampleRate',
  'pathStats.initialDelay', 'pathStats.delay', 'pathStats.topPathMax',
  // Of members of an ensemble.
  'leader.ackLoggingFrequency', 'leader.closeSocketAsync', 'learner.closeSocketAsync', 'learner.asyncSending', 'leader.nodelay', 'follower.nodelay',
  'follower.skipLearnerRequestToNextProcessor', 'forward_learner_requests_to_commit_processor_disabled', 'syncEnabled', 'observer.syncEnabled',
  'observerMaster.sizeLimit', 'messageTracker.Enabled', 'messageTracker.BufferSize', 'test.allowDiscontinuousProposals',
  'quorum.cnxn.threads.size', 'multiAddress.reachabilityCheckEnabled', 'multiAddress.reachabilityCheckTimeoutMs',
];

/** They change only how a member of an ensemble works. `readMemberSettings` looks at them. */
export const ENSEMBLE_ONLY: readonly string[] = [
  'cnxTimeout', 'quorumCnxnTimeoutMs', 'electionPortBindRetry', 'fastleader.minNotificationInterval', 'fastleader.maxNotificationInterval',
  'leader.maxTimeToWaitForEpoch', 'leaderConnectDelayDuringRetryMs', 'leaderServes', 'observer.reconnectDelayMs', 'observer.election.DelayMs',
  'leader.maxConcurrentSnapSyncs', 'leader.maxConcurrentDiffSyncs', 'commitLogCount', 'snapshotSizeFactor', 'forceSnapshotSync',
  'enableEagerACLCheck', 'readonlymode.enabled', 'observerMasterPort',
];

/** Switches of what is not here: they may stand there as long as they have this value. */
export const REFUSED_UNLESS: ReadonlyMap<string, 'true' | 'false'> = new Map([
  ['emulate353TTLNodes', 'false'], ['pathStats.enabled', 'false'], ['IPAuthenticationProvider.usexforwardedfor', 'false'],
  ['datadir.autocreate', 'true'], ['db.autocreate', 'true'],
] as const);

/** Names of classes: only Apache's own can be meant, since no Java class can be loaded. */
export const ONLY_CLASS: ReadonlyMap<string, string> = new Map([
  ['audit.impl.class', 'org.apache.zookeeper.audit.Slf4jAuditLogger'],
]);

/** Refused, whatever they say. */
export const REFUSED: readonly string[] = ['testingonly.initialZxid', 'metricsProvider.httpsPort'];

/**
 * Refuses what an operator would rely on and not get.
 *
 * @throws ConfigError naming the key
 */
export function refuseMissingParts(properties: Properties): void {
  const get = (key: string): string | undefined => properties.get(`zookeeper.${key}`)?.trim();
  for (const [key, only] of REFUSED_UNLESS) {
    const text = get(key);
    if (text !== undefined && String(parseFlag(key, text)) !== only) throw new ConfigError(`${key}=${text}: not supported`);
  }
  for (const [key, only] of ONLY_CLASS) {
    const text = get(key);
    if (text !== undefined && text !== only) throw new ConfigError(`${key}=${text}: not supported; there is only ${only}`);
  }
  for (const key of REFUSED) if (get(key) !== undefined) throw new ConfigError(`${key}: not supported`);
}
