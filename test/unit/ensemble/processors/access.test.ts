import { describe, expect, test } from 'vitest';
import { Perms, type Acl, type Id } from '../../../../src/model/acl.ts';
import { encodeUtf8 } from '../../../../src/base/text.ts';
import { Access } from '../../../../src/ensemble/processors/auth/access.ts';
import { digestId } from '../../../../src/ensemble/processors/auth/digest-provider.ts';
import { ipProvider } from '../../../../src/ensemble/processors/auth/ip-provider.ts';
import { nodeDigests } from '../../../../src/platform/node-digests.ts';

const options = { skipAcl: false, superDigest: 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=', digestAlgorithm: 'SHA1', digestEnabled: true };
const access = new Access(options, nodeDigests);
const bob: Id = { scheme: 'digest', id: 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=' };
const home: Id = { scheme: 'ip', id: '127.0.0.1' };
const anyone: Id = { scheme: 'world', id: 'anyone' };
const entry = (perms: number, id: Id): Acl => ({ perms, id });

describe('digest ids', () => {
  test.each([
    ['super:admin', 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs='],
    ['user:pass', 'user:smGaoVKd/cQkjm7b88GyorAUz20='],
    ['bob:bobsecret', bob.id],
  ])('%s', (secret, id) => {
    expect(digestId(secret, 'SHA1', nodeDigests)).toBe(id);
  });

  test('other algorithms by Java\'s names', () => {
    for (const algorithm of ['SHA-1', 'SHA-256', 'SHA-512', 'SHA3-256', 'MD5']) {
      expect(digestId('a:b', algorithm, nodeDigests)).toMatch(/^a:[A-Za-z0-9+/]+=*$/);
    }
    expect(nodeDigests.digest('NOPE', new Uint8Array(0))).toBeNull();
  });
});

describe('ip addresses', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3', true], ['10.1.2.3', '10.1.2.4', false], ['10.1.2.3', '10.1.0.0/16', true],
    ['10.2.2.3', '10.1.0.0/16', false], ['10.1.2.3', '10.1.2.0/25', true], ['10.1.2.200', '10.1.2.0/25', false],
    ['1.2.3.4', '0.0.0.0/0', true], ['::1', '::1', true], ['::1', '0:0:0:0:0:0:0:1', true], ['fe80::1', 'fe80::/10', true],
    ['fec0::1', 'fe80::/10', false], ['::1', '0.0.0.1', false], ['10.0.0.1', '::/0', false], ['::ffff:1.2.3.4', '::ffff:102:304', true],
  ])('%s against %s', (held, expression, matches) => {
    expect(ipProvider.matches(held, expression)).toBe(matches);
  });

  test.each(['', '1.2.3', '1.2.3.256', '1.2.3.4/33', '1.2.3.4/x', '::1/129', '1::2::3', ':::', '12345::', '1:2:3:4:5:6:7', '1.2.3.4.5', 'a.b.c.d'])(
    '%j is none', (text) => {
      expect(ipProvider.isValid(text)).toBe(false);
    });
});

describe('checkACL', () => {
  test.each([
    ['nothing listed', [], Perms.ADMIN, [], true],
    ['open to anyone', [entry(31, anyone)], Perms.DELETE, [], true],
    ['the bit is missing', [entry(1, anyone)], Perms.WRITE, [home, bob], false],
    ['another entry has it', [entry(1, anyone), entry(2, bob)], Perms.WRITE, [home, bob], true],
    ['somebody else', [entry(31, bob)], Perms.READ, [home], false],
    ['by address', [entry(31, { scheme: 'ip', id: '127.0.0.0/8' })], Perms.READ, [home], true],
    ['super may all', [entry(1, bob)], Perms.ADMIN, [{ scheme: 'super', id: '' }], true],
    ['a scheme that is not known', [entry(31, { scheme: 'x', id: 'y' })], Perms.READ, [{ scheme: 'x', id: 'y' }], false],
    ['one of two permissions', [entry(16, bob)], Perms.READ | Perms.ADMIN, [bob], true],
  ] as const)('%s', (_what, acl, perm, identities, allowed) => {
    expect(access.allows(acl, perm, identities)).toBe(allowed);
  });

  test('skipACL', () => {
    expect(new Access({ ...options, skipAcl: true }, nodeDigests).allows([entry(0, bob)], Perms.READ, [])).toBe(true);
  });
});

describe('fixupACL', () => {
  test('replaces auth by every identity that proves something, and drops duplicates', () => {
    const eve: Id = { scheme: 'digest', id: 'eve:x' };
    expect(access.fixup([entry(31, { scheme: 'auth', id: '' })], [home, bob, eve])).toEqual([entry(31, bob), entry(31, eve)]);
    expect(access.fixup([entry(1, anyone), entry(1, anyone), entry(2, anyone)], [])).toEqual([entry(1, anyone), entry(2, anyone)]);
  });

  test.each([
    ['null', null], ['empty', []], ['auth for nobody', [entry(31, { scheme: 'auth', id: '' })]],
    ['an unknown scheme', [entry(31, { scheme: 'sasl', id: 'bob' })]], ['a bad address', [entry(31, { scheme: 'ip', id: 'x' })]],
    ['world for someone', [entry(31, { scheme: 'world', id: 'bob' })]],
    ['a good one and a bad one', [entry(31, anyone), entry(31, { scheme: 'digest', id: 'x' })]],
  ])('refuses %s', (_what, acl) => {
    expect(access.fixup(acl, [home])).toBeNull();
  });
});

describe('auth packets', () => {
  test('add identities, each once; the super user gets both', () => {
    const once = access.authenticate([home], 'digest', encodeUtf8('bob:bobsecret'), '127.0.0.1');
    expect(new Set(once)).toEqual(new Set([home, bob]));
    expect(access.authenticate(once ?? [], 'digest', encodeUtf8('bob:bobsecret'), '127.0.0.1')).toBe(once);
    expect(access.authenticate([], 'digest', encodeUtf8('super:admin'), '')).toContainEqual({ scheme: 'super', id: '' });
    expect(access.authenticate([home], 'ip', null, '127.0.0.1')).toEqual([home]);
  });

  test.each(['world', 'auth', 'super', 'sasl', ''])('%j proves nothing', (scheme) => {
    expect(access.authenticate([], scheme, encodeUtf8('x'), '')).toBeNull();
  });

  test('digest can be switched off', () => {
    const without = new Access({ ...options, digestEnabled: false }, nodeDigests);
    expect(without.authenticate([], 'digest', encodeUtf8('a:b'), '')).toBeNull();
    expect(without.fixup([entry(31, bob)], [])).toBeNull();
  });

  test('names for whoAmI', () => {
    expect([bob, home, { scheme: 'super', id: '' }].map((id) => access.userName(id))).toEqual(['bob', '127.0.0.1', '']);
  });
});
