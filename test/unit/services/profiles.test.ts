import { describe, expect, test } from 'vitest';
import { createHarness, draftOf, memoryStore } from './harness.ts';

describe('profiles', () => {
  test('a saved connection is listed, without its secret, and told', async () => {
    const h = createHarness();
    const saved = await h.call('profiles.save', draftOf({
      name: ' orders ', group: 'shop', colour: 'red', environment: 'production', readOnly: true,
      auth: [{ id: null, scheme: 'digest', user: 'ann', secret: 'pa55' }],
    }));
    expect(saved).toMatchObject({ name: 'orders', group: 'shop', environment: 'production', readOnly: true, labId: null });
    expect(saved.auth).toEqual([{ id: expect.any(String) as string, scheme: 'digest', user: 'ann', hasSecret: true }]);
    expect(await h.call('profiles.list', {})).toEqual([saved]);
    expect(h.told('profiles.changed')).toEqual([[saved]]);
    expect(JSON.stringify(h.stores.profiles.stored)).not.toContain('pa55');
    expect([...h.secrets.map.values()]).toEqual(['pa55']);
  });

  test('a secret is kept, replaced or forgotten as the draft says', async () => {
    const h = createHarness();
    const { id, auth } = await h.call('profiles.save', draftOf({ auth: [{ id: null, scheme: 'digest', user: 'ann', secret: 'one' }] }));
    const entry = { id: auth[0]?.id ?? null, scheme: 'digest', user: 'ann' };
    expect((await h.call('profiles.save', draftOf({ id, auth: [entry] }))).auth[0]?.hasSecret).toBe(true);
    expect([...h.secrets.map.values()]).toEqual(['one']);
    await h.call('profiles.save', draftOf({ id, auth: [{ ...entry, secret: 'two' }] }));
    expect([...h.secrets.map.values()]).toEqual(['two']);
    expect((await h.call('profiles.save', draftOf({ id, auth: [{ ...entry, secret: null }] }))).auth[0]?.hasSecret).toBe(false);
    expect(h.secrets.map.size).toBe(0);
  });

  test('secrets go with their entry and with their profile', async () => {
    const h = createHarness();
    const { id } = await h.call('profiles.save', draftOf({
      auth: [{ id: null, scheme: 'digest', user: 'ann', secret: 'a' }, { id: null, scheme: 'digest', user: 'bob', secret: 'b' }],
    }));
    const { auth } = (await h.call('profiles.list', {}))[0] as { auth: { id: string }[] };
    await h.call('profiles.save', draftOf({ id, auth: [{ id: auth[1]?.id ?? null, scheme: 'digest', user: 'bob' }] }));
    expect([...h.secrets.map.values()]).toEqual(['b']);
    await h.call('profiles.remove', { id });
    expect(h.secrets.map.size).toBe(0);
    expect(await h.call('profiles.list', {})).toEqual([]);
  });

  test('another profile\'s entry is not taken over by its id', async () => {
    const h = createHarness();
    const first = await h.call('profiles.save', draftOf({ auth: [{ id: null, scheme: 'digest', user: 'ann', secret: 'a' }] }));
    const second = await h.call('profiles.save', draftOf({ auth: [{ id: first.auth[0]?.id ?? null, scheme: 'digest', user: 'eve' }] }));
    expect(second.auth[0]?.id).not.toBe(first.auth[0]?.id);
    expect(second.auth[0]?.hasSecret).toBe(false);
  });

  test.each([
    ['host:port', 'a port is a number'],
    [' , ,', 'at least one server'],
    ['zk:2181/a//b', 'empty name'],
    ['::1:2181', 'brackets'],
  ])('the connect string %s is refused with the reason', async (connectString, reason) => {
    const h = createHarness();
    const failure = await h.fail('profiles.save', draftOf({ connectString }));
    expect(failure).toMatchObject({ kind: 'usage', code: 'BadConnectString', hint: 'hint.checkConnectString' });
    expect(failure.message).toContain(reason);
    expect(h.stores.profiles.saves).toBe(0);
  });

  test('an unknown profile cannot be changed', async () => {
    const h = createHarness();
    expect((await h.fail('profiles.save', draftOf({ id: 'nobody' }))).code).toBe('UnknownProfile');
  });

  test('what cannot be saved is a failure, and the list is as before', async () => {
    const h = createHarness();
    h.stores.profiles.failing = true;
    expect(await h.fail('profiles.save', draftOf())).toMatchObject({ code: 'StoreFailed', kind: 'usage' });
    expect(await h.call('profiles.list', {})).toEqual([]);
    h.stores.profiles.failing = false;
    await h.call('profiles.save', draftOf());
    expect((await h.call('profiles.list', {})).length).toBe(1);
  });

  test('a store that cannot be read is tried again, and never overwritten meanwhile', async () => {
    const profiles = memoryStore({ kind: 'document', value: { schema: 1, profiles: [] } });
    const { load } = profiles;
    profiles.load = () => Promise.reject(new RangeError('permission denied'));
    const h = createHarness({ stores: { profiles } });
    expect(await h.fail('profiles.list', {})).toMatchObject({ kind: 'usage', code: 'StoreFailed' });
    expect(await h.fail('profiles.save', draftOf())).toMatchObject({ code: 'StoreFailed' });
    expect(profiles.saves).toBe(0);
    profiles.load = load;
    expect(await h.call('profiles.list', {})).toEqual([]);
  });

  test('saves that overlap lose nothing', async () => {
    const h = createHarness();
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => h.call('profiles.save', draftOf({ name }))));
    expect((await h.call('profiles.list', {})).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  test.each([
    ['a newer release wrote', { kind: 'document', value: { schema: 99, profiles: [] } }, 'StoredDocumentNewer'],
    ['is no JSON', { kind: 'damaged', reason: 'unexpected end' }, 'StoredDocumentDamaged'],
    ['has another shape', { kind: 'document', value: { schema: 1, profiles: [{ id: 7 }] } }, 'StoredDocumentDamaged'],
  ] as const)('a document that %s is kept aside and reported', async (_what, stored, code) => {
    const profiles = memoryStore(stored);
    const h = createHarness({ stores: { profiles } });
    expect(await h.call('profiles.list', {})).toEqual([]);
    expect(profiles.aside).toEqual([stored]);
    expect(h.told('app.notice')).toMatchObject([{ level: 'error', code }]);
    expect((await h.call('app.notices', {}))[0]?.message).toContain('document.bad');
    await h.call('profiles.save', draftOf());
    expect(profiles.aside).toEqual([stored]);
  });
});

describe('settings', () => {
  test('have defaults, keep what is set, and are told', async () => {
    const h = createHarness();
    expect(await h.call('settings.get', {})).toMatchObject({ theme: 'system', wideNodeChildren: 20_000 });
    await h.call('settings.set', { theme: 'dark' });
    await h.call('settings.set', { language: 'zh-CN', theme: undefined });
    expect(await h.call('settings.get', {})).toMatchObject({ theme: 'dark', language: 'zh-CN' });
    expect(h.told('settings.changed').length).toBe(2);
    const other = createHarness({ stores: { settings: h.stores.settings } });
    expect(await other.call('settings.get', {})).toMatchObject({ theme: 'dark', language: 'zh-CN', clusterPollMs: 2_000 });
  });

  test('app.info says where secrets go and what to open', async () => {
    const h = createHarness();
    expect(await h.call('app.info', {})).toMatchObject({ host: 'web', secretStore: 'memory', startProfileId: null });
    const id = await h.services.profileFor('zk9:2181/app');
    expect(await h.services.profileFor(' zk9:2181/app ')).toBe(id);
    h.services.setStartProfile(id);
    expect((await h.call('app.info', {})).startProfileId).toBe(id);
  });
});
