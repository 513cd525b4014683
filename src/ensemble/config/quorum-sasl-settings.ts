/**
 * SASL between the members of an ensemble (facts 5.12; QuorumAuth, QuorumPeerConfig): the keys under `quorum.auth.`,
 * read and checked.
 */

import { ConfigError } from './config-error.ts';
import { parseFlag } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

export interface QuorumSaslSettings {
  /** learnerRequireSasl: this server proves who it is wherever it calls. */
  readonly callerProves: boolean;
  /** serverRequireSasl: who calls this server and proves nothing is sent away. */
  readonly demanded: boolean;
  /** Sections of the JAAS file: whom to believe, and who this server is. */
  readonly serverSection: string;
  readonly learnerSection: string;
}

const PREFIX = 'quorum.auth.';

/**
 * Reads the keys.
 *
 * @returns null without `quorum.auth.enableSasl`
 * @throws ConfigError naming the key, also where one is of no use without another
 */
export function readQuorumSasl(properties: Properties): QuorumSaslSettings | null {
  const get = (name: string): string | null => {
    const text = properties.get(`zookeeper.${PREFIX}${name}`)?.trim() ?? '';
    return text === '' ? null : text;
  };
  const flag = (name: string): boolean => {
    const text = get(name);
    return text !== null && parseFlag(PREFIX + name, text);
  };
  const enabled = flag('enableSasl');
  const callerProves = flag('learnerRequireSasl');
  const demanded = flag('serverRequireSasl');
  const needs = (key: string, other: string): never => {
    throw new ConfigError(`${PREFIX}${key}=true: ${PREFIX}${other} must be true as well`);
  };
  if (demanded && !enabled) needs('serverRequireSasl', 'enableSasl');
  if (callerProves && !enabled) needs('learnerRequireSasl', 'enableSasl');
  // Members that demand what they do not do themselves could never call each other.
  if (demanded && !callerProves) needs('serverRequireSasl', 'learnerRequireSasl');
  const principal = get('kerberos.servicePrincipal');
  if (principal !== null) throw new ConfigError(`${PREFIX}kerberos.servicePrincipal=${principal}: not supported; members prove who they are by DIGEST-MD5`);
  const settings = {
    callerProves, demanded,
    serverSection: get('server.saslLoginContext') ?? 'QuorumServer',
    learnerSection: get('learner.saslLoginContext') ?? 'QuorumLearner',
  };
  return enabled ? settings : null;
}
