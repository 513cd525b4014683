import { describe, expect, test } from 'vitest';
import { Perms, type Acl } from '../../../src/model/acl.ts';
import { settle } from './fake-clock.ts';
import { createHarness, text } from './harness.ts';

const onlyBob: Acl[] = [{ perms: Perms.ALL, id: { scheme: 'digest', id: 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=' } }];

describe('tree.children', () => {
  test('is one request, with the names as they came', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    for (let i = 0; i < 3; i++) h.ensemble.put(`/a/n${i}`);
    const listed = await h.call('tree.children', { connectionId, path: '/a', wideAbove: null, watch: false });
    expect(listed).toMatchObject({ kind: 'listed', count: 3, names: text('n0\nn1\nn2'), read: { server: 'zk1:2181' } });
    expect([...h.client.counts]).toEqual([['getChildren2', 1]]);
  });

  test('asks for the width first where it is not known, and lists nothing of a wide node', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    for (let i = 0; i < 4; i++) h.ensemble.put(`/a/n${i}`);
    const wide = await h.call('tree.children', { connectionId, path: '/a', wideAbove: 3, watch: true });
    expect(wide).toMatchObject({ kind: 'wide', count: 4 });
    expect([...h.client.counts]).toEqual([['exists', 1]]);
    expect(h.client.watches).toEqual([]);
    expect(await h.call('tree.children', { connectionId, path: '/a', wideAbove: 4, watch: false })).toMatchObject({ kind: 'listed' });
    expect([...h.client.counts]).toEqual([['exists', 1], ['getChildren2', 1]]);
  });

  test('trusts the width of a fresh row, and asks again for one that is old', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a/b');
    await h.call('tree.stats', { connectionId, paths: ['/a'] });
    const before = h.client.count('exists');
    await h.call('tree.children', { connectionId, path: '/a', wideAbove: 10, watch: false });
    expect(h.client.count('exists')).toBe(before);
    await h.clock.advance(31_000);
    await h.call('tree.children', { connectionId, path: '/a', wideAbove: 10, watch: false });
    expect(h.client.count('exists')).toBe(before + 1);
  });

  test('says that a node is not there, or may not be read', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/locked', 'x', onlyBob);
    const at = { connectionId, watch: false };
    expect(await h.fail('tree.children', { ...at, path: '/gone', wideAbove: 5 })).toMatchObject({ code: 'NoNode', layer: 'node', path: '/gone' });
    expect(await h.fail('tree.children', { ...at, path: '/gone', wideAbove: null })).toMatchObject({ code: 'NoNode' });
    expect(await h.fail('tree.children', { ...at, path: '/locked', wideAbove: null })).toMatchObject({
      kind: 'answer', code: 'NoAuth', layer: 'permission', hint: 'hint.addAuth', path: '/locked', retrySafe: true,
    });
  });

  test('a watch tells once that the list is stale, however often the node was read', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    for (let i = 0; i < 3; i++) await h.call('tree.children', { connectionId, path: '/a', wideAbove: null, watch: true });
    await h.call('node.read', { connectionId, path: '/a', watch: true });
    h.ensemble.put('/a/b');
    h.ensemble.put('/a/c');
    expect(h.told('tree.stale')).toEqual([{ connectionId, path: '/a', what: 'children' }]);
    h.ensemble.remove('/a');
    expect(h.told('tree.stale').slice(1)).toEqual([{ connectionId, path: '/a', what: 'deleted' }]);
  });
});

describe('tree.stats', () => {
  test('answers each row in order; what cannot be read spoils no other', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a/open', 'data');
    h.ensemble.put('/a/locked', 'data', onlyBob);
    h.ensemble.put('/a/mine', 'data', [{ perms: Perms.READ, id: { scheme: 'ip', id: '10.0.0.0/8' } }, ...onlyBob]);
    const rows = await h.call('tree.stats', { connectionId, paths: ['/a/open', '/a/gone', '/a/locked', '/a/mine', '/a'] });
    expect(rows.map(({ locked, error }) => [locked, error])).toEqual([
      [false, null], [null, 'NoNode'], [true, null], [true, null], [false, null],
    ]);
    expect(rows[0]?.stat?.dataLength).toBe(4);
    expect(rows[2]?.stat?.dataLength).toBe(4);
  });

  test('a server that guards exists locks the row without a stat', async () => {
    const h = createHarness();
    h.ensemble.guardsExists = true;
    const connectionId = await h.open();
    h.ensemble.put('/locked', 'data', onlyBob);
    expect(await h.call('tree.stats', { connectionId, paths: ['/locked'] })).toEqual([{ stat: null, locked: true, error: 'NoAuth' }]);
  });

  test('costs two requests a row at first, then one, until an ACL changes', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    const paths = Array.from({ length: 100 }, (_, index) => `/a/n${index}`);
    for (const path of paths) h.ensemble.put(path);
    await h.call('tree.stats', { connectionId, paths });
    expect([...h.client.counts]).toEqual([['exists', 100], ['getACL', 100]]);
    expect(h.client.busyMax).toBeLessThanOrEqual(96);
    await h.call('tree.stats', { connectionId, paths });
    expect([...h.client.counts]).toEqual([['exists', 200], ['getACL', 100]]);
    const node = h.ensemble.node('/a/n7');
    h.ensemble.nodes.set('/a/n7', { ...node, acl: onlyBob, stat: { ...node.stat, aversion: 1 } });
    const rows = await h.call('tree.stats', { connectionId, paths });
    expect(rows[7]?.locked).toBe(true);
    expect(h.client.count('getACL')).toBe(101);
  });

  test('a node made anew under the same path is looked at anew', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', null, onlyBob);
    expect((await h.call('tree.stats', { connectionId, paths: ['/a'] }))[0]?.locked).toBe(true);
    h.ensemble.remove('/a');
    h.ensemble.put('/a');
    expect((await h.call('tree.stats', { connectionId, paths: ['/a'] }))[0]?.locked).toBe(false);
  });

  test('new credentials unlock', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', null, onlyBob);
    expect((await h.call('tree.stats', { connectionId, paths: ['/a'] }))[0]?.locked).toBe(true);
    await h.call('connections.addAuth', { connectionId, scheme: 'digest', user: 'bob', secret: 'bobsecret' });
    expect((await h.call('tree.stats', { connectionId, paths: ['/a'] }))[0]?.locked).toBe(false);
  });

  test('is cancelled when the rows scroll away', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    const paths = Array.from({ length: 500 }, (_, index) => `/a/n${index}`);
    for (const path of paths) h.ensemble.put(path);
    const outcome = h.dispatcher.call('stats', 'tree.stats', { connectionId, paths });
    await settle();
    h.dispatcher.cancel('stats');
    expect(await outcome).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
    await settle();
    expect(h.client.count('exists')).toBeLessThan(500);
  });

  test('takes at most 500 rows', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    const failure = await h.fail('tree.stats', { connectionId, paths: Array.from({ length: 501 }, () => '/a') });
    expect(failure).toMatchObject({ kind: 'usage', code: 'InvalidParams' });
    expect(failure.message).toContain('paths');
  });
});
