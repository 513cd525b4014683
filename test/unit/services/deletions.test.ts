import { describe, expect, test } from 'vitest';
import { Perms, type Acl } from '../../../src/model/acl.ts';
import { ConnectionLostError } from '../../../src/model/errors.ts';
import { settle } from './fake-clock.ts';
import { createHarness, type Harness } from './harness.ts';

const nobody: Acl[] = [{ perms: Perms.ALL, id: { scheme: 'digest', id: 'bob:x' } }];

async function subtree(h: Harness): Promise<string> {
  const connectionId = await h.open();
  for (const path of ['/t/a/1', '/t/a/2', '/t/b/1', '/t/c']) h.ensemble.put(path, path);
  return connectionId;
}

const preview = (h: Harness, connectionId: string, path = '/t', limit = 1_000) =>
  h.call('node.deletePreview', { connectionId, path, limit, jobId: 'look' });
const run = (h: Harness, connectionId: string, token: string, path = '/t') =>
  h.call('node.delete', { connectionId, path, token, jobId: 'delete' });
const left = (h: Harness): string[] => [...h.ensemble.nodes.keys()].filter((path) => path.startsWith('/t')).sort();

describe('the preview', () => {
  test('counts nodes, bytes and ephemerals with one request a node, reading no data', async () => {
    const h = createHarness();
    const connectionId = await subtree(h);
    await h.call('node.create', { connectionId, path: '/t/e', kind: 'ephemeral', data: null, acl: null, ttlMs: null, parents: false });
    const before = h.client.count('getChildren2');
    const shown = await preview(h, connectionId);
    expect(shown).toMatchObject({ path: '/t', nodes: 8, bytes: 22, ephemerals: 1, unreadable: [], truncated: false });
    expect(shown.sample.map(({ path }) => path)[0]).toBe('/t');
    expect(shown.token).not.toBe('');
    expect(h.client.count('getChildren2') - before).toBe(8);
    expect(h.client.count('getData')).toBe(0);
    expect(h.told('node.progress').at(-1)).toEqual({ jobId: 'look', done: 8, total: 8 });
  });

  test('over the limit nothing is offered', async () => {
    const h = createHarness();
    const connectionId = await subtree(h);
    const shown = await preview(h, connectionId, '/t', 5);
    expect(shown).toMatchObject({ truncated: true, token: '' });
    expect((await h.fail('node.delete', { connectionId, path: '/t', token: '', jobId: 'x' })).code).toBe('PreviewUnknown');
  });

  test('is bounded in requests under way', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    for (let i = 0; i < 300; i++) h.ensemble.put(`/t/n${i}`);
    await preview(h, connectionId);
    expect(h.client.busyMax).toBe(32);
  });

  test('names what cannot be listed', async () => {
    const h = createHarness();
    const connectionId = await subtree(h);
    h.ensemble.put('/t/locked', 'x', nobody);
    expect(await preview(h, connectionId)).toMatchObject({ nodes: 8, unreadable: ['/t/locked'] });
  });

  test('can be cancelled, and refuses what belongs to ZooKeeper', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    for (let i = 0; i < 300; i++) h.ensemble.put(`/t/n${i}`);
    const outcome = h.dispatcher.call('p', 'node.deletePreview', { connectionId, path: '/t', limit: 1_000, jobId: 'look' });
    await settle();
    h.dispatcher.cancel('p');
    expect(await outcome).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
    for (const path of ['/', '/zookeeper', '/zookeeper/config']) {
      expect((await h.fail('node.deletePreview', { connectionId, path, limit: 10, jobId: 'x' })).code).toBe('BadPath');
    }
  });
});

describe('the deletion', () => {
  test('takes the subtree, children first, and is one line of the feed', async () => {
    const h = createHarness();
    const connectionId = await subtree(h);
    const { token } = await preview(h, connectionId);
    expect(await run(h, connectionId, token)).toEqual({
      deleted: 7, left: [], leftCount: 0, cancelled: false, untouched: 0, stopped: null,
    });
    expect(left(h)).toEqual([]);
    const feed = await h.call('feed.history', { connectionId, afterSeq: 0 });
    expect(feed.filter(({ kind }) => kind === 'write')).toMatchObject([{ type: 'delete', path: '/t' }]);
    expect(h.told('node.progress').at(-1)).toEqual({ jobId: 'delete', done: 7, total: 7 });
  });

  test('a token works once, for its path and connection, for ten minutes', async () => {
    const h = createHarness();
    const connectionId = await subtree(h);
    const { token } = await preview(h, connectionId);
    const wrong = await h.fail('node.delete', { connectionId, path: '/t/a', token, jobId: 'x' });
    expect(wrong).toMatchObject({ code: 'PreviewUnknown', hint: 'hint.newPreview' });
    await h.clock.advance(10 * 60_000 + 1);
    expect((await h.fail('node.delete', { connectionId, path: '/t', token, jobId: 'x' })).code).toBe('PreviewUnknown');
    const second = await preview(h, connectionId);
    await run(h, connectionId, second.token);
    expect((await h.fail('node.delete', { connectionId, path: '/t', token: second.token, jobId: 'x' })).code).toBe('PreviewUnknown');
  });

  test('leaves what changed since, what is new, and their ancestors', async () => {
    const h = createHarness();
    const connectionId = await subtree(h);
    const { token } = await preview(h, connectionId);
    h.ensemble.put('/t/a/1', 'changed');
    h.ensemble.put('/t/c/new', 'new');
    h.ensemble.remove('/t/b/1');
    const outcome = await run(h, connectionId, token);
    const reasons = new Map(outcome.left.map(({ path, failure }) => [path, failure.code]));
    expect(reasons.get('/t/a/1')).toBe('BadVersion');
    expect(reasons.get('/t/c')).toBe('NotEmpty');
    expect(reasons.get('/t/a')).toBe('NotEmpty');
    expect(reasons.get('/t')).toBe('NotEmpty');
    expect(left(h)).toEqual(['/t', '/t/a', '/t/a/1', '/t/c', '/t/c/new']);
    expect(outcome.deleted).toBe(2);
    expect(outcome.leftCount).toBe(4);
  });

  test('a node that could not be looked at is left, with its ancestors', async () => {
    const h = createHarness();
    h.ensemble.guardsExists = true;
    const connectionId = await subtree(h);
    h.ensemble.put('/t/b/locked', 'x', nobody);
    const { token } = await preview(h, connectionId);
    const outcome = await run(h, connectionId, token);
    expect(left(h)).toEqual(['/t', '/t/b', '/t/b/locked']);
    expect(outcome.left.map(({ path }) => path).sort()).toEqual(['/t', '/t/b', '/t/b/locked']);
  });

  test('a cancelled one says how far it came', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    for (let i = 0; i < 200; i++) h.ensemble.put(`/t/n${i}`);
    const { token } = await preview(h, connectionId);
    let deletes = 0;
    h.ensemble.before = (operation) => {
      if (operation === 'delete' && ++deletes === 50) h.dispatcher.cancel('d');
    };
    const outcome = await h.dispatcher.call('d', 'node.delete', { connectionId, path: '/t', token, jobId: 'x' });
    expect(outcome).toMatchObject({ ok: true, value: { cancelled: true } });
    const { deleted, untouched } = (outcome as { value: { deleted: number; untouched: number } }).value;
    expect(deleted + untouched).toBe(201);
    expect(left(h).length).toBe(untouched);
    expect(h.client.busyMax).toBeLessThanOrEqual(32);
  });

  test('a lost connection stops it, and what was under way is found out', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    for (let i = 0; i < 200; i++) h.ensemble.put(`/t/n${i}`);
    const { token } = await preview(h, connectionId);
    let deletes = 0;
    h.ensemble.before = (operation, path) => {
      if (operation !== 'delete' || ++deletes <= 64) return;
      // Half of the lost requests had reached the server.
      if (deletes % 2 === 0) h.ensemble.remove(path as string);
      throw new ConnectionLostError('the connection was lost', true);
    };
    const outcome = await run(h, connectionId, token);
    expect(outcome.stopped).toMatchObject({ code: 'ConnectionLoss' });
    expect(outcome.left.every(({ failure }) => failure.code === 'ConnectionLoss' && !failure.retrySafe)).toBe(true);
    expect(outcome.left.length).toBeGreaterThan(0);
    expect(201 - outcome.deleted).toBe(left(h).length);
    expect(outcome.deleted + outcome.left.length + (outcome.untouched ?? 0)).toBe(201);
  });
});
