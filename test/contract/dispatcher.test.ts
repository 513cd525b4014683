import { describe, expect, test } from 'vitest';
import { COMMANDS, EVENTS, type CommandName, type EventName } from '../../src/contract/contract.ts';
import { createDispatcher } from '../../src/hosts/dispatcher.ts';
import type { Handlers } from '../../src/services/context.ts';
import { InvariantError } from '../../src/base/invariant.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Services } from '../../src/services/services.ts';
import * as v from 'valibot';
import { labOptions } from '../support/lab-options.ts';
import { settle } from '../unit/services/fake-clock.ts';
import { createHarness, draftOf, text } from '../unit/services/harness.ts';

const failureOf = (outcome: unknown): unknown => (outcome as { failure: unknown }).failure;

/** Params that satisfy the schema of each write, on a connection of this id. */
const writes = (connectionId: string): Partial<Record<CommandName, unknown>> => ({
  'node.write': { connectionId, path: '/a', data: text('x'), version: 0 },
  'node.create': { connectionId, path: '/b', kind: 'persistent', data: null, acl: null, ttlMs: null, parents: false },
  'node.delete': { connectionId, path: '/a', token: 't', jobId: 'j' },
  'acl.write': { connectionId, path: '/a', acl: [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }], aversion: 0 },
  'transfer.write': {
    connectionId, previewId: null, nodesPerSecondMax: null,
    work: { kind: 'delete', connectionId, path: '/a', ephemerals: false, acl: true },
  },
  'history.undo': { connectionId, operationId: 'o', indexes: null, conflicts: 'leave' },
});
const writeNames = (Object.keys(COMMANDS) as CommandName[]).filter((name) => COMMANDS[name].access === 'write');

describe('what is let through', () => {
  test('the test knows every write of the contract', () => {
    expect(Object.keys(writes('c')).sort()).toEqual([...writeNames].sort());
  });

  test.each(writeNames)('%s is refused on a read-only connection before anything is sent', async (name) => {
    const h = createHarness();
    const connectionId = await h.open({ readOnly: true });
    h.ensemble.put('/a', 'one');
    const outcome = await h.dispatcher.call('1', name, writes(connectionId)[name]);
    expect(failureOf(outcome)).toMatchObject({
      kind: 'denied', code: 'ReadOnlyConnection', layer: 'permission', hint: 'hint.readOnlyConnection', retrySafe: true,
    });
    expect(h.client.counts.size).toBe(0);
  });

  test.each(writeNames)('%s is refused whatever else its params are', async (name) => {
    const h = createHarness();
    const connectionId = await h.open({ readOnly: true });
    expect(failureOf(await h.dispatcher.call('1', name, { connectionId }))).toMatchObject({ code: 'ReadOnlyConnection' });
    expect(failureOf(await h.dispatcher.call('2', name, { connectionId: 'other' }))).toMatchObject({ code: 'UnknownConnection' });
    for (const params of [null, undefined, 7, 'x', [], {}, { connectionId: 7 }, Object.create({ connectionId }) as object]) {
      expect(failureOf(await h.dispatcher.call('3', name, params))).toMatchObject({ kind: 'usage', code: 'InvalidParams' });
    }
    expect(h.client.counts.size).toBe(0);
  });

  test('reading goes on; the guard follows the profile', async () => {
    const h = createHarness();
    const connectionId = await h.open({ readOnly: true });
    h.ensemble.put('/a', 'one');
    expect((await h.call('node.read', { connectionId, path: '/a', watch: false })).data).toEqual(text('one'));
    const [profile] = await h.call('profiles.list', {});
    await h.call('profiles.save', draftOf({ id: profile?.id ?? null, readOnly: false }));
    const write = { connectionId, path: '/a', data: text('two'), version: 0 };
    expect(await h.call('node.write', write)).toMatchObject({ kind: 'written' });
    await h.call('profiles.save', draftOf({ id: profile?.id ?? null, readOnly: true }));
    expect(await h.fail('node.write', write)).toMatchObject({ code: 'ReadOnlyConnection', path: '/a' });
  });

  test.each(['nothing.such', 'constructor', 'toString', '__proto__', ''])('there is no command %j', async (name) => {
    const h = createHarness();
    expect(failureOf(await h.dispatcher.call('1', name, {}))).toMatchObject({ kind: 'usage', code: 'UnknownCommand' });
  });

  test.each([
    ['node.read', { connectionId: 'c', path: 'a', watch: true }, 'path: not a valid path'],
    ['node.read', { connectionId: 'c', path: '/a' }, 'watch: '],
    ['tree.stats', { connectionId: 'c', paths: ['/a', '/b/'] }, 'paths.1: not a valid path'],
    ['profiles.save', { ...draftOf(), colour: 'mauve' }, 'colour: '],
    ['node.read', 'text', 'params: '],
  ] as const)('%s with bad params names the field', async (name, params, message) => {
    const h = createHarness();
    const failure = failureOf(await h.dispatcher.call('1', name, params)) as { code: string; message: string };
    expect(failure.code).toBe('InvalidParams');
    expect(failure.message.startsWith(message)).toBe(true);
  });
});

/** Services of which one command does what a test says. */
function servicesWith(handler: Handlers['node.stat']): Services {
  const h = createHarness();
  return { ...h.services, logger: silentLogger, handlers: { ...h.services.handlers, 'node.stat': handler } };
}
const stat = { connectionId: 'c', path: '/a' };

describe('calls', () => {
  test('a bug comes out as one, whole, and the next call is served', async () => {
    const dispatcher = createDispatcher(servicesWith(() => {
      throw new InvariantError('3 is not 4');
    }));
    expect(failureOf(await dispatcher.call('1', 'node.stat', stat))).toMatchObject({
      kind: 'bug', code: 'Bug', message: 'InvariantError: 3 is not 4', path: '/a',
    });
    expect(await dispatcher.call('2', 'app.info', {})).toMatchObject({ ok: true });
  });

  test('are cancelled by id, once they run and no other', async () => {
    const aborted: string[] = [];
    const dispatcher = createDispatcher(servicesWith(({ path }, { signal }) => new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        aborted.push(path);
        resolve(null);
      });
    })));
    const one = dispatcher.call('1', 'node.stat', { connectionId: 'c', path: '/1' });
    void dispatcher.call('2', 'node.stat', { connectionId: 'c', path: '/2' });
    dispatcher.cancel('1');
    dispatcher.cancel('1');
    dispatcher.cancel('nobody');
    await one;
    dispatcher.cancel('1');
    expect(aborted).toEqual(['/1']);
    dispatcher.close();
    expect(aborted).toEqual(['/1', '/2']);
    expect(failureOf(await dispatcher.call('3', 'app.info', {}))).toMatchObject({ kind: 'cancelled' });
  });

  test('are bounded, and named once', async () => {
    const release: (() => void)[] = [];
    const services = servicesWith(() => new Promise((resolve) => release.push(() => resolve(null))));
    const dispatcher = createDispatcher(services, { callsAtOnceMax: 2 });
    const one = dispatcher.call('1', 'node.stat', stat);
    void dispatcher.call('2', 'node.stat', stat);
    expect(failureOf(await dispatcher.call('1', 'node.stat', stat))).toMatchObject({ code: 'DuplicateCall' });
    expect(failureOf(await dispatcher.call('3', 'node.stat', stat))).toMatchObject({ kind: 'denied', code: 'TooManyCalls', retrySafe: true });
    release[0]?.();
    await one;
    expect(await dispatcher.call('3', 'app.info', {})).toMatchObject({ ok: true });
  });
});

describe('events', () => {
  test('reach every view until it stops listening, each as the contract says', async () => {
    const h = createHarness();
    const seen: string[] = [];
    const stop = h.dispatcher.onEvent((name) => seen.push(name));
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    await h.call('node.read', { connectionId, path: '/a', watch: true });
    h.ensemble.put('/a', 'two');
    await h.call('settings.set', { theme: 'dark' });
    await h.call('profiles.test', { testId: 't', draft: draftOf() });
    const { labId, name: typedName } = await h.call('lab.create', labOptions());
    await h.call('lab.remove', { labId, typedName });
    h.words.set('zk1:2181 srvr', 'nothing');
    await h.call('cluster.status', { connectionId });
    const { token } = await h.call('node.deletePreview', { connectionId, path: '/a', limit: 10, jobId: 'j' });
    await h.call('node.delete', { connectionId, path: '/a', token, jobId: 'j' });
    const work = { kind: 'export', connectionId, path: '/', ephemerals: false, acl: true, file: '/exports/a', compression: 'none', overwriteFile: false } as const;
    const { jobId } = await h.call('transfer.read', { work, dryRun: false });
    await h.clock.advance(2_000);
    await h.call('transfer.control', { jobId, action: 'cancel' });
    for (let i = 0; i < 50 && h.told('transfer.job').every(({ endedAtMs }) => endedAtMs === null); i++) await h.clock.advance(2_000);
    await h.call('transfer.control', { jobId, action: 'forget' });
    await h.call('history.forget', { operationIds: null });
    await h.call('connections.close', { connectionId });
    for (const { name, payload } of h.events) {
      const result = v.safeParse(EVENTS[name] as Parameters<typeof v.safeParse>[0], payload);
      expect(result.success, `${name}: ${JSON.stringify(result.issues?.[0]?.message)}`).toBe(true);
    }
    const names = new Set(h.events.map(({ name }) => name));
    const missing = (Object.keys(EVENTS) as EventName[]).filter((name) => !names.has(name));
    expect(missing).toEqual(['app.notice']);
    stop();
    const count = seen.length;
    await h.call('settings.set', { theme: 'light' });
    await settle();
    expect(seen.length).toBe(count);
  });
});
