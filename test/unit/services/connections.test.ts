import { describe, expect, test } from 'vitest';
import { settle } from './fake-clock.ts';
import { createHarness, draftOf } from './harness.ts';

describe('opening', () => {
  test('answers at once, while it connects; the state comes by events', async () => {
    const h = createHarness({ autoConnect: false });
    const { id } = await h.call('profiles.save', draftOf({ connectString: 'zk1:2181,[::1]:2182/app', readOnly: true, colour: 'red' }));
    const state = await h.call('connections.open', { profileId: id });
    expect(state).toMatchObject({
      profileId: id, state: 'connecting', server: null, servers: ['zk1:2181', '[::1]:2182'], chroot: '/app', readOnly: true, colour: 'red',
    });
    await h.clock.advance(300);
    h.client.connect(1);
    await h.clock.advance(300);
    expect(h.told('connections.changed').at(-1)).toMatchObject({ state: 'connected', server: '[::1]:2182' });
    expect(await h.call('connections.list', {})).toMatchObject([{ state: 'connected' }]);
    expect((await h.call('profiles.list', {}))[0]?.lastOpenedMs).not.toBeNull();
  });

  test('what the profile says reaches the client, its secrets with it', async () => {
    const h = createHarness();
    await h.open({
      sessionTimeoutMs: 9_000, connectTimeoutMs: 800, canBeReadOnly: true, juteMaxBuffer: 4_000_000,
      auth: [{ id: null, scheme: 'digest', user: 'ann', secret: 'pa55' }],
    });
    expect(h.client.options).toMatchObject({
      sessionTimeoutMs: 9_000, connectTimeoutMs: 800, canBeReadOnly: true, requestBytesMax: 4_000_000,
      auth: [{ scheme: 'digest', auth: new TextEncoder().encode('ann:pa55') }],
    });
  });

  test('a secret that is no longer there is left out, and said', async () => {
    const h = createHarness();
    const { id } = await h.call('profiles.save', draftOf({ auth: [{ id: null, scheme: 'digest', user: 'ann', secret: 'x' }] }));
    h.secrets.map.clear();
    const { connectionId } = await h.call('connections.open', { profileId: id });
    expect(h.client.options.auth).toEqual([]);
    expect((await h.call('feed.history', { connectionId, afterSeq: 0 }))[0]).toMatchObject({ type: 'secretMissing' });
  });

  test('twice is once, also at the same moment', async () => {
    const h = createHarness();
    const { id } = await h.call('profiles.save', draftOf());
    const [one, other] = await Promise.all([h.call('connections.open', { profileId: id }), h.call('connections.open', { profileId: id })]);
    expect(other.connectionId).toBe(one.connectionId);
    expect((await h.call('connections.open', { profileId: id })).connectionId).toBe(one.connectionId);
    expect(h.clients.length).toBe(1);
  });

  test('an unknown profile is a failure', async () => {
    const h = createHarness();
    expect(await h.fail('connections.open', { profileId: 'nobody' })).toMatchObject({ code: 'UnknownProfile', kind: 'usage' });
  });
});

describe('states', () => {
  test('are told a few times a second, however much happens', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    await h.clock.advance(1_000);
    const before = h.told('connections.changed').length;
    for (let i = 0; i < 200; i++) {
      await h.call('node.stat', { connectionId, path: '/' });
      await h.clock.advance(10);
    }
    const told = h.told('connections.changed').length - before;
    expect(told).toBeGreaterThan(4);
    expect(told).toBeLessThanOrEqual(9);
    await h.clock.advance(1_000);
    expect(h.told('connections.changed').at(-1)?.totals).toEqual({ requests: 200, bytesOut: 2_000, bytesIn: 4_000 });
  });

  test('a lost connection is a gap once it is back; the feed names each state', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.client.change('connecting', 'the server closed the connection');
    await h.clock.advance(1_500);
    h.client.connect(1);
    const feed = await h.call('feed.history', { connectionId, afterSeq: 0 });
    expect(feed.map(({ kind, type }) => `${kind} ${type}`)).toEqual([
      'session connected', 'session connecting', 'gap disconnected', 'session connected',
    ]);
    expect(feed[1]?.detail).toBe('the server closed the connection');
    expect(feed[2]?.detail).toBe('1500 ms without a connection');
    expect(feed.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  test('an expired session stays until it is reopened under the same id', async () => {
    const h = createHarness();
    const connectionId = await h.open({ auth: [{ id: null, scheme: 'digest', user: 'ann', secret: 'a' }] });
    await h.call('connections.addAuth', { connectionId, scheme: 'digest', user: 'bob', secret: 'b' });
    h.client.expire();
    await h.clock.advance(300);
    expect((await h.call('connections.list', {}))[0]).toMatchObject({ state: 'expired', reason: 'the session has expired' });
    expect(await h.fail('node.stat', { connectionId, path: '/' })).toMatchObject({ code: 'SessionExpired', layer: 'session', hint: 'hint.reopen' });
    const state = await h.call('connections.reopen', { connectionId });
    await settle();
    expect(state.connectionId).toBe(connectionId);
    expect(h.clients.length).toBe(2);
    expect(h.client.options.auth?.map(({ auth }) => new TextDecoder().decode(auth))).toEqual(['ann:a', 'bob:b']);
    expect(await h.call('node.stat', { connectionId, path: '/' })).not.toBeNull();
    const feed = await h.call('feed.history', { connectionId, afterSeq: 0 });
    expect(feed.map(({ type }) => type)).toEqual(['connected', 'addAuth', 'expired', 'newSession', 'connected']);
  });

  test('opening the profile of an ended connection gives it a new session', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.client.expire();
    const [profile] = await h.call('profiles.list', {});
    expect((await h.call('connections.open', { profileId: profile?.id ?? '' })).connectionId).toBe(connectionId);
    expect(h.clients.length).toBe(2);
  });

  test('refused credentials end the session and say so', async () => {
    const h = createHarness();
    h.ensemble.refusedSchemes.add('sasl');
    const connectionId = await h.open();
    expect(await h.fail('connections.addAuth', { connectionId, scheme: 'sasl', user: '', secret: 'x' })).toMatchObject({
      kind: 'answer', code: 'AuthFailed', layer: 'auth', hint: 'hint.checkCredentials',
    });
  });
});

describe('reopening', () => {
  test('forgets the credentials that were removed from the profile meanwhile', async () => {
    const h = createHarness();
    const connectionId = await h.open({ auth: [{ id: null, scheme: 'digest', user: 'ann', secret: 'wrong' }] });
    await h.call('connections.addAuth', { connectionId, scheme: 'digest', user: 'bob', secret: 'b' });
    const [profile] = await h.call('profiles.list', {});
    if (profile === undefined) throw new TypeError('the profile is missing');
    const { labId: _labId, lastOpenedMs: _lastOpenedMs, ...draft } = profile;
    await h.call('profiles.save', { ...draft, auth: [] });
    await h.call('connections.reopen', { connectionId });
    expect(h.client.options.auth?.map(({ auth }) => new TextDecoder().decode(auth))).toEqual(['bob:b']);
  });

  test('twice at once is one session; closed meanwhile it opens none', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    await Promise.all([h.call('connections.reopen', { connectionId }), h.call('connections.reopen', { connectionId })]);
    expect(h.clients.length).toBe(2);
    const reopening = h.dispatcher.call('r', 'connections.reopen', { connectionId });
    await settle();
    await h.call('connections.close', { connectionId });
    await reopening;
    expect(h.clients.every(({ closed }) => closed)).toBe(true);
  });

  test('what is being opened at the end of the app is closed too', async () => {
    const h = createHarness();
    const { id } = await h.call('profiles.save', draftOf());
    const opening = h.dispatcher.call('o', 'connections.open', { profileId: id });
    await h.services.close();
    await opening;
    expect(h.clients.every(({ closed }) => closed)).toBe(true);
  });
});

describe('closing', () => {
  test('closes the session, tells it, and leaves no timer', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    await h.call('node.stat', { connectionId, path: '/' });
    await h.call('connections.close', { connectionId });
    expect(h.client.closed).toBe(true);
    expect(h.told('connections.closed')).toEqual([{ connectionId }]);
    expect(await h.fail('node.stat', { connectionId, path: '/' })).toMatchObject({ code: 'UnknownConnection' });
    await h.call('connections.close', { connectionId });
    expect(h.clock.timers).toBe(0);
  });

  test('the end of the app closes everything', async () => {
    const h = createHarness();
    await h.open();
    await h.open({ name: 'other' });
    await h.services.close();
    await h.services.close();
    expect(h.clients.map(({ closed }) => closed)).toEqual([true, true]);
    expect(h.clock.timers).toBe(0);
  });
});

describe('the command log', () => {
  test('has every request, in batches, with sums', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    await h.call('node.stat', { connectionId, path: '/' });
    await h.fail('node.read', { connectionId, path: '/gone', watch: false });
    await h.clock.advance(300);
    const log = await h.call('requests.history', { connectionId, afterSeq: 0 });
    expect(log).toMatchObject([
      { seq: 1, operation: 'exists', path: '/', result: 'Ok', server: 'zk1:2181' },
      { seq: 2, operation: 'getData', path: '/gone', result: 'NoNode' },
    ]);
    expect(h.told('requests.entries').flat()).toEqual(log);
    expect(await h.call('requests.history', { connectionId, afterSeq: 1 })).toEqual(log.slice(1));
  });

  test('a storm comes in few batches of the newest; the history has more', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    await h.clock.advance(1_000);
    for (let i = 0; i < 3; i++) {
      const paths = Array.from({ length: 500 }, (_, n) => `/n${i}-${n}`);
      await h.call('tree.stats', { connectionId, paths });
    }
    await h.clock.advance(1_000);
    const batches = h.told('requests.entries');
    expect(batches.length).toBeLessThanOrEqual(3);
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(500);
    expect(batches.at(-1)?.at(-1)?.seq).toBe(3_000);
    expect((await h.call('requests.history', { connectionId, afterSeq: 0 })).length).toBe(3_000);
  });
});
