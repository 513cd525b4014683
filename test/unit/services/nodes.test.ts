import { describe, expect, test } from 'vitest';
import { ConnectionLostError } from '../../../src/model/errors.ts';
import { Perms, type Acl } from '../../../src/model/acl.ts';
import { createHarness, text } from './harness.ts';

const readOnlyAcl: Acl[] = [{ perms: Perms.READ, id: { scheme: 'world', id: 'anyone' } }];

describe('node.read and node.stat', () => {
  test('null is told from empty', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/null', null);
    h.ensemble.put('/empty', '');
    expect((await h.call('node.read', { connectionId, path: '/null', watch: false })).data).toBeNull();
    expect((await h.call('node.read', { connectionId, path: '/empty', watch: false })).data).toEqual(text(''));
  });

  test('the stat of nothing is null', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    expect(await h.call('node.stat', { connectionId, path: '/gone' })).toBeNull();
    expect((await h.call('node.stat', { connectionId, path: '/' }))?.stat.version).toBe(0);
  });
});

describe('node.write', () => {
  test('writes over the version that was shown, and notes it in the feed', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    const outcome = await h.call('node.write', { connectionId, path: '/a', data: text('two'), version: 0 });
    expect(outcome).toMatchObject({ kind: 'written', stat: { version: 1, dataLength: 3 } });
    const feed = await h.call('feed.history', { connectionId, afterSeq: 0 });
    expect(feed.at(-1)).toMatchObject({ kind: 'write', type: 'setData', path: '/a', server: 'zk1:2181' });
  });

  test('a conflict brings what stands there, and writes nothing', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a', 'one');
    h.ensemble.put('/a', 'theirs');
    const outcome = await h.call('node.write', { connectionId, path: '/a', data: text('mine'), version: 0 });
    expect(outcome).toMatchObject({ kind: 'conflict', current: { data: text('theirs'), stat: { version: 1 } } });
    expect(h.ensemble.node('/a').stat.version).toBe(1);
    const feed = await h.call('feed.history', { connectionId, afterSeq: 0 });
    expect(feed.some(({ kind }) => kind === 'write')).toBe(false);
  });

  test('a node that is gone, before or during the conflict, is gone', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    const write = { connectionId, path: '/a', data: null, version: 0 };
    expect(await h.call('node.write', write)).toEqual({ kind: 'gone' });
    h.ensemble.put('/a');
    h.ensemble.put('/a');
    h.ensemble.before = (operation) => {
      if (operation === 'getData') h.ensemble.remove('/a');
    };
    expect(await h.call('node.write', write)).toEqual({ kind: 'gone' });
  });

  test('any version is refused', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    const failure = await h.fail('node.write', { connectionId, path: '/', data: null, version: -1 });
    expect(failure).toMatchObject({ code: 'InvalidParams' });
    expect(failure.message).toMatch(/^version: /);
  });

  test('a lost connection says that the outcome is not known', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.before = () => {
      throw new ConnectionLostError('the connection was lost', true);
    };
    expect(await h.fail('node.write', { connectionId, path: '/', data: null, version: 0 })).toMatchObject({
      kind: 'weather', code: 'ConnectionLoss', retrySafe: false, hint: 'hint.lookThenRetry', path: '/',
    });
  });
});

describe('node.create', () => {
  const plain = { data: null, acl: null, ttlMs: null, parents: false };

  test('every kind', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    const create = async (path: string, kind: 'persistent' | 'ephemeral' | 'persistentSequential' | 'container') =>
      h.call('node.create', { connectionId, path, kind, ...plain });
    expect(await create('/p', 'persistent')).toMatchObject({ path: '/p', createdParents: [] });
    expect((await create('/p/s-', 'persistentSequential')).path).toBe('/p/s-0000000000');
    expect((await create('/p/', 'persistentSequential')).path).toBe('/p/0000000001');
    expect((await create('/e', 'ephemeral')).stat.ephemeralOwner).toBe(h.client.sessionId);
    expect((await create('/c', 'container')).path).toBe('/c');
  });

  test('missing parents are made only when asked, topmost first, and named', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    h.ensemble.put('/a');
    const create = { connectionId, path: '/a/b/c/d', kind: 'persistent', ...plain } as const;
    expect(await h.fail('node.create', create)).toMatchObject({ code: 'NoNode' });
    expect((await h.call('node.create', { ...create, parents: true })).createdParents).toEqual(['/a/b', '/a/b/c']);
    const feed = await h.call('feed.history', { connectionId, afterSeq: 0 });
    expect(feed.filter(({ kind }) => kind === 'write').map(({ path }) => path)).toEqual(['/a/b', '/a/b/c', '/a/b/c/d']);
  });

  test('what cannot be is refused with the reason', async () => {
    const h = createHarness();
    const connectionId = await h.open();
    const create = { connectionId, path: '/', kind: 'persistent', ...plain } as const;
    expect(await h.fail('node.create', create)).toMatchObject({ code: 'BadPath', hint: 'hint.checkPath' });
    expect(await h.fail('node.create', { ...create, path: '/t', kind: 'ttl' })).toMatchObject({ code: 'BadTtl' });
    h.ensemble.put('/x');
    expect(await h.fail('node.create', { ...create, path: '/x' })).toMatchObject({ code: 'NodeExists', hint: 'hint.chooseOtherName' });
    h.ensemble.put('/sealed', null, readOnlyAcl);
    expect(await h.fail('node.create', { ...create, path: '/sealed/x' })).toMatchObject({ code: 'NoAuth' });
  });
});
