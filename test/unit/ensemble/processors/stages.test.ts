import { describe, expect, test } from 'vitest';
import { CommitGate } from '../../../../src/ensemble/processors/commit-gate.ts';
import { expiredNodes } from '../../../../src/ensemble/processors/containers.ts';
import type { Request } from '../../../../src/ensemble/processors/request.ts';
import { ask } from '../../../interop/server-conversation.ts';
import { Bench } from './prepare-kit.ts';

const read = (sessionId: bigint, cxid: number): Request => ({
  connection: 1, sessionId, cxid, type: 4, body: new Uint8Array(0), identities: [], receivedMs: 0,
});
const cxids = (requests: readonly Request[]): number[] => requests.map(({ cxid }) => cxid);

describe('the commit gate', () => {
  test('lets reads pass that wait for nothing of their own', () => {
    const gate = new CommitGate();
    gate.write(1n);
    expect(gate.read(read(2n, 1))).toBe(true);
    expect(gate.read(read(1n, 2))).toBe(false);
    expect(gate.heldReads).toBe(1);
  });

  test('releases reads behind the write before them, and no further', () => {
    const gate = new CommitGate();
    gate.write(1n);
    gate.read(read(1n, 2));
    gate.read(read(1n, 3));
    gate.write(1n);
    gate.write(1n);
    gate.read(read(1n, 6));
    expect(cxids(gate.committed(1n))).toEqual([2, 3]);
    expect(cxids(gate.committed(1n))).toEqual([]);
    expect(gate.read(read(1n, 7))).toBe(false);
    expect(cxids(gate.committed(1n))).toEqual([6, 7]);
    expect(gate.read(read(1n, 8))).toBe(true);
    expect(gate.heldReads).toBe(0);
  });

  test('a commit that nobody waits for is a bug', () => {
    expect(() => new CommitGate().committed(1n)).toThrow('no write of session 1 is awaited');
  });
});

describe('nodes whose time is up', () => {
  const rules = { neverUsedMs: 5000, extendedTypes: true };

  test('containers: once used, or never used for long', () => {
    const bench = new Bench();
    for (const path of ['/used', '/busy', '/fresh']) bench.run(19, ask.create(path, '', 4));
    for (const path of ['/used/c', '/busy/c']) bench.run(1, ask.create(path, ''));
    expect(expiredNodes(bench.database.tree, bench.wallMs, rules)).toEqual([]);
    bench.run(2, ask.delete('/used/c'));
    expect(expiredNodes(bench.database.tree, bench.wallMs, rules)).toEqual(['/used']);
    expect(expiredNodes(bench.database.tree, bench.wallMs + 5100, rules)).toEqual(['/used', '/fresh']);
    expect(expiredNodes(bench.database.tree, bench.wallMs + 5100, { ...rules, neverUsedMs: 0 })).toEqual(['/used']);
  });

  test('TTL nodes: without children, not set for their time', () => {
    const bench = new Bench();
    bench.run(21, ask.createTtl('/t', 1000n));
    const { wallMs } = bench;
    const at = (ms: number): string[] => expiredNodes(bench.database.tree, wallMs + ms, rules);
    expect(at(1000)).toEqual([]);
    expect(at(1001)).toEqual(['/t']);
    bench.run(5, ask.setData('/t', 'again'));
    expect(at(1001)).toEqual([]);
    bench.run(1, ask.create('/t/c', ''));
    expect(at(9000)).toEqual([]);
    bench.run(2, ask.delete('/t/c'));
    expect(at(9000)).toEqual(['/t']);
  });
});
