/** What a job writes down, and what is read of it after a crash. */

import { describe, expect, test } from 'vitest';
import { OPEN_ACL } from '../../../../src/model/acl.ts';
import type { JobItem } from '../../../../src/services/transfer/api.ts';
import { JobLog, touchOf, type Checkpoint } from '../../../../src/services/transfer/job-log.ts';
import type { NodeRecord } from '../../../../src/services/transfer/record.ts';
import { PostStack } from '../../../../src/services/transfer/write/post-stack.ts';
import { MemoryLog } from './engine-support.ts';

const checkpoint = (at: string | null, more: Partial<Checkpoint> = {}): Checkpoint => ({
  phase: 'running', at, nodes: 0, bytes: 0, zxidBefore: '0x10', postponed: [], fileBytes: null,
  counts: { create: 1, change: 0, remove: 0, same: 0, leave: 0, fail: 0 }, leftOut: {}, changed: 0, ...more,
});
const item = (path: string): JobItem => ({ path, action: 'fail', differences: [], reason: 'NoAuth', message: 'no', kind: 'persistent', dataLength: 0 });

function node(path: string, version: number, aversion: number, czxid = 5n): NodeRecord {
  const stat = {
    czxid, mzxid: 9n, pzxid: 9n, ctime: 0n, mtime: 0n, version, cversion: 0, aversion, ephemeralOwner: 0n, dataLength: 0, numChildren: 0,
  };
  return { path, kind: 'persistent', ttlMs: null, data: null, acl: OPEN_ACL, aclMasked: false, stat, changed: false };
}

describe('JobLog', () => {
  test('what is told with a checkpoint comes back, and nothing that came behind it', async () => {
    const file = new MemoryLog();
    const log = new JobLog(file, 'work');
    expect(await log.open()).toEqual({ begun: false, checkpoint: null, items: [] });
    log.checkpoint(checkpoint('a'), [item('a')]);
    await log.flush();
    file.lines.push(JSON.stringify({ item: item('lost') }));
    const again = new JobLog(new MemoryLog(file.lines), 'work');
    expect(await again.open()).toEqual({ begun: true, checkpoint: checkpoint('a'), items: [item('a')] });
  });

  test('of several checkpoints the last counts, with the items of all', async () => {
    const file = new MemoryLog();
    const log = new JobLog(file, 'work');
    await log.open();
    for (const path of ['a', 'b', 'c']) log.checkpoint(checkpoint(path), [item(path)]);
    await log.flush();
    const { checkpoint: last, items } = await new JobLog(new MemoryLog(file.lines), 'work').open();
    expect(last?.at).toBe('c');
    expect(items.map(({ path }) => path)).toEqual(['a', 'b', 'c']);
  });

  test('what was about to be touched is known for the job\'s own, as long as nobody else touched it', async () => {
    const file = new MemoryLog();
    const log = new JobLog(file, 'work');
    await log.open();
    await log.touch([touchOf('before', node('before', 3, 0)), touchOf('x', node('x', 3, 1)), touchOf('y', null)]);
    log.checkpoint(checkpoint('c'), []);
    await log.flush();
    const again = new JobLog(new MemoryLog(file.lines), 'work');
    await again.open();
    const want = node('', 0, 0);
    expect(again.isOurs('before', node('before', 4, 0), want)).toBe(false);
    expect([[3, 1], [4, 1], [3, 2], [4, 2], [5, 1], [3, 3]].map(([version, aversion]) => again.isOurs('x', node('x', version as number, aversion as number), want)))
      .toEqual([true, true, true, true, false, false]);
    expect(again.isOurs('x', node('x', 4, 1, 6n), want)).toBe(false);
    expect(again.isOurs('y', node('y', 0, 1), want)).toBe(true);
    expect(again.isOurs('y', node('y', 1, 0), want)).toBe(false);
    // One step on, and not to where the job was going: somebody else's.
    const other = { data: new Uint8Array([1]) };
    expect(again.isOurs('x', { ...node('x', 3, 1), ...other }, want)).toBe(true);
    expect(again.isOurs('x', { ...node('x', 4, 1), ...other }, want)).toBe(false);
    expect(again.isOurs('x', { ...node('x', 4, 2), acl: [] }, want)).toBe(false);
    expect(again.isOurs('x', { ...node('x', 3, 2), acl: null }, want)).toBe(false);
  });

  test('it does not grow with the work', async () => {
    const file = new MemoryLog();
    const log = new JobLog(file, 'work');
    await log.open();
    let most = 0;
    for (let round = 0; round < 120; round++) {
      const name = (i: number): string => `${String(round).padStart(4, '0')}-${i}-${'n'.repeat(150)}`;
      await log.touch(Array.from({ length: 500 }, (_, i) => touchOf(name(i), null)));
      log.checkpoint(checkpoint(`${String(round).padStart(4, '0')}-9`), []);
      await log.flush();
      most = Math.max(most, await file.size());
    }
    expect(most).toBeLessThan(5 * 1024 * 1024);
    const { checkpoint: last } = await new JobLog(new MemoryLog(file.lines), 'work').open();
    expect(last?.at).toBe('0119-9');
  });

  test.each([
    ['another work', ['{"job":1,"work":"other"}']],
    ['another version', ['{"job":9,"work":"work"}']],
    ['no log', ['hello']],
  ])('%s is refused', async (_name, lines) => {
    await expect(new JobLog(new MemoryLog(lines), 'work').open()).rejects.toMatchObject({ code: 'LogMismatch' });
  });
});

describe('PostStack', () => {
  const note = { action: 'remove', differences: [], reason: null, message: null, kind: 'persistent', dataLength: 0, exists: true } as const;
  const waiting = (relative: string) => ({ relative, act: 'remove', version: 2, acl: null, former: node(relative, 2, 1), note, second: false, blocked: false }) as const;

  test('gives back what the walk has left, deepest first', () => {
    const stack = new PostStack();
    for (const path of ['', 'a', 'a/b']) stack.push({ ...waiting(path) });
    expect(stack.leave('a/b/c').map(({ relative }) => relative)).toEqual([]);
    expect(stack.leave('a/c').map(({ relative }) => relative)).toEqual(['a/b']);
    expect(stack.leave('ab').map(({ relative }) => relative)).toEqual(['a']);
    expect(stack.leave(null).map(({ relative }) => relative)).toEqual(['']);
  });

  test('what stays keeps everything above it, and nothing beside it', () => {
    const stack = new PostStack();
    for (const path of ['', 'a']) stack.push({ ...waiting(path) });
    stack.block();
    expect(stack.leave('b').map(({ blocked }) => blocked)).toEqual([true]);
    stack.push({ ...waiting('b') });
    expect(stack.leave(null).map(({ relative, blocked }) => `${relative} ${String(blocked)}`)).toEqual(['b false', ' true']);
  });

  test('is the same after a checkpoint', () => {
    const stack = new PostStack();
    for (const path of ['', 'a', 'a/b']) stack.push({ ...waiting(path) });
    stack.block();
    const back = PostStack.restore(JSON.parse(JSON.stringify(stack.state())) as ReturnType<PostStack['state']>, 'a/b/c');
    expect(back.state()).toEqual(stack.state());
    expect(back.leave(null).map(({ relative, version, blocked }) => [relative, version, blocked])).toEqual([['a/b', 2, true], ['a', 2, true], ['', 2, true]]);
  });
});
