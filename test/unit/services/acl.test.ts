import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Perms, type Acl } from '../../../src/model/acl.ts';
import { digestId } from '../../../src/services/acl/digest.ts';
import { ipMatches } from '../../../src/services/acl/ip-match.ts';
import { rightsOf } from '../../../src/services/acl/rights.ts';
import { createHarness } from './harness.ts';

const entry = (perms: number, scheme: string, id: string): Acl => ({ perms, id: { scheme, id } });
const hash = { sha1: (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest()) };
const bob = 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=';
const srvr = (version: string): string => `Zookeeper version: ${version}-abc, built on 2022\nMode: standalone\n`;

test.each([
  ['super', 'admin', 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs='],
  ['user', 'pass', 'user:smGaoVKd/cQkjm7b88GyorAUz20='],
  ['bob', 'bobsecret', bob],
])('the digest id of %s is what Apache makes of it', async (user, password, id) => {
  expect(await digestId(hash, user, password)).toBe(id);
});

test.each([
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['10.1.2.3', '10.1.2.3', true],
  ['10.1.2.3', '10.1.2.3/31', true],
  ['10.1.2.1', '10.1.2.3/31', false],
  ['10.1.2.1', '0.0.0.0/0', true],
  ['::1', '0:0:0:0:0:0:0:1', true],
  ['2001:db8::5', '2001:db8::/32', true],
  ['2001:db9::5', '2001:db8::/32', false],
  ['::ffff:10.0.0.1', '::ffff:10.0.0.0/120', true],
  ['fe80::1%eth0', 'fe80::/10', true],
  ['10.1.2.3', '::/0', false],
  ['10.1.2.3', 'host.example', null],
  ['10.1.2.3', '10.0.0.0/33', null],
  ['1::2::3', '1::', null],
])('the address %s matches %s: %s', (address, pattern, matches) => {
  expect(ipMatches(address, pattern)).toBe(matches);
});

describe('rights', () => {
  const own = [{ scheme: 'digest', id: bob }];
  const reported = [{ scheme: 'ip', id: '10.0.0.5' }, { scheme: 'digest', id: 'bob' }];
  const read = (acl: Acl[], identities: Parameters<typeof rightsOf>[1]): boolean | null => rightsOf(acl, identities).read;

  test('the world, an empty list, one\'s own digest, an administrator', () => {
    expect(rightsOf([entry(Perms.READ | Perms.CREATE, 'world', 'anyone')], { own: [], reported: null })).toEqual({
      read: true, write: false, create: true, delete: false, admin: false,
    });
    expect(read([], { own: [], reported: null })).toBe(true);
    expect(read([entry(Perms.READ, 'digest', bob)], { own, reported: null })).toBe(true);
    expect(read([entry(Perms.READ, 'digest', 'ann:hash')], { own, reported: [{ scheme: 'super', id: '' }] })).toBe(true);
  });

  test('what is not known is not claimed', () => {
    expect(read([entry(Perms.READ, 'ip', '10.0.0.0/8')], { own, reported: null })).toBeNull();
    expect(read([entry(Perms.READ, 'ip', '10.0.0.0/8')], { own, reported })).toBe(true);
    expect(read([entry(Perms.READ, 'ip', '11.0.0.0/8')], { own, reported })).toBe(false);
    expect(read([entry(Perms.READ, 'digest', 'bob:x')], { own, reported })).toBeNull();
    expect(read([entry(Perms.READ, 'digest', 'ann:x')], { own, reported })).toBe(false);
    expect(read([entry(Perms.READ, 'sasl', 'ann')], { own, reported })).toBe(false);
    expect(read([entry(Perms.READ, 'sasl', 'ann')], { own, reported: [{ scheme: 'sasl', id: 'ann' }] })).toBe(true);
    expect(read([entry(Perms.READ, 'sasl', 'ann')], { own, reported: null })).toBeNull();
    expect(read([entry(Perms.WRITE, 'ip', '10.0.0.5')], { own, reported })).toBe(false);
    expect(read([entry(Perms.READ, 'own-scheme', 'x')], { own, reported: [{ scheme: 'own-scheme', id: 'y' }] })).toBeNull();
  });
});

describe('acl.read', () => {
  test('shows rights and identities; asks who it is once, and again after new credentials', async () => {
    const h = createHarness();
    h.words.set('zk1:2181 srvr', srvr('3.8.0'));
    const connectionId = await h.open();
    h.ensemble.put('/a', null, [entry(Perms.READ, 'world', 'anyone'), entry(Perms.ALL, 'digest', bob)]);
    const before = await h.call('acl.read', { connectionId, path: '/a' });
    expect(before).toMatchObject({ rights: { read: true, admin: false }, identities: ['ip:127.0.0.1'], masked: true });
    await h.call('acl.read', { connectionId, path: '/a' });
    expect(h.client.count('whoAmI')).toBe(1);
    await h.call('connections.addAuth', { connectionId, scheme: 'digest', user: 'bob', secret: 'bobsecret' });
    const after = await h.call('acl.read', { connectionId, path: '/a' });
    expect(after).toMatchObject({ rights: { admin: true }, identities: ['ip:127.0.0.1', 'digest:bob'], masked: false });
    expect(h.client.count('whoAmI')).toBe(2);
  });

  test.each([['3.6.3', srvr('3.6.3')], ['not telling', 'srvr is not executed because it is not in the whitelist.']])(
    'a server of version %s is never asked who we are',
    async (_version, answer) => {
      const h = createHarness();
      h.words.set('zk1:2181 srvr', answer);
      const connectionId = await h.open();
      h.ensemble.put('/a', null, [entry(Perms.READ, 'world', 'anyone'), entry(Perms.ALL, 'ip', '10.0.0.1')]);
      expect(await h.call('acl.read', { connectionId, path: '/a' })).toMatchObject({
        identities: null, rights: { read: true, write: null },
      });
      expect(h.client.count('whoAmI')).toBe(0);
    },
  );

  test('a server that does not answer is asked again the next time', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    expect((await h.call('acl.read', { connectionId, path: '/a' })).identities).toBeNull();
    h.words.set('zk1:2181 srvr', srvr('3.9.2'));
    expect((await h.call('acl.read', { connectionId, path: '/a' })).identities).toEqual(['ip:127.0.0.1']);
  });
});

describe('acl.write', () => {
  const open = [entry(Perms.ALL, 'world', 'anyone')];

  test('sets what was shown, and answers with what the server made of it', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    const outcome = await h.call('acl.write', { connectionId, path: '/a', acl: [...open, entry(Perms.READ, 'ip', '10.0.0.1')], aversion: 0 });
    expect(outcome).toMatchObject({ kind: 'written', value: { stat: { aversion: 1 }, acl: [open[0], { id: { scheme: 'ip' } }] } });
    expect((await h.call('feed.history', { connectionId, afterSeq: 0 })).at(-1)).toMatchObject({ kind: 'write', type: 'setACL' });
  });

  test('a conflict brings the present ACL; a node that is gone is gone', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    await h.call('acl.write', { connectionId, path: '/a', acl: open, aversion: 0 });
    const late = await h.call('acl.write', { connectionId, path: '/a', acl: open, aversion: 0 });
    expect(late).toMatchObject({ kind: 'conflict', current: { stat: { aversion: 1 } } });
    expect(await h.call('acl.write', { connectionId, path: '/a', acl: open, aversion: -1 })).toMatchObject({ kind: 'conflict' });
    expect(await h.call('acl.write', { connectionId, path: '/gone', acl: open, aversion: 0 })).toEqual({ kind: 'gone' });
  });

  test('masked ids are never saved; an empty list is refused', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    const masked = [...open, entry(Perms.ALL, 'digest', 'bob:x')];
    expect(await h.fail('acl.write', { connectionId, path: '/a', acl: masked, aversion: 0 })).toMatchObject({ code: 'MaskedAcl' });
    expect(await h.fail('acl.write', { connectionId, path: '/a', acl: [], aversion: 0 })).toMatchObject({ code: 'InvalidParams' });
    expect(h.ensemble.node('/a').stat.aversion).toBe(0);
  });

  test('locking oneself out is written, and answered', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    const outcome = await h.call('acl.write', { connectionId, path: '/a', acl: [entry(Perms.ALL, 'digest', bob)], aversion: 0 });
    expect(outcome).toMatchObject({ kind: 'written', value: { rights: { read: false, admin: false } } });
  });

  test('acl.digest', async () => {
    const h = createHarness();
    expect(await h.call('acl.digest', { user: 'bob', password: 'bobsecret' })).toEqual({ id: bob });
  });
});
