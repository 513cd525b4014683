/** Keys and certificates from files: what is read, and what is said about what cannot be. */

import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { readTlsSettings } from '../../../../src/ensemble/config/tls-settings.ts';
import { pkcs12Certificates } from '../../../../src/platform/tls/pkcs12.ts';
import { loadSecureOptions } from '../../../../src/platform/tls/stores.ts';
import { Authority, type Certificate } from '../../../support/certificates.ts';
import { describeWith } from '../../../support/requirements.ts';

describeWith(['openssl'], 'stores of keys and certificates', () => {
  let authority: Authority;
  let own: Certificate;
  let locked: Certificate;

  beforeAll(() => {
    authority = new Authority();
    own = authority.issue({ subject: '/CN=localhost' });
    locked = authority.issue({ subject: '/CN=localhost', password: 'open sesame' });
    authority.file('trust.pem', `A comment.\n${authority.own.certificate}\n${own.certificate}`);
  });

  const load = (keys: Record<string, string>) => {
    const all = { 'ssl.keyStore.location': own.pemFile, 'ssl.trustStore.location': authority.file('trust.pem'), ...keys };
    return loadSecureOptions(readTlsSettings(new Map(Object.entries(all).map(([key, value]) => [`zookeeper.${key}`, value]))));
  };
  const p12 = (of: Certificate, password: string, what: 'key' | 'certificates', more: string[] = []): string => authority.pkcs12(of, password, what, more);

  test('PEM: a key with its certificate, a key with a password, several that are trusted', async () => {
    expect((await load({})).ca).toHaveLength(2);
    await load({ 'ssl.keyStore.location': locked.pemFile, 'ssl.keyStore.password': 'open sesame' });
    await load({ 'ssl.keyStore.location': locked.pemFile, 'ssl.keyStore.password': 'x', 'ssl.keyStore.passwordPath': authority.file('p', 'open sesame\n') });
  });

  test.each([
    ['aes-256-cbc', ['-keypbe', 'AES-256-CBC', '-certpbe', 'AES-256-CBC']],
    ['aes-128-cbc with SHA-1', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC', '-macalg', 'sha1']],
    ['triple DES', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES']],
    ['not encrypted', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
  ])('PKCS#12: %s', async (_name, more) => {
    const trust = p12(authority.own, 'päßword', 'certificates', more);
    const options = await load({
      'ssl.keyStore.location': p12(own, 'secret', 'key', more), 'ssl.keyStore.password': 'secret',
      'ssl.trustStore.location': trust, 'ssl.trustStore.password': 'päßword',
    });
    expect(options.ca).toEqual([authority.own.certificate]);
    if (more[1] !== 'NONE') expect(pkcs12Certificates(readFileSync(trust), 'wrong')).toBe('the password is wrong');
  });

  test('what is in a file that is cut off or spoiled never ends in a crash', () => {
    const bytes = readFileSync(p12(authority.own, 'secret', 'certificates'));
    for (let length = 0; length < bytes.length; length += 7) expect(typeof pkcs12Certificates(bytes.subarray(0, length), 'secret')).toBe('string');
    for (let at = 0; at < 200; at++) {
      const spoiled = new Uint8Array(bytes);
      spoiled[at] = (spoiled[at] as number) ^ 0x5a;
      const found = pkcs12Certificates(spoiled, 'secret');
      expect(typeof found === 'string' || found.length <= 1).toBe(true);
    }
  });

  test.each<[string, () => Record<string, string>, RegExp]>([
    ['no such key store', () => ({ 'ssl.keyStore.location': '/nowhere/a.pem' }), /^ssl\.keyStore\.location=\/nowhere\/a\.pem: the file cannot be read \(ENOENT\)$/],
    ['no such trust store', () => ({ 'ssl.trustStore.location': '/nowhere/a.pem' }), /^ssl\.trustStore\.location=.*ENOENT/],
    ['no such password file', () => ({ 'ssl.keyStore.passwordPath': '/nowhere/p' }), /^ssl\.keyStore\.passwordPath=\/nowhere\/p: .*ENOENT/],
    ['a key store without a key', () => ({ 'ssl.keyStore.location': own.certificateFile, 'ssl.keyStore.type': 'pem' }), /a private key and its certificates are needed in it$/],
    ['a key store without a certificate', () => ({ 'ssl.keyStore.location': own.keyFile, 'ssl.keyStore.type': 'PEM' }), /a private key and its certificates are needed in it$/],
    ['a key of another', () => ({ 'ssl.keyStore.location': authority.file('mixed.pem', locked.certificate + own.key) }), /the key does not belong to the first certificate$/],
    ['a wrong password of a key', () => ({ 'ssl.keyStore.location': locked.pemFile, 'ssl.keyStore.password': 'wrong' }), /the password is wrong$/],
    ['a missing password of a key', () => ({ 'ssl.keyStore.location': locked.pemFile }), /the password is wrong$/],
    ['a wrong password of a PKCS#12 key store', () => ({ 'ssl.keyStore.location': p12(own, 'secret', 'key'), 'ssl.keyStore.password': 'wrong' }), /the password is wrong$/],
    ['a PKCS#12 key store without a key', () => ({ 'ssl.keyStore.location': p12(own, 'secret', 'certificates'), 'ssl.keyStore.password': 'secret' }), /it is no PKCS#12 file, or has no key with a certificate$/],
    ['no PKCS#12 at all', () => ({ 'ssl.keyStore.location': authority.file('x.p12', 'hello') }), /it is no PKCS#12 file, or has no key with a certificate$/],
    ['a PKCS#12 key store out of date', () => ({ 'ssl.keyStore.location': p12(own, 'secret', 'key', ['-legacy']), 'ssl.keyStore.password': 'secret' }), /out of date; make it anew with: keytool /],
    ['a PKCS#12 trust store out of date', () => ({ 'ssl.trustStore.location': p12(own, 'secret', 'certificates', ['-legacy']), 'ssl.trustStore.password': 'secret' }), /out of date; make it anew with keytool /],
    ['a trust store with nothing in it', () => ({ 'ssl.trustStore.location': authority.file('empty.pem', 'nothing') }), /no certificate is in it$/],
    ['a trust store with a damaged certificate', () => ({ 'ssl.trustStore.location': authority.file('bad.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') }), /a certificate in it is damaged$/],
  ])('%s is told in one line', async (_name, keys, message) => {
    const failure = await load(keys()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).not.toMatch(/\n|secret|sesame/);
  });
});
