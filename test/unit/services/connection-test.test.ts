import { describe, expect, test } from 'vitest';
import type { ProfileDraft, TestStep } from '../../../src/contract/connections.ts';
import { Perms } from '../../../src/model/acl.ts';
import { settle } from './fake-clock.ts';
import { createHarness, draftOf, type Harness } from './harness.ts';

const lines = (steps: readonly TestStep[]): string[] =>
  steps.map(({ step, server, outcome }) => [step, ...(server === null ? [] : [server]), outcome].join(' '));

async function walk(h: Harness, draft: Partial<ProfileDraft> = {}): Promise<TestStep[]> {
  return h.call('profiles.test', { testId: 't', draft: draftOf({ connectTimeoutMs: 1_000, ...draft }) });
}

/** Runs a test whose time has to pass. */
async function walkLate(h: Harness, draft: Partial<ProfileDraft> = {}): Promise<TestStep[]> {
  const result = walk(h, draft);
  await h.clock.advance(60_000);
  return result;
}

function leavesNothing(h: Harness): void {
  expect(h.clients.every(({ closed }) => closed)).toBe(true);
  expect(h.transport.open).toBe(0);
  expect(h.clock.timers).toBe(0);
}

describe('the connection test', () => {
  test('all is well: each step is told while it runs, and no session stays', async () => {
    const h = createHarness();
    h.ensemble.put('/a');
    const steps = await walk(h);
    expect(lines(steps)).toEqual([
      'name zk1:2181 ok', 'name zk2:2181 ok', 'socket zk1:2181 ok', 'socket zk2:2181 ok', 'session ok', 'auth skipped', 'root ok',
    ]);
    expect(steps.at(-1)?.detail).toBe('1 children');
    const told = h.told('profiles.testStep').filter(({ index }) => index === 4).map(({ step }) => step.outcome);
    expect(told).toEqual(['running', 'ok']);
    leavesNothing(h);
  });

  test('a name that is not known', async () => {
    const h = createHarness();
    h.names.set('zk1', { ok: false, code: 'ENOTFOUND', reason: 'the name is not known' });
    const steps = await walk(h, { connectString: 'zk1:2181' });
    expect(lines(steps)).toEqual(['name zk1:2181 failed', 'socket zk1:2181 skipped', 'session skipped', 'auth skipped', 'root skipped']);
    expect(steps[0]?.failure).toMatchObject({ code: 'NameNotFound', layer: 'name', hint: 'hint.checkName' });
    expect(h.clients).toEqual([]);
  });

  test('one server of two is enough for a session, which is sought there alone', async () => {
    const h = createHarness();
    h.names.set('zk1', { ok: false, code: 'ENOTFOUND', reason: 'the name is not known' });
    const steps = await walk(h, { connectString: 'zk1:2181,zk2:2181/app' });
    expect(lines(steps)).toContain('session ok');
    expect(h.client.options.connectString).toBe('zk2:2181/app');
  });

  test('an address needs no lookup', async () => {
    const h = createHarness();
    const steps = await walk(h, { connectString: '127.0.0.1:2181,[::1]:2181' });
    expect(steps[0]).toMatchObject({ step: 'name', outcome: 'ok', detail: 'an address, no name to look up' });
  });

  test.each([
    ['refuse', 'SocketFailed', 'connection refused'],
    ['silent', 'SocketTimeout', 'in 1000 ms'],
  ] as const)('a socket that would %s', async (how, code, message) => {
    const h = createHarness();
    h.sockets.set('zk1:2181', how);
    const steps = await walkLate(h, { connectString: 'zk1:2181' });
    expect(lines(steps).slice(0, 3)).toEqual(['name zk1:2181 ok', 'socket zk1:2181 failed', 'session skipped']);
    expect(steps[1]?.failure).toMatchObject({ code, layer: 'socket', hint: 'hint.checkPort' });
    expect(steps[1]?.detail).toContain(message);
    leavesNothing(h);
  });

  test('no session comes: the last reason is told', async () => {
    const h = createHarness({ autoConnect: false });
    const result = walk(h, { connectString: 'zk1:2181' });
    await settle();
    h.client.change('connecting', 'the server closed the connection without an answer');
    await h.clock.advance(60_000);
    const steps = await result;
    expect(lines(steps).slice(2)).toEqual(['session failed', 'auth skipped', 'root skipped']);
    expect(steps[2]?.failure).toMatchObject({ code: 'NoSession', layer: 'session', hint: 'hint.checkServer' });
    expect(steps[2]?.detail).toBe('no session in 2000 ms: the server closed the connection without an answer');
    leavesNothing(h);
  });

  test('refused credentials', async () => {
    const h = createHarness();
    h.ensemble.refusedSchemes.add('kerberos');
    const steps = await walk(h, { auth: [{ id: null, scheme: 'kerberos', user: '', secret: 'x' }] });
    expect(lines(steps).slice(4)).toEqual(['session ok', 'auth failed', 'root skipped']);
    expect(steps[5]?.failure).toMatchObject({ code: 'AuthFailed', layer: 'auth', hint: 'hint.checkCredentials' });
    leavesNothing(h);
  });

  test('an unreadable root is a warning; the stored password opens it', async () => {
    const h = createHarness();
    const root = h.ensemble.node('/');
    const id = 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=';
    h.ensemble.nodes.set('/', { ...root, acl: [{ perms: Perms.ALL, id: { scheme: 'digest', id } }] });
    const blind = await walk(h);
    expect(blind.at(-1)).toMatchObject({
      step: 'root', outcome: 'warning', failure: { code: 'NoAuth', layer: 'permission', hint: 'hint.openPath', path: '/' },
    });
    const saved = await h.call('profiles.save', draftOf({ auth: [{ id: null, scheme: 'digest', user: 'bob', secret: 'bobsecret' }] }));
    const auth = [{ id: saved.auth[0]?.id ?? null, scheme: 'digest', user: 'bob' }];
    expect((await walk(h, { id: saved.id, auth })).at(-1)).toMatchObject({ step: 'root', outcome: 'ok' });
    const wrong = [{ ...(auth[0] as (typeof auth)[0]), secret: 'wrong' }];
    const steps = await walk(h, { id: saved.id, auth: wrong });
    expect(lines(steps).slice(-2)).toEqual(['auth ok', 'root warning']);
    expect(steps.at(-2)?.detail).toContain('shows only at a node with an ACL');
  });

  test('a chroot that is not there', async () => {
    const h = createHarness();
    h.ensemble.before = (operation, path) => {
      if (operation === 'getData') h.ensemble.node(`/app${path ?? ''}`);
    };
    const steps = await walk(h, { connectString: 'zk1:2181/app' });
    expect(steps.at(-1)).toMatchObject({ outcome: 'failed', detail: 'the chroot /app does not exist', failure: { code: 'NoNode', hint: 'hint.chroot' } });
  });

  test('can be cancelled at any step, and leaves nothing', async () => {
    const h = createHarness({ autoConnect: false });
    const outcome = h.dispatcher.call('t', 'profiles.test', { testId: 't', draft: draftOf() });
    await settle();
    expect(h.clients.length).toBe(1);
    h.dispatcher.cancel('t');
    expect(await outcome).toMatchObject({ ok: false, failure: { kind: 'cancelled', code: 'Cancelled' } });
    leavesNothing(h);

    h.sockets.set('zk1:2181', 'silent');
    const atSocket = h.dispatcher.call('t2', 'profiles.test', { testId: 't', draft: draftOf() });
    await settle();
    h.dispatcher.cancel('t2');
    expect(await atSocket).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
    await settle();
    leavesNothing(h);
  });

  test('a connect string that cannot be read is refused', async () => {
    const h = createHarness();
    expect((await h.fail('profiles.test', { testId: 't', draft: draftOf({ connectString: 'zk:x' }) })).code).toBe('BadConnectString');
  });
});
