/**
 * Which keys mean something to this server. Nobody keeps a list of those that are honoured: they are what the readers
 * of the configuration ask for.
 */

import { ENSEMBLE_ONLY, ONLY_CLASS, REFUSED, REFUSED_UNLESS, WITHOUT_EFFECT } from './accepted-keys.ts';
import { readAdminSettings } from './admin-settings.ts';
import { readMemberSettings } from './member-settings.ts';
import { readQuorumSasl } from './quorum-sasl-settings.ts';
import { readQuorumTls } from './quorum-tls-settings.ts';
import { readSettings } from './settings.ts';
import { readTlsSettings } from './tls-settings.ts';
import type { Properties } from './zoo-cfg.ts';

/** A map that remembers what it was asked for. */
class Asked extends Map<string, string> {
  readonly names = new Set<string>();

  override get(name: string): string | undefined {
    this.names.add(name);
    return super.get(name);
  }
}

/** So that readers look at everything that they know. */
const SWITCHED_ON: readonly (readonly [string, string])[] = [
  ['zookeeper.admin.enableServer', 'true'],
  ['zookeeper.metricsProvider.className', 'org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider'],
  ['zookeeper.ssl.keyStore.location', 'key.pem'],
  ['zookeeper.ssl.trustStore.location', 'trust.pem'],
  ['zookeeper.connection_throttle_weight_enabled', 'true'],
  ['zookeeper.enforce.auth.enabled', 'true'],
  ['zookeeper.enforce.auth.schemes', 'digest'],
  ['zookeeper.sslQuorum', 'true'],
  ['zookeeper.ssl.quorum.keyStore.location', 'key.pem'],
  ['zookeeper.ssl.quorum.trustStore.location', 'trust.pem'],
];

/** Asked for by other parts than the readers here. */
const ASKED_ELSEWHERE = ['java.security.auth.login.config', 'zookeeper.client.portUnification'];

/** Keys of which there may be many. */
const PATTERNS = [/^zookeeper\.authProvider\./, /^zookeeper\.superUser(\.|$)/, /^zookeeper\.ssl\.x509\./];

/** Properties that the readers of the configuration ask for. */
export function honouredProperties(): ReadonlySet<string> {
  const asked = new Asked(SWITCHED_ON);
  readSettings(asked);
  readAdminSettings(asked);
  readTlsSettings(asked);
  readMemberSettings(asked);
  readQuorumTls(asked);
  readQuorumSasl(asked);
  return new Set([...asked.names, ...ASKED_ELSEWHERE]);
}

/** What the configuration sets and nothing here knows: most often a slip of the pen. Java's own properties are left alone. */
export function unknownProperties(properties: Properties): string[] {
  const known = new Set([
    ...honouredProperties(),
    ...[...WITHOUT_EFFECT, ...ENSEMBLE_ONLY, ...REFUSED, ...REFUSED_UNLESS.keys(), ...ONLY_CLASS.keys()].map((key) => `zookeeper.${key}`),
  ]);
  return [...properties.keys()].filter((name) => name.startsWith('zookeeper.') && !known.has(name) && !PATTERNS.some((pattern) => pattern.test(name)));
}
