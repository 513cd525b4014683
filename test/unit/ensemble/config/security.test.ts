/** Keys of TLS and of demanded authentication: what is read, and what is refused by name. */

import { describe, expect, test } from 'vitest';
import { readClientPortSettings } from '../../../../src/ensemble/client-ports.ts';
import { checkEnforcedSchemes, readSecuritySettings } from '../../../../src/ensemble/config/security-settings.ts';
import { readTlsSettings } from '../../../../src/ensemble/config/tls-settings.ts';

const properties = (keys: Record<string, string>) => new Map(Object.entries(keys).map(([key, value]) => [`zookeeper.${key}`, value]));
const stores = { 'ssl.keyStore.location': '/k.pem', 'ssl.trustStore.location': '/t.p12' };
const tls = (keys: Record<string, string>) => readTlsSettings(properties({ ...stores, ...keys }));

describe('TLS', () => {
  test('defaults', () => {
    expect(tls({})).toEqual({
      keyStore: { key: 'ssl.keyStore.location', location: '/k.pem', type: 'PEM', password: '', passwordPath: null },
      trustStore: { key: 'ssl.trustStore.location', location: '/t.p12', type: 'PKCS12', password: '', passwordPath: null },
      clientAuth: 'need', versions: ['TLSv1.2', 'TLSv1.3'], ciphers: null, detectionTimeoutMs: 5000, handshakesMax: 0, reload: false,
    });
  });

  test('what is set', () => {
    expect(tls({
      'ssl.keyStore.type': 'pkcs12', 'ssl.keyStore.password': 'a', 'ssl.keyStore.passwordPath': '/p', 'ssl.clientAuth': 'WANT', 'ssl.protocol': 'TLSv1.2',
      'ssl.ciphersuites': 'TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'ssl.handshakeDetectionTimeoutMillis': '0',
      'netty.server.outstandingHandshake.limit': '-1', 'ssl.crl': 'false', 'ssl.hostnameVerification': 'true', 'ssl.authProvider': 'x509',
    })).toMatchObject({
      keyStore: { type: 'PKCS12', password: 'a', passwordPath: '/p' }, clientAuth: 'want', versions: ['TLSv1.2'],
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-SHA384', detectionTimeoutMs: 5000, handshakesMax: 0,
    });
    expect(tls({ 'ssl.enabledProtocols': 'TLSv1.3', 'ssl.protocol': 'TLSv1.2' }).versions).toEqual(['TLSv1.3']);
    expect(tls({ 'ssl.clientAuth': 'none', 'ssl.trustStore.location': '' }).trustStore).toBeNull();
  });

  test.each<[Record<string, string>, string]>([
    [{ 'ssl.keyStore.location': '' }, 'ssl.keyStore.location is not set'],
    [{ 'ssl.trustStore.location': '' }, 'ssl.trustStore.location is not set: no client could'],
    [{ 'ssl.keyStore.location': '/k.jks' }, 'ssl.keyStore.location=/k.jks: a JKS file cannot be read here; convert it with: keytool -importkeystore -srckeystore /k.jks -destkeystore keyStore.p12 -deststoretype PKCS12'],
    [{ 'ssl.trustStore.type': 'JKS' }, 'keytool -importkeystore -srckeystore /t.p12 -destkeystore trustStore.p12'],
    [{ 'ssl.keyStore.location': '/k.bcfks' }, 'ssl.keyStore: the type BCFKS is not supported'],
    [{ 'ssl.keyStore.location': '/key' }, 'ssl.keyStore.location=/key: the name does not tell the type'],
    [{ 'ssl.clientAuth': 'perhaps' }, 'ssl.clientAuth=perhaps: need, want or none is needed'],
    [{ 'ssl.enabledProtocols': 'TLSv1.2,TLSv1.1' }, 'ssl.enabledProtocols: the protocol TLSv1.1 is not supported'],
    [{ 'ssl.protocol': 'SSLv3' }, 'ssl.protocol: the protocol SSLv3 is not supported'],
    [{ 'ssl.ciphersuites': 'TLS_RSA_WITH_RC4_128_MD5' }, 'ssl.ciphersuites: the cipher suite TLS_RSA_WITH_RC4_128_MD5 is not supported'],
    [{ 'ssl.crl': 'true' }, 'ssl.crl=true: not supported'],
    [{ 'ssl.ocsp': 'true' }, 'ssl.ocsp=true: not supported'],
    [{ 'ssl.clientHostnameVerification': 'true' }, 'ssl.clientHostnameVerification=true: not supported'],
    [{ 'client.certReload': 'perhaps' }, 'client.certReload=perhaps: true or false is needed'],
    [{ 'ssl.context.supplier.class': 'a.B' }, 'ssl.context.supplier.class=a.B: a Java class'],
    [{ 'ssl.x509.clientCertIdType': 'SAN' }, 'ssl.x509.clientCertIdType: not supported'],
    [{ 'ssl.authProvider': 'mine' }, 'ssl.authProvider=mine: only x509'],
    [{ 'authProvider.x509': 'a.B' }, 'authProvider.x509=a.B: not supported'],
    [{ 'ssl.handshakeDetectionTimeoutMillis': 'x' }, 'ssl.handshakeDetectionTimeoutMillis=x: a whole number'],
  ])('refuses %j', (keys, message) => {
    expect(() => tls(keys)).toThrow(message);
  });

  test('keys of TLS count for nothing where no port speaks it', () => {
    expect(readClientPortSettings({ secureClientPort: -1, properties: properties({ 'ssl.keyStore.location': '/k.jks' }) }).tls).toBeNull();
    expect(() => readClientPortSettings({ secureClientPort: 2281, properties: properties({}) })).toThrow('ssl.keyStore.location is not set');
    expect(readClientPortSettings({ secureClientPort: -1, properties: properties({ ...stores, 'client.portUnification': 'true' }) })).toMatchObject({ unified: true });
  });
});

describe('demanded authentication', () => {
  const schemes = (keys: Record<string, string>) => readSecuritySettings(properties(keys)).enforcedSchemes;

  test('none, several, or SASL by the older property', () => {
    expect(schemes({ 'enforce.auth.schemes': 'digest' })).toBeNull();
    expect(schemes({ 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': ' digest, sasl ' })).toEqual(new Set(['digest', 'sasl']));
    expect(schemes({ 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': 'digest', sessionRequireClientSASLAuth: 'true' })).toEqual(new Set(['sasl']));
  });

  test('what nobody can prove is refused', () => {
    expect(() => schemes({ 'enforce.auth.enabled': 'true' })).toThrow('zookeeper.enforce.auth.schemes must be set');
    const settings = readSecuritySettings(properties({ 'enforce.auth.enabled': 'true', 'enforce.auth.schemes': 'ip,x509' }));
    expect(() => checkEnforcedSchemes(settings, (scheme) => scheme === 'ip')).toThrow('the authentication scheme x509 is not available');
    expect(() => checkEnforcedSchemes(settings, () => true)).not.toThrow();
  });
});
