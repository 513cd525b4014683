/** Keys and certificates from files, as Node's TLS takes them. Nothing of what they hold gets into a message. */

import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { constants, X509Certificate } from 'node:crypto';
import { UsageError } from '../../model/errors.ts';
import type { StoreSettings, TlsSettings } from '../../ensemble/config/tls-settings.ts';
import { pkcs12Certificates } from './pkcs12.ts';

/**
 * Reads the files of a port for TLS.
 *
 * @throws UsageError naming the key and the file that cannot be used, and how to make one that can
 */
export async function loadSecureOptions(settings: TlsSettings): Promise<SecureContextOptions> {
  const { keyStore, trustStore, versions, ciphers } = settings;
  const own = await readKeyStore(keyStore);
  const trusted = trustStore === null ? [] : await readTrustStore(trustStore);
  const [lowest = 'TLSv1.2'] = versions;
  const options: SecureContextOptions = {
    ...own,
    // An empty list: without one Node would trust the whole world's authorities.
    ca: trusted,
    // Whatever is in a Java trust store is trusted by itself, also what somebody else has signed.
    allowPartialTrustChain: true,
    minVersion: lowest,
    maxVersion: versions.at(-1) ?? lowest,
    // Java refuses renegotiation that a client begins; its order of ciphers is the server's as well.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    honorCipherOrder: true,
    ...(ciphers === null ? {} : { ciphers }),
  };
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    throw new UsageError('Tls', `${keyStore.key}=${keyStore.location}: ${clause(error, keyStore)}`);
  }
}

async function readKeyStore(store: StoreSettings): Promise<SecureContextOptions> {
  const [bytes, passphrase] = [await readStoreFile(store), await readPassword(store)];
  const options: SecureContextOptions = store.type === 'PEM'
    ? { key: bytes, cert: bytes, passphrase }
    : { pfx: bytes, passphrase };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new UsageError('Tls', `${store.key}=${store.location}: ${clause(error, store)}`);
  }
  return options;
}

async function readTrustStore(store: StoreSettings): Promise<string[]> {
  const bytes = await readStoreFile(store);
  const certificates = store.type === 'PEM'
    ? bytes.toString('latin1').match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g) ?? []
    : pkcs12Certificates(bytes, await readPassword(store));
  if (typeof certificates === 'string') throw new UsageError('Tls', `${store.key}=${store.location}: ${certificates}`);
  if (certificates.length === 0) throw new UsageError('Tls', `${store.key}=${store.location}: no certificate is in it`);
  try {
    // Node's context passes over what it cannot read.
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch {
    throw new UsageError('Tls', `${store.key}=${store.location}: a certificate in it is damaged`);
  }
  return certificates;
}

async function readStoreFile({ key, location }: StoreSettings): Promise<Buffer> {
  try {
    return await readFile(location);
  } catch (error) {
    throw new UsageError('Tls', `${key}=${location}: the file cannot be read (${codeOf(error)})`);
  }
}

/** One line end behind the password does not count (SecretUtils.readSecret). */
async function readPassword({ key, password, passwordPath }: StoreSettings): Promise<string> {
  if (passwordPath === null) return password;
  try {
    return (await readFile(passwordPath, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError('Tls', `${key.replace('location', 'passwordPath')}=${passwordPath}: the file cannot be read (${codeOf(error)})`);
  }
}

const codeOf = (error: unknown): string => (error as { readonly code?: string }).code ?? 'unknown error';

/** What OpenSSL says, for people. */
function clause(error: unknown, { type, location }: StoreSettings): string {
  const text = error instanceof Error ? error.message : '';
  if (/mac verify failure|bad decrypt|bad password|empty password|interrupted or cancelled|maybe wrong password/i.test(text)) {
    return 'the password is wrong';
  }
  if (/unsupported/i.test(text) && type === 'PKCS12') {
    return 'it is encrypted in a way that is out of date; make it anew with: '
      + `keytool -importkeystore -srckeystore ${location} -srcstoretype PKCS12 -destkeystore keyStore.p12 -deststoretype PKCS12`;
  }
  if (/key values mismatch/i.test(text)) return 'the key does not belong to the first certificate';
  if (/unsupported|no start line|unable to load|not enough data|wrong tag|header too long/i.test(text)) {
    return type === 'PEM' ? 'a private key and its certificates are needed in it' : 'it is no PKCS#12 file, or has no key with a certificate';
  }
  return `it cannot be used (${codeOf(error)})`;
}
