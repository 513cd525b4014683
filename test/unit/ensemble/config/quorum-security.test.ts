/** What zoo.cfg says of the connections between members: over TLS or in the clear, and who proves who they are. */

import { describe, expect, test } from 'vitest';
import { readQuorumSasl } from '../../../../src/ensemble/config/quorum-sasl-settings.ts';
import { readQuorumTls } from '../../../../src/ensemble/config/quorum-tls-settings.ts';
import { parseZooCfg } from '../../../../src/ensemble/config/zoo-cfg.ts';

const read = <T>(reader: (properties: ReadonlyMap<string, string>) => T, keys: string): T => reader(parseZooCfg(`dataDir=/data\nclientPort=2181\n${keys}`).properties);
const STORES = 'ssl.quorum.keyStore.location=k.pem\nssl.quorum.trustStore.location=t.p12\n';

describe('TLS between members', () => {
  test('is off by itself, and the stores alone do not turn it on', () => {
    expect(read(readQuorumTls, STORES)).toBeNull();
  });

  test.each([
    ['sslQuorum=true', { callsOverTls: true, plainToo: false }],
    ['sslQuorum=true\nportUnification=true', { callsOverTls: true, plainToo: true }],
    ['portUnification=true', { callsOverTls: false, plainToo: true }],
  ])('%j', (keys, expected) => {
    expect(read(readQuorumTls, STORES + keys)).toMatchObject(expected);
  });

  test('has its own stores and names, not those of the client port', () => {
    const settings = read(readQuorumTls, `${STORES}sslQuorum=true\nssl.keyStore.location=client.pem\nssl.quorum.clientAuth=want\nssl.quorum.protocol=TLSv1.2`);
    expect(settings?.tls).toMatchObject({
      keyStore: { location: 'k.pem', type: 'PEM', key: 'ssl.quorum.keyStore.location' }, trustStore: { type: 'PKCS12' }, clientAuth: 'want', versions: ['TLSv1.2'], reload: false,
    });
    expect(settings).toMatchObject({ checksCalled: true, checksCallers: true, reverseLookup: true });
  });

  test('hostnameVerification=false counts for callers too', () => {
    expect(read(readQuorumTls, `${STORES}sslQuorum=true\nssl.quorum.hostnameVerification=false`)).toMatchObject({ checksCalled: false, checksCallers: false });
    expect(read(readQuorumTls, `${STORES}sslQuorum=true\nssl.quorum.clientHostnameVerification=false`)).toMatchObject({ checksCalled: true, checksCallers: false });
  });

  test.each([
    ['sslQuorum=true', 'ssl.quorum.keyStore.location is not set'],
    ['sslQuorum=true\nssl.quorum.keyStore.location=k.pem', 'ssl.quorum.trustStore.location is not set'],
    [`portUnification=true\n${STORES}ssl.quorum.keyStore.location=k.jks`, 'ssl.quorum.keyStore.location=k.jks: a JKS file cannot be read here; convert it'],
    [`sslQuorum=true\n${STORES}ssl.quorum.crl=true`, 'ssl.quorum.crl=true: not supported'],
    [`sslQuorum=true\n${STORES}ssl.quorum.protocol=SSLv3`, 'ssl.quorum.protocol'],
    ['sslQuorum=yes', 'sslQuorum=yes: true or false'],
  ])('refuses %j', (keys, message) => {
    expect(() => read(readQuorumTls, keys)).toThrow(message);
  });
});

describe('SASL between members', () => {
  test('is off by itself', () => {
    expect(read(readQuorumSasl, '')).toBeNull();
  });

  test('has sections of its own in the JAAS file', () => {
    expect(read(readQuorumSasl, 'quorum.auth.enableSasl=true')).toEqual({ callerProves: false, demanded: false, serverSection: 'QuorumServer', learnerSection: 'QuorumLearner' });
    expect(read(readQuorumSasl, [
      'quorum.auth.enableSasl=true', 'quorum.auth.learnerRequireSasl=true', 'quorum.auth.serverRequireSasl=true',
      'quorum.auth.server.saslLoginContext=A', 'quorum.auth.learner.saslLoginContext=B',
    ].join('\n'))).toEqual({ callerProves: true, demanded: true, serverSection: 'A', learnerSection: 'B' });
  });

  test.each([
    ['quorum.auth.serverRequireSasl=true', 'quorum.auth.enableSasl must be true as well'],
    ['quorum.auth.learnerRequireSasl=true', 'quorum.auth.enableSasl must be true as well'],
    ['quorum.auth.enableSasl=true\nquorum.auth.serverRequireSasl=true', 'quorum.auth.learnerRequireSasl must be true as well'],
    ['quorum.auth.enableSasl=true\nquorum.auth.kerberos.servicePrincipal=zkquorum/h', 'not supported'],
  ])('refuses %j', (keys, message) => {
    expect(() => read(readQuorumSasl, keys)).toThrow(message);
  });
});
