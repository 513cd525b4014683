import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { NodeValue } from '../../../src/contract/nodes.ts';
import { provideBackend } from '../../../src/view/stores/backend.ts';
import { dataOf, useNodeStore } from '../../../src/view/stores/node.ts';
import { bytesOf, failed, fakeApi, settle, valueOf, type FakeApi } from './fake-api.ts';

let api: FakeApi;
let store: ReturnType<typeof useNodeStore>;
const shown = (): string => new TextDecoder().decode(dataOf(store.doc('c', '/a')!) ?? undefined);
const count = (name: string): number => api.calls.filter((call) => call.name === name).length;

beforeEach(() => {
  vi.useRealTimers();
  api = fakeApi();
  provideBackend(api);
  setActivePinia(createPinia());
  store = useNodeStore();
});

async function opened(value: NodeValue = valueOf('one', 0)): Promise<void> {
  api.answer('node.read', () => value);
  store.open('c', '/a');
  await settle();
}

describe('the node store', () => {
  it('reads a node once for all views, with a watch, and forgets it after the last', async () => {
    await opened();
    store.open('c', '/a');
    await settle();
    expect(api.calls).toEqual([{ name: 'node.read', params: { connectionId: 'c', path: '/a', watch: true } }]);
    store.release('c', '/a');
    expect(shown()).toBe('one');
    store.release('c', '/a');
    expect(store.doc('c', '/a')).toBeNull();
  });

  it('saves with the version that was shown', async () => {
    await opened(valueOf('one', 7));
    api.answer('node.write', () => ({ kind: 'written', stat: valueOf('two', 8).stat, read: valueOf('two', 8).read }));
    store.edit('c', '/a', bytesOf('two'));
    expect(store.dirtyDocs).toHaveLength(1);
    expect(await store.save('c', '/a')).toBe(true);
    expect(api.calls.at(-1)).toEqual({ name: 'node.write', params: { connectionId: 'c', path: '/a', data: bytesOf('two'), version: 7 } });
    expect(store.dirtyDocs).toHaveLength(0);
    expect(store.doc('c', '/a')?.base?.stat.version).toBe(8);
  });

  it('on a conflict keeps the edit, then overwrites only the value that was compared', async () => {
    await opened();
    api.answer('node.write', ({ version }) =>
      version === 4
        ? { kind: 'written', stat: valueOf('mine', 5).stat, read: valueOf('mine', 5).read }
        : { kind: 'conflict', current: valueOf('theirs', 4) },
    );
    store.edit('c', '/a', bytesOf('mine'));
    expect(await store.save('c', '/a')).toBe(false);
    expect(store.doc('c', '/a')?.conflict?.stat.version).toBe(4);
    expect(shown()).toBe('mine');
    expect(await store.overwrite('c', '/a')).toBe(true);
    expect(store.doc('c', '/a')?.conflict).toBeNull();
  });

  it('keeps the edit when a save fails, and through the end of its view', async () => {
    await opened();
    api.answer('node.write', () => {
      throw failed('ConnectionLoss', 'lost', 'weather');
    });
    store.edit('c', '/a', bytesOf('mine'));
    await store.save('c', '/a');
    expect(store.doc('c', '/a')?.failure?.code).toBe('ConnectionLoss');
    store.release('c', '/a');
    store.open('c', '/a');
    expect(shown()).toBe('mine');
    expect(count('node.read')).toBe(1);
  });

  it('ignores a read that was asked for before a write was answered', async () => {
    await opened();
    let answerRead: ((value: NodeValue) => void) | undefined;
    api.answer('node.read', () => new Promise<NodeValue>((resolve) => (answerRead = resolve)));
    api.answer('node.write', () => ({ kind: 'written', stat: valueOf('two', 1).stat, read: valueOf('two', 1).read }));
    const reading = store.read('c', '/a');
    store.edit('c', '/a', bytesOf('two'));
    await store.save('c', '/a');
    answerRead!(valueOf('one', 0));
    await reading;
    expect(shown()).toBe('two');
    expect(store.doc('c', '/a')?.theirs).toBeNull();
  });

  it('reads again when told that data changed, not more often than it should', async () => {
    vi.useFakeTimers();
    await opened();
    api.answer('node.read', () => valueOf('two', 1));
    for (let i = 0; i < 20; i++) api.send('tree.stale', { connectionId: 'c', path: '/a', what: 'data' });
    await vi.advanceTimersByTimeAsync(300);
    expect(count('node.read')).toBe(2);
    expect(shown()).toBe('two');
  });

  it('marks a deleted node and keeps its edit; making it again sends the edit', async () => {
    await opened();
    store.edit('c', '/a', bytesOf('mine'));
    api.send('tree.stale', { connectionId: 'c', path: '/a', what: 'deleted' });
    expect(store.doc('c', '/a')).toMatchObject({ gone: true });
    expect(shown()).toBe('mine');
    const made = valueOf('mine', 0, { mzxid: 900n });
    api.answer('node.create', () => ({ path: '/a', stat: made.stat, read: made.read, createdParents: [] }));
    api.answer('node.read', () => made);
    expect(await store.createAgain('c', '/a')).toBe(true);
    await settle();
    expect(store.doc('c', '/a')).toMatchObject({ gone: false, draft: null });
  });

  it('does not send two writes at once', async () => {
    await opened();
    let release: (() => void) | undefined;
    api.answer('node.write', async () => {
      await new Promise<void>((resolve) => (release = resolve));
      return { kind: 'written', stat: valueOf('two', 1).stat, read: valueOf('two', 1).read };
    });
    store.edit('c', '/a', bytesOf('two'));
    const first = store.save('c', '/a');
    expect(await store.save('c', '/a')).toBe(false);
    release!();
    expect(await first).toBe(true);
    expect(count('node.write')).toBe(1);
  });
});
