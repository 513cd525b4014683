/** Who has to prove who they are, and how: properties of authentication beyond digest and SASL (facts 1.15). */

import { ConfigError } from './config-error.ts';
import { parseFlag } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

export interface SecuritySettings {
  /** authProvider.N names X509: its ids may stand in ACLs even where no port speaks TLS. */
  readonly x509InAcls: boolean;
  /** X509AuthenticationProvider.superUser: the owner of a certificate who may do everything. */
  readonly x509SuperUser: string | null;
  /** A client needs an identity of one of these schemes before anything else; null: none. */
  readonly enforcedSchemes: ReadonlySet<string> | null;
}

const X509_PROVIDER_CLASS = 'org.apache.zookeeper.server.auth.X509AuthenticationProvider';
const AUTH_PROVIDER = /^zookeeper\.authProvider\./;
const ENABLED = 'zookeeper.enforce.auth.enabled';
const SCHEMES = 'zookeeper.enforce.auth.schemes';
const SASL_REQUIRED = 'zookeeper.sessionRequireClientSASLAuth';

/**
 * Reads the properties.
 *
 * @throws ConfigError naming the property
 */
export function readSecuritySettings(properties: Properties): SecuritySettings {
  return {
    x509InAcls: [...properties].some(([name, value]) => AUTH_PROVIDER.test(name) && value.trim() === X509_PROVIDER_CLASS),
    x509SuperUser: properties.get('zookeeper.X509AuthenticationProvider.superUser') ?? null,
    enforcedSchemes: readEnforcedSchemes(properties),
  };
}

/** By AuthenticationHelper: the older property demands SASL and nothing else, whatever the newer ones say. */
function readEnforcedSchemes(properties: Properties): ReadonlySet<string> | null {
  const flag = (name: string): boolean => {
    const text = properties.get(name);
    return text !== undefined && parseFlag(name, text);
  };
  if (flag(SASL_REQUIRED)) return new Set(['sasl']);
  if (!flag(ENABLED)) return null;
  const schemes = (properties.get(SCHEMES) ?? '').split(',').map((scheme) => scheme.trim()).filter((scheme) => scheme !== '');
  if (schemes.length === 0) throw new ConfigError(`${ENABLED}=true: ${SCHEMES} must be set as well`);
  return new Set(schemes);
}

/**
 * Refuses a scheme that nobody could ever prove.
 *
 * @throws ConfigError naming the scheme
 */
export function checkEnforcedSchemes({ enforcedSchemes }: SecuritySettings, isKnown: (scheme: string) => boolean): void {
  for (const scheme of enforcedSchemes ?? []) {
    if (!isKnown(scheme)) throw new ConfigError(`${SCHEMES}: the authentication scheme ${scheme} is not available on this server`);
  }
}
