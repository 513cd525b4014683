/** Names of certificates' owners as Java writes and reads them. What is expected here was given by Java 17. */

import { describe, expect, test } from 'vitest';
import { isDistinguishedName } from '../../../../src/ensemble/processors/auth/x509/distinguished-name.ts';
import { certificateOwner, principalName } from '../../../../src/ensemble/processors/auth/x509/principal-name.ts';
import { x509Provider, certificateIdentities } from '../../../../src/ensemble/processors/auth/x509/x509-provider.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function tlv(tag: number, contents: Uint8Array): Uint8Array {
  const length = contents.length < 128 ? [contents.length] : [0x81, contents.length];
  return Uint8Array.from([tag, ...length, ...contents]);
}

const attribute = (oid: string, tag: number, value: string | Uint8Array): Uint8Array =>
  tlv(0x30, Uint8Array.from([...bytes(oid), ...tlv(tag, typeof value === 'string' ? new TextEncoder().encode(value) : value)]));
const set = (...attributes: readonly Uint8Array[]): Uint8Array => tlv(0x31, Uint8Array.from(attributes.flatMap((one) => [...one])));
const name = (...sets: readonly Uint8Array[]): string | null => principalName(Uint8Array.from(sets.flatMap((one) => [...one])));

const CN = '0603550403';
const O = '060355040a';

describe('names of owners', () => {
  test('the last part first, parts of one set joined', () => {
    expect(name(set(attribute(O, 0x0c, 'Zoo')), set(attribute(CN, 0x13, 'al'), attribute('060a0992268993f22c640101', 0x0c, 'x')))).toBe('CN=al+UID=x,O=Zoo');
    expect(name()).toBe('');
  });

  test.each([
    ['a,b+c=d<e>f#g;h"i\\j', 'CN=a\\,b\\+c\\=d\\<e\\>f\\#g\\;h\\"i\\\\j'],
    ['  two ', 'CN=\\ \\ two\\ '],
    [' ', 'CN=\\ '],
    ['', 'CN='],
    ['a\0b', 'CN=a\\00b'],
    ['\ra\r', 'CN=\\\ra\\\r'],
    ['\ta\n', 'CN=\ta\n'],
    ['größe 動物園 😀', 'CN=größe 動物園 😀'],
  ])('%j', (text, expected) => {
    expect(name(set(attribute(CN, 0x0c, text)))).toBe(expected);
  });

  test('what has no word, or is no text, stands as its DER', () => {
    expect(name(set(attribute('06092a864886f70d010901', 0x16, 'a@b')))).toBe('1.2.840.113549.1.9.1=#1603614062');
    expect(name(set(attribute(CN, 0x12, '42')))).toBe('CN=#12023432');
    expect(name(set(attribute('0603883703', 0x13, 'x')))).toBe('2.999.3=#130178');
  });

  test('every kind of text is read as UTF-8, as Java does', () => {
    for (const tag of [0x13, 0x14, 0x16, 0x1b, 0x0c]) expect(name(set(attribute(CN, tag, 'é')))).toBe('CN=é');
    expect(name(set(attribute(CN, 0x1e, bytes('00610062'))))).toBe('CN=\\00a\\00b');
    expect(name(set(attribute(CN, 0x0c, bytes('ffc32861'))))).toBe('CN=\ufffd\ufffd(a');
  });

  test('what is no certificate has no owner', () => {
    for (const hex of ['', '30', '3000', '30023000', '300430020500', '3080', 'ff'.repeat(20)]) expect(certificateOwner(bytes(hex))).toBeNull();
    expect(principalName(bytes('3100'))).toBeNull();
    expect(principalName(bytes('31023000'))).toBeNull();
  });
});

describe('names in ACLs', () => {
  test.each([
    '', 'CN=a', ' cn = a , ou=b', 'CN=a;OU=b', 'CN=a+OU=b,O=c', 'CN=', 'CN=,O=b', 'CN="a,b"', 'CN="a" ,O=b', 'CN=a\\,b', 'CN=a\\41', 'CN="a\\"b"',
    'CN=#0c0161', '1.2.3=a', 'OID.1.2.3=a', '2.999=x', 'EMAILADDRESS=a@b', 'EMAIL=a', 'S=x', 'T=x', 'IP=x', 'DNQ=x', 'CN=a#b', 'CN=a=b', 'CN=é', 'CN=\\ a\\ ',
    'CN=a\\\\+OU=b',
  ])('%j is one', (text) => {
    expect(isDistinguishedName(text)).toBe(true);
  });

  test.each([
    'CN', '=a', 'a', 'anyone', 'CN=a,', ',CN=a', 'CN=a,,O=b', 'CN="a', 'CN="a"b', 'CN=a\\', 'CN=a\\x', 'CN=a\\4', 'CN=a"b', 'CN=#', 'CN=#0c', 'CN=#0c01',
    'CN=#zz', 'CN=#0c016', '1=a', '1.=a', '4.5.6=a', '1.40.3=a', 'X=a', 'E=a@b', 'SN=x', 'CN=a<b', 'CN=a>b', 'CN=a+b', 'C N=a', 'CN=a;b', 'CN="a\\\\",O=b',
  ])('%j is none', (text) => {
    expect(isDistinguishedName(text)).toBe(false);
  });
});

describe('the provider', () => {
  const provider = x509Provider('CN=boss');

  test('proves what the certificate says, and nothing without one', () => {
    expect(provider.authenticate(new Uint8Array(0), '127.0.0.1', null)).toBeNull();
    expect(provider.authenticate(null, '127.0.0.1', 'CN=a')).toEqual([{ scheme: 'x509', id: 'CN=a' }]);
    expect(certificateIdentities('CN=boss', 'CN=boss')).toEqual([{ scheme: 'super', id: 'CN=boss' }, { scheme: 'x509', id: 'CN=boss' }]);
    expect(certificateIdentities('CN=a', null)).toEqual([{ scheme: 'x509', id: 'CN=a' }]);
  });

  test('matches to the letter; the super user matches everybody', () => {
    expect(provider.matches('CN=a', 'CN=a')).toBe(true);
    expect(provider.matches('CN=a', 'cn=a')).toBe(false);
    expect(provider.matches('CN=boss', 'CN=a')).toBe(true);
    expect(x509Provider(null).matches('CN=boss', 'CN=a')).toBe(false);
  });
});
