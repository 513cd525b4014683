/**
 * TLS between the members of an ensemble (facts 5.11; QuorumPeerConfig, QuorumX509Util): `sslQuorum`, `portUnification`
 * and the keys under `ssl.quorum.`, read and checked.
 */

import { ConfigError } from './config-error.ts';
import { readPortTls, type TlsSettings } from './tls-settings.ts';
import { parseFlag } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

export interface QuorumTlsSettings {
  /** The trust store is always there. */
  readonly tls: TlsSettings;
  /** sslQuorum: other members are called over TLS. */
  readonly callsOverTls: boolean;
  /** portUnification, or no sslQuorum: members may come in the clear as well; the first bytes tell them apart. */
  readonly plainToo: boolean;
  /** hostnameVerification: a member that is called must show a certificate with its address or its host's name. */
  readonly checksCalled: boolean;
  /** clientHostnameVerification: likewise a member that calls. */
  readonly checksCallers: boolean;
  /** allowReverseDnsLookup: an address may be looked up to find the name. */
  readonly reverseLookup: boolean;
}

const PREFIX = 'ssl.quorum.';
/** So many members come at once, and never more. */
const HANDSHAKES_MAX = 64;
/** Switches of what is not here. */
const REFUSED_WHEN_TRUE = ['crl', 'ocsp'];

/**
 * Reads the keys.
 *
 * @returns null when members speak in the clear alone
 * @throws ConfigError naming the key
 */
export function readQuorumTls(properties: Properties): QuorumTlsSettings | null {
  const flag = (key: string, fallback: boolean): boolean => {
    const text = properties.get(`zookeeper.${key}`)?.trim() ?? '';
    return text === '' ? fallback : parseFlag(key, text);
  };
  const callsOverTls = flag('sslQuorum', false);
  const unified = flag('portUnification', false);
  const reload = flag('sslQuorumReloadCertFiles', false);
  if (!callsOverTls && !unified) return null;
  for (const name of REFUSED_WHEN_TRUE) {
    if (flag(PREFIX + name, false)) throw new ConfigError(`${PREFIX}${name}=true: not supported`);
  }
  const supplier = properties.get(`zookeeper.${PREFIX}context.supplier.class`);
  if (supplier !== undefined) throw new ConfigError(`${PREFIX}context.supplier.class=${supplier}: a Java class cannot be used here`);
  const port = readPortTls(properties, PREFIX);
  if (port.trustStore === null) throw new ConfigError(`${PREFIX}trustStore.location is not set: no member could show a certificate that is trusted`);
  const checksCalled = flag(`${PREFIX}hostnameVerification`, true);
  return {
    tls: { ...port, handshakesMax: HANDSHAKES_MAX, reload },
    callsOverTls,
    plainToo: unified || !callsOverTls,
    checksCalled,
    checksCallers: flag(`${PREFIX}clientHostnameVerification`, true) && checksCalled,
    reverseLookup: flag(`${PREFIX}allowReverseDnsLookup`, true),
  };
}
