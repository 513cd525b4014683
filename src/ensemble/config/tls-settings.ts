/**
 * The `ssl.` keys of the client port (facts 5.1; X509Util, ClientX509Util, SSLContextAndOptions), read and checked,
 * and those of them that the ports between members have as well. Files are only named here: whoever listens reads them.
 */

import { ConfigError } from './config-error.ts';
import { parseCipherSuites, parseTlsVersions, TLS_VERSIONS, type TlsVersion } from './tls-names.ts';
import { parseFlag, parseWhole } from './values.ts';
import type { Properties } from './zoo-cfg.ts';

/** A file with keys or certificates. */
export interface StoreSettings {
  /** The key that names the file, for messages. */
  readonly key: string;
  readonly location: string;
  readonly type: 'PEM' | 'PKCS12';
  readonly password: string;
  /** A file with the password, over `password`. */
  readonly passwordPath: string | null;
}

export interface TlsSettings {
  readonly keyStore: StoreSettings;
  /** null: nobody's certificate is trusted. */
  readonly trustStore: StoreSettings | null;
  /** Whether a client must show a certificate, may, or is not asked. */
  readonly clientAuth: 'need' | 'want' | 'none';
  /** Lowest first; neighbours. */
  readonly versions: readonly TlsVersion[];
  /** As OpenSSL lists them; null: what it does by itself. */
  readonly ciphers: string | null;
  /** How long the first bytes may take on a port for both kinds of client, in ms. */
  readonly detectionTimeoutMs: number;
  /** netty.server.outstandingHandshake.limit: handshakes at one time; 0: no limit. */
  readonly handshakesMax: number;
  /** client.certReload, sslQuorumReloadCertFiles: what is put in place of the files counts for those who come after. */
  readonly reload: boolean;
}

const PREFIX = 'zookeeper.ssl.';
const DETECTION_MS = 5_000;
/** Switches of what is not here. */
const REFUSED_WHEN_TRUE = ['ssl.crl', 'ssl.ocsp', 'ssl.clientHostnameVerification'];
const X509_PROVIDER_CLASS = 'org.apache.zookeeper.server.auth.X509AuthenticationProvider';

/** What a port for TLS has, whoever comes to it. */
export type PortTls = Omit<TlsSettings, 'handshakesMax' | 'reload'>;

/**
 * Reads the keys of the client port.
 *
 * @throws ConfigError naming the key
 */
export function readTlsSettings(properties: Properties): TlsSettings {
  refuseUnsupported(properties);
  const port = readPortTls(properties, 'ssl.');
  if (port.clientAuth === 'need' && port.trustStore === null) {
    throw new ConfigError('ssl.trustStore.location is not set: no client could show a certificate that is trusted; set it, or ssl.clientAuth=none');
  }
  const reload = properties.get('zookeeper.client.certReload');
  const handshakes = properties.get('zookeeper.netty.server.outstandingHandshake.limit');
  return {
    ...port,
    handshakesMax: handshakes === undefined ? 0 : Math.max(0, parseWhole('netty.server.outstandingHandshake.limit', handshakes)),
    reload: reload !== undefined && parseFlag('client.certReload', reload),
  };
}

/**
 * Reads the keys that every port for TLS has.
 *
 * @param prefix what the keys begin with, such as `ssl.`
 * @throws ConfigError naming the key
 */
export function readPortTls(properties: Properties, prefix: string): PortTls {
  const get = (name: string): string | null => {
    const text = properties.get(`zookeeper.${prefix}${name}`)?.trim() ?? '';
    return text === '' ? null : text;
  };
  const keyStore = readStore(prefix, 'keyStore', get);
  if (keyStore === null) throw new ConfigError(`${prefix}keyStore.location is not set: a port for TLS needs a key and a certificate`);
  const suites = get('ciphersuites');
  const detection = get('handshakeDetectionTimeoutMillis');
  const detectionMs = detection === null ? DETECTION_MS : parseWhole(`${prefix}handshakeDetectionTimeoutMillis`, detection);
  return {
    keyStore,
    trustStore: readStore(prefix, 'trustStore', get),
    clientAuth: readClientAuth(prefix, get('clientAuth')),
    versions: readVersions(prefix, get),
    ciphers: suites === null ? null : parseCipherSuites(`${prefix}ciphersuites`, suites),
    detectionTimeoutMs: detectionMs < 1 ? DETECTION_MS : detectionMs,
  };
}

function refuseUnsupported(properties: Properties): void {
  for (const key of REFUSED_WHEN_TRUE) {
    const text = properties.get(`zookeeper.${key}`);
    if (text !== undefined && parseFlag(key, text)) throw new ConfigError(`${key}=${text}: not supported`);
  }
  const supplier = properties.get(`${PREFIX}context.supplier.class`);
  if (supplier !== undefined) throw new ConfigError(`ssl.context.supplier.class=${supplier}: a Java class cannot be used here`);
  for (const name of properties.keys()) {
    // Not Apache's, but of builds that are about: whoever sets them counts on other identities than the subject's name.
    if (name.startsWith(`${PREFIX}x509.`)) throw new ConfigError(`${name.slice('zookeeper.'.length)}: not supported`);
  }
  const provider = properties.get(`${PREFIX}authProvider`)?.trim() ?? 'x509';
  if (provider !== 'x509') throw new ConfigError(`ssl.authProvider=${provider}: only x509 is supported`);
  const own = properties.get('zookeeper.authProvider.x509')?.trim() ?? X509_PROVIDER_CLASS;
  if (own !== X509_PROVIDER_CLASS) throw new ConfigError(`authProvider.x509=${own}: not supported`);
}

function readStore(prefix: string, name: 'keyStore' | 'trustStore', get: (name: string) => string | null): StoreSettings | null {
  const location = get(`${name}.location`);
  if (location === null) return null;
  return {
    key: `${prefix}${name}.location`,
    location,
    type: storeType(prefix, name, location, get(`${name}.type`)),
    password: get(`${name}.password`) ?? '',
    passwordPath: get(`${name}.passwordPath`),
  };
}

/** By KeyStoreFileType: what the key says, or what the file's name ends with. */
function storeType(prefix: string, name: 'keyStore' | 'trustStore', location: string, given: string | null): 'PEM' | 'PKCS12' {
  const type = given?.toUpperCase() ?? /\.(jks|pem|p12|bcfks)$/.exec(location)?.[1]?.toUpperCase().replace('P12', 'PKCS12');
  if (type === 'PEM' || type === 'PKCS12') return type;
  const key = `${prefix}${name}`;
  if (type === 'JKS') {
    throw new ConfigError(
      `${key}.location=${location}: a JKS file cannot be read here; convert it with: `
      + `keytool -importkeystore -srckeystore ${location} -destkeystore ${name}.p12 -deststoretype PKCS12`,
    );
  }
  if (type === undefined) throw new ConfigError(`${key}.location=${location}: the name does not tell the type; set ${key}.type to PEM or PKCS12`);
  throw new ConfigError(`${key}: the type ${type} is not supported; there are PEM and PKCS12`);
}

function readClientAuth(prefix: string, text: string | null): TlsSettings['clientAuth'] {
  const value = text?.toLowerCase() ?? 'need';
  if (value === 'need' || value === 'want' || value === 'none') return value;
  throw new ConfigError(`${prefix}clientAuth=${text}: need, want or none is needed`);
}

/**
 * ssl.enabledProtocols counts, else ssl.protocol: the highest, and those that Java enables with it. By itself a server
 * up to 3.8.1 speaks TLS 1.2 alone, a later one 1.3 as well; here as the later ones do.
 */
function readVersions(prefix: string, get: (name: string) => string | null): readonly TlsVersion[] {
  const protocol = get('protocol');
  const highest = protocol === null || protocol === 'TLS' ? 'TLSv1.3' : parseTlsVersions(`${prefix}protocol`, protocol)[0];
  const enabled = get('enabledProtocols');
  if (enabled !== null) return parseTlsVersions(`${prefix}enabledProtocols`, enabled);
  return TLS_VERSIONS.slice(0, TLS_VERSIONS.indexOf(highest ?? 'TLSv1.3') + 1);
}
