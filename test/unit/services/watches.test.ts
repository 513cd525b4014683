import { describe, expect, test } from 'vitest';
import { settle } from './fake-clock.ts';
import { createHarness, text, type Harness } from './harness.ts';

const feedOf = async (h: Harness, connectionId: string) =>
  (await h.call('feed.history', { connectionId, afterSeq: 0 })).filter(({ kind }) => kind === 'watch');

describe('watches', () => {
  test('a one-shot data watch fires once, with the old and the new value, and is gone', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    const watch = await h.call('watches.add', { connectionId, path: '/a', kind: 'data' });
    expect(watch).toMatchObject({ path: '/a', kind: 'data', oneShot: true, events: 0, ended: null });
    expect(await h.call('watches.list', { connectionId })).toEqual([watch]);
    h.ensemble.put('/a', 'two');
    h.ensemble.put('/a', 'three');
    await settle();
    expect(await h.call('watches.list', { connectionId })).toEqual([]);
    expect(await feedOf(h, connectionId)).toMatchObject([
      { type: 'NodeDataChanged', path: '/a', watchId: watch.watchId, before: text('one'), after: text('three') },
    ]);
  });

  test('a persistent watch goes on, each value the next one\'s old one', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    const { watchId } = await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    h.ensemble.put('/a', 'two');
    await settle();
    h.ensemble.put('/a', 'three');
    await settle();
    h.ensemble.put('/a/b');
    const feed = await feedOf(h, connectionId);
    expect(feed.map(({ type, before, after }) => [type, before, after])).toEqual([
      ['NodeDataChanged', text('one'), text('two')],
      ['NodeDataChanged', text('two'), text('three')],
      ['NodeChildrenChanged', undefined, undefined],
    ]);
    expect(feed.every((entry) => entry.watchId === watchId)).toBe(true);
    await h.clock.advance(500);
    expect(h.told('watches.changed').at(-1)).toMatchObject({ connectionId, watches: [{ watchId, events: 3 }] });
  });

  test('a recursive watch sees what is below; another\'s event is not its own', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    const { watchId } = await h.call('watches.add', { connectionId, path: '/a', kind: 'recursive' });
    await h.call('tree.children', { connectionId, path: '/', wideAbove: null, watch: true });
    h.ensemble.put('/a/b/c', 'x');
    h.ensemble.put('/other');
    const feed = await feedOf(h, connectionId);
    expect(feed.map(({ type, path, watchId: id }) => [type, path, id])).toEqual([
      ['NodeCreated', '/a/b', watchId],
      ['NodeCreated', '/a/b/c', watchId],
      ['NodeChildrenChanged', '/', null],
    ]);
  });

  test('exists waits for a node that is not there', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    const { watchId } = await h.call('watches.add', { connectionId, path: '/soon', kind: 'exists' });
    h.ensemble.put('/soon');
    expect(await feedOf(h, connectionId)).toMatchObject([{ type: 'NodeCreated', path: '/soon', watchId }]);
    expect((await h.fail('watches.add', { connectionId, path: '/never', kind: 'data' })).code).toBe('NoNode');
    expect(await h.call('watches.list', { connectionId })).toEqual([]);
  });

  test('long values stay out of the feed', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'x'.repeat(4_097));
    await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    h.ensemble.put('/a', 'y'.repeat(4_096));
    await settle();
    const [entry] = await feedOf(h, connectionId);
    expect(entry?.before).toBeUndefined();
    expect(entry?.after?.length).toBe(4_096);
  });

  test('removed watches tell nothing more; the server is told', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    const { watchId } = await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    await h.call('watches.remove', { connectionId, watchId });
    expect(h.client.watches).toEqual([]);
    h.ensemble.put('/a', 'x');
    expect(await feedOf(h, connectionId)).toEqual([]);
    expect((await h.fail('watches.remove', { connectionId, watchId })).code).toBe('UnknownWatch');
  });

  test('an expired session ends them: they stay listed as ended until removed', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    const { watchId } = await h.call('watches.add', { connectionId, path: '/a', kind: 'recursive' });
    h.client.expire();
    expect(await h.call('watches.list', { connectionId })).toMatchObject([{ watchId, ended: 'expired' }]);
    await h.call('connections.reopen', { connectionId });
    await settle();
    expect(await h.call('watches.list', { connectionId })).toMatchObject([{ watchId, ended: 'expired' }]);
    await h.call('watches.remove', { connectionId, watchId });
    expect(await h.call('watches.list', { connectionId })).toEqual([]);
  });
});

describe('reads beside a persistent watch', () => {
  const stale = (h: Harness) => h.told('tree.stale').map(({ path, what }) => `${path} ${what}`);

  test('leave no one-shot watch at its path, which would end it before 3.9, and are told all the same', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    const { watchId } = await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    await h.call('node.read', { connectionId, path: '/a', watch: true });
    await h.call('tree.children', { connectionId, path: '/a', wideAbove: null, watch: true });
    expect(h.client.watches.map(({ kind }) => kind)).toEqual(['persistent']);
    h.ensemble.put('/a', 'two');
    h.ensemble.put('/a/b');
    await h.clock.advance(500);
    expect(stale(h)).toEqual(['/a data', '/a children']);
    for (let i = 0; i < 100; i++) h.ensemble.put('/a', `v${i}`);
    await h.clock.advance(500);
    expect(stale(h).length).toBeLessThanOrEqual(4);
    const before = stale(h).length;
    await h.call('watches.remove', { connectionId, watchId });
    await h.clock.advance(500);
    expect(stale(h).slice(before)).toEqual(['/a data', '/a children']);
    await h.call('node.read', { connectionId, path: '/a', watch: true });
    expect(h.client.watches.map(({ kind }) => kind)).toEqual(['data']);
  });

  test('a recursive one tells of the list by the children that come and go', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a/b');
    await h.call('watches.add', { connectionId, path: '/a', kind: 'recursive' });
    await h.call('tree.children', { connectionId, path: '/a', wideAbove: null, watch: true });
    await h.call('node.read', { connectionId, path: '/a/b', watch: true });
    expect(h.client.watches.map(({ kind, path }) => `${kind} ${path}`)).toEqual(['recursive /a', 'data /a/b']);
    h.ensemble.put('/a/c');
    h.ensemble.put('/a/b', 'x');
    await h.clock.advance(500);
    expect(stale(h).sort()).toEqual(['/a children', '/a/b data']);
  });

  test.each([['3.8.0', false], ['3.9.2', true]])('on %s a second kind at the same path is allowed: %s', async (version, allowed) => {
    const h = createHarness();
    h.words.set('zk1:2181 srvr', `Zookeeper version: ${version}-x, built on y\nMode: standalone\n`);
    const connectionId = await h.open();
    h.ensemble.put('/a');
    await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    await h.call('watches.add', { connectionId, path: '/', kind: 'recursive' });
    const outcome = await h.dispatcher.call('second', 'watches.add', { connectionId, path: '/a', kind: 'data' });
    expect(outcome).toMatchObject(allowed ? { ok: true } : { ok: false, failure: { code: 'WatchConflict', hint: 'hint.olderServer' } });
  });
});

describe('the feed as events', () => {
  test('an entry waits for its values, and those behind it wait with it', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    await h.clock.advance(1_000);
    let release: () => void = () => undefined;
    h.ensemble.before = (operation) => (operation === 'getData' ? new Promise<void>((resolve) => (release = resolve)) : undefined);
    const before = h.told('feed.entries').flat().length;
    h.ensemble.put('/a', 'two');
    h.ensemble.put('/a/child');
    await h.clock.advance(400);
    expect(h.told('feed.entries').flat().length).toBe(before);
    release();
    await h.clock.advance(400);
    const sent = h.told('feed.entries').flat().slice(before);
    expect(sent.map(({ type, after }) => [type, after])).toEqual([['NodeDataChanged', text('two')], ['NodeChildrenChanged', undefined]]);
  });

  test('but not for longer than a second', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    h.ensemble.before = () => new Promise<void>(() => undefined);
    h.ensemble.put('/a', 'two');
    await h.clock.advance(1_300);
    expect(h.told('feed.entries').flat().at(-1)).toMatchObject({ type: 'NodeDataChanged', path: '/a' });
  });

  test('a storm reads few values and sends few batches', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    await h.call('watches.add', { connectionId, path: '/a', kind: 'persistent' });
    await h.clock.advance(1_000);
    const reads = h.client.count('getData');
    const batches = h.told('feed.entries').length;
    for (let i = 0; i < 2_000; i++) h.ensemble.put('/a', `v${i}`);
    await h.clock.advance(1_000);
    expect(h.client.count('getData') - reads).toBeLessThanOrEqual(8);
    expect(h.told('feed.entries').length - batches).toBeLessThanOrEqual(5);
    expect(h.told('feed.entries').flat().at(-1)?.seq).toBe(2_001);
  });
});
