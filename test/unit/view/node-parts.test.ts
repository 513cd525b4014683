/** Small pure parts of the node view and the panels. */

import { describe, expect, it } from 'vitest';
import type { ServerStatus } from '../../../src/contract/cluster.ts';
import type { AclValue } from '../../../src/contract/nodes.ts';
import {
  isSequentialKind, newPathProblem, parentOfTyped, sequentialPath, ttlMsOf, typedPath,
} from '../../../src/view/components/node/new-node.ts';
import { changedLines } from '../../../src/view/components/panels/line-diff.ts';
import { aclAfterRead, aclAfterWrite, aclEdited, aclReverted, entriesOf, NEW_ACL_DOC } from '../../../src/view/stores/acl-doc.ts';
import { outliersOf } from '../../../src/view/stores/cluster-outliers.ts';
import { NODE_KINDS } from '../../../src/view/stores/node-jobs.ts';
import { valueOf } from './fake-api.ts';

describe('a new node', () => {
  it('knows the sequential kinds', () => {
    expect(NODE_KINDS.filter(isSequentialKind)).toEqual(['persistentSequential', 'ephemeralSequential', 'ttlSequential']);
  });

  it('reads a time to live', () => {
    expect(ttlMsOf('1', 'h')).toBe(3_600_000n);
    expect(ttlMsOf('0.5', 's')).toBe(500n);
    expect(ttlMsOf('1099511627775', 'ms')).toBe(1_099_511_627_775n);
    for (const wrong of ['', 'x', '0', '-1', '1e999']) expect(ttlMsOf(wrong, 'ms')).toBeNull();
    expect(ttlMsOf('1099511627776', 'ms')).toBeNull();
    expect(ttlMsOf('13000', 'd')).toBeNull();
  });

  it('judges a path as it is typed', () => {
    expect(newPathProblem('/a/', '/a', false)).toEqual({ kind: 'unnamed', path: '' });
    expect(newPathProblem('/', '/', false)?.kind).toBe('unnamed');
    expect(newPathProblem('/a/b', '/a', false)).toBeNull();
    expect(newPathProblem('/a/b/', '/a', false)).toBeNull();
    expect(newPathProblem('/a/', '/a', true)).toBeNull();
    expect(newPathProblem('a/b', '/a', false)?.kind).toBe('bad');
    expect(newPathProblem('/a//b', '/a', true)?.kind).toBe('bad');
    expect(newPathProblem('/a/..', '/a', false)?.kind).toBe('bad');
    expect(newPathProblem('/a/..', '/a', true)).toBeNull();
    expect(typedPath(' /a/b/ ', false)).toBe('/a/b');
    expect(typedPath('/a/', true)).toBe('/a/');
  });

  it('foretells the number of a sequential node from its parent', () => {
    expect(sequentialPath('/q/n-', { cversion: 7, numChildren: 3 })).toBe('/q/n-0000000005');
    expect(parentOfTyped('/q/n-')).toBe('/q');
    expect(parentOfTyped('/q/')).toBe('/q');
    expect(parentOfTyped('q')).toBeNull();
  });
});

describe('lines that differ', () => {
  const marks = (before: string, after: string) => {
    const found = changedLines(before.split(' '), after.split(' '));
    return [[...found.before], [...found.after]];
  };
  it('marks what is outside the longest common part', () => {
    expect(marks('a b c', 'a b c')).toEqual([[], []]);
    expect(marks('a b c', 'a x c')).toEqual([[1], [1]]);
    expect(marks('a c', 'a b c')).toEqual([[], [1]]);
    expect(marks('a b c d', 'a d')).toEqual([[1, 2], []]);
    expect(marks('a b a c', 'b a x c')).toEqual([[0], [2]]);
  });
  it('gives up on details between two huge texts, quickly', () => {
    const found = changedLines(Array.from({ length: 2000 }, (_, i) => `a${i}`), Array.from({ length: 2000 }, (_, i) => `b${i}`));
    expect([found.before.size, found.after.size]).toEqual([2000, 2000]);
  });
});

describe('outliers of a cluster', () => {
  const server = (fields: Partial<ServerStatus>): ServerStatus => ({
    server: 'a', reach: 'up', role: 'follower', version: '3.8.4', zxid: 1n, epoch: 7, counter: 1, lag: 0, latencyMs: { min: 0, avg: 1, max: 9 },
    roundTripMs: 1, connections: 1, outstanding: 0, nodeCount: 1000, received: 0, sent: 0, watchCount: 0, ephemerals: 0, dataBytes: 0,
    syncedFollowers: null, refused: [], current: false, atMs: 0, failure: null, ...fields,
  });
  const leader = server({ role: 'leader' });
  const among = (odd: Partial<ServerStatus>, ...others: ServerStatus[]) => {
    const own = server(odd);
    return [...outliersOf(own, [leader, own, ...(others.length === 0 ? [server({})] : others)])];
  };

  it('finds nothing where all is alike', () => expect(among({})).toEqual([]));
  it('marks each figure that stands out', () => {
    expect(among({ lag: 5000 })).toEqual(['lag']);
    expect(among({ lag: 3 })).toEqual([]);
    expect(among({ epoch: 6 })).toEqual(['epoch']);
    expect(among({ outstanding: 400 })).toEqual(['outstanding']);
    expect(among({ latencyMs: { min: 0, avg: 80, max: 900 } })).toEqual(['latency']);
    expect(among({ latencyMs: { min: 0, avg: 8, max: 60 } })).toEqual([]);
    expect(among({ roundTripMs: 300 })).toEqual(['roundTrip']);
    expect(among({ version: '3.6.0' })).toEqual(['version']);
    expect(among({ nodeCount: 5 })).toEqual(['nodes']);
    expect(among({ nodeCount: 990 })).toEqual([]);
  });
  it('calls no follower odd before the first transaction of a new epoch, which is not its own yet', () => {
    const own = server({ epoch: 6, counter: 40 });
    expect([...outliersOf(own, [server({ role: 'leader', counter: 0 }), own])]).toEqual([]);
    expect([...outliersOf(own, [server({ role: 'leader', counter: 1 }), own])]).toEqual(['epoch']);
  });
  it('calls nobody odd when there is no majority', () => {
    const own = server({ version: '3.9.0' });
    expect([...outliersOf(own, [leader, own])]).toEqual([]);
  });
});

describe('an ACL under edit', () => {
  const open = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
  const readable = [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }];
  const rights = { read: true, write: true, create: true, delete: true, admin: true };
  const value = (acl: typeof open, aversion: number): AclValue => {
    const { stat, read } = valueOf('', 0);
    return { path: '/a', acl, stat: { ...stat, aversion }, rights, identities: null, masked: false, read };
  };

  it('keeps the edit through reads, and shows what the server has beside it', () => {
    const edited = aclEdited(aclAfterRead(NEW_ACL_DOC, value(open, 0)), readable);
    expect(aclAfterRead(edited, value(open, 0)).theirs).toBeNull();
    const changed = aclAfterRead(edited, value([...open, ...readable], 1));
    expect(entriesOf(changed)).toEqual(readable);
    expect(changed.theirs?.stat.aversion).toBe(1);
    expect(changed.base?.stat.aversion).toBe(0);
    expect(aclReverted(changed)).toMatchObject({ draft: null, base: { stat: { aversion: 1 } } });
  });

  it('ends the edit with the save, and keeps it on a conflict', () => {
    const edited = aclEdited(aclAfterRead(NEW_ACL_DOC, value(open, 0)), readable);
    expect(aclAfterWrite(edited, readable, { kind: 'written', value: value(readable, 1) })).toMatchObject({ draft: null, theirs: null });
    const conflict = aclAfterWrite(edited, readable, { kind: 'conflict', current: value(open, 4) });
    expect(entriesOf(conflict)).toEqual(readable);
    expect(conflict.theirs?.stat.aversion).toBe(4);
    expect(aclAfterWrite(edited, readable, { kind: 'gone' })).toMatchObject({ gone: true, draft: readable });
  });

  it('is no edit any more when it is as it was', () => {
    const edited = aclEdited(aclAfterRead(NEW_ACL_DOC, value(open, 0)), readable);
    expect(aclEdited(edited, open).draft).toBeNull();
  });
});
