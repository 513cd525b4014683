import { describe, expect, test } from 'vitest';
import { below } from '../../../../src/base/random.ts';
import { decodeTransaction, encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import type { TxnBody } from '../../../../src/ensemble/txn/transaction.ts';
import { encode } from '../../../../src/wire/jute/encode.ts';
import { ReconfigRequest } from '../../../../src/wire/operations/reconfig.ts';
import { ask, open } from '../../../interop/server-conversation.ts';
import { jute } from '../../../support/raw-client.ts';
import { Bench, OTHER_SESSION, SESSION, seeded } from './prepare-kit.ts';

const closed = jute.vector([jute.acl(31, 'digest', 'bob:x')]);
const acl = (perms: number): Uint8Array => jute.vector([jute.acl(perms, 'world', 'anyone')]);

describe('the order of checks', () => {
  test('of create: what is looked at first decides the answer', () => {
    const bench = new Bench({ extendedTypes: false });
    bench.run(1, ask.create('/shut', '', 0, acl(1)));
    bench.run(1, ask.create('/eph', '', 1));
    expect(bench.code(1, ask.create('nonsense', '', 99, jute.vector([])))).toBe(-8);
    expect(bench.code(1, ask.create('nonsense', '', 5))).toBe(-6);
    expect(bench.code(1, ask.create('/a', '', 1), { sessionId: 9n })).toBe(-112);
    expect(bench.code(1, ask.create('/a', ''), { sessionId: 9n })).toBe(-12);
    expect(bench.code(1, ask.create('nonsense', '', 0, jute.vector([])))).toBe(-8);
    expect(bench.code(1, ask.create('/missing/a', '', 0, jute.vector([])))).toBe(-114);
    expect(bench.code(1, ask.create('/missing/a//', ''))).toBe(-101);
    expect(bench.code(1, ask.create('/shut/\u0001', ''))).toBe(-102);
    expect(bench.code(1, ask.create('/eph/\u0001', ''))).toBe(-8);
    expect(bench.code(1, ask.create('/eph/a', ''))).toBe(-108);
    expect(bench.code(1, ask.create('/eph', ''))).toBe(-110);
  });

  test('of delete, setData and setACL', () => {
    const bench = new Bench();
    bench.run(1, ask.create('/shut', '', 0, acl(4)));
    bench.run(1, ask.create('/shut/a', ''));
    bench.run(1, ask.create('/dir', ''));
    bench.run(1, ask.create('/dir/a', ''));
    expect(bench.code(2, ask.delete('/zookeeper', 9), { sessionId: 9n })).toBe(-12);
    expect(['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config', '', 'x', '/a\0'].map((path) => bench.code(2, ask.delete(path)))).toEqual(
      [-8, -8, -8, -8, -8, -8, -8]);
    expect(bench.code(2, ask.delete('/shut/missing'))).toBe(-102);
    expect(bench.code(2, ask.delete('/dir/missing', 5))).toBe(-101);
    expect(bench.code(2, ask.delete('/dir', 5))).toBe(-103);
    expect(bench.code(2, ask.delete('/dir', 0))).toBe(-111);
    expect(bench.code(5, ask.setData('/shut', '', 5))).toBe(-102);
    expect(bench.code(5, ask.setData('/dir', '', 5))).toBe(-103);
    expect(bench.code(7, ask.setAcl('/missing', jute.vector([])))).toBe(-114);
    expect(bench.code(7, ask.setAcl('/missing', open))).toBe(-101);
    expect(bench.code(7, ask.setAcl('/shut', open, 5))).toBe(-102);
    expect(bench.code(7, ask.setAcl('/dir', open, 5))).toBe(-103);
    expect(bench.code(7, ask.setAcl('/dir', open, 0))).toBe(0);
  });

  test('of reconfig', () => {
    const body = encode(ReconfigRequest, { joiningServers: null, leavingServers: '3', newMembers: null, curConfigId: -1n });
    expect(new Bench().code(16, body)).toBe(-123);
    expect(new Bench({ reconfigEnabled: true }).code(16, body, { sessionId: 9n })).toBe(-12);
    expect(new Bench({ reconfigEnabled: true }).code(16, body)).toBe(-6);
  });
});

describe('a refused write', () => {
  test('uses up a zxid and changes nothing', () => {
    const bench = new Bench();
    const { digest } = bench.database.tree;
    const { txn } = bench.run(5, ask.setData('/missing', ''));
    expect(txn).toMatchObject({ header: { zxid: 3n, type: -1, cxid: 7, sessionId: SESSION }, body: { err: -101 }, digest });
    expect(bench.run(1, jute.int(5)).txn).toMatchObject({ header: { zxid: 4n }, body: { type: -1, err: -5 } });
    expect(bench.database.tree.digest).toBe(digest);
  });
});

describe('writes in flight', () => {
  test('are seen by the writes after them', () => {
    const bench = new Bench();
    const txns = [
      bench.prepare(1, ask.create('/a', '1')),
      bench.prepare(1, ask.create('/a', '2')),
      bench.prepare(5, ask.setData('/a', '3', 0)),
      bench.prepare(5, ask.setData('/a', '4', 0)),
      bench.prepare(1, ask.create('/a/s', '', 2)),
      bench.prepare(1, ask.create('/a/s', '', 2)),
      bench.prepare(2, ask.delete('/a')),
      bench.prepare(7, ask.setAcl('/a', closed)),
      bench.prepare(5, ask.setData('/a', '5')),
      bench.prepare(2, ask.delete('/a/s0000000000')),
    ];
    expect(txns.map(({ body }) => ('path' in body ? body.path : body.type === -1 ? body.err : ''))).toEqual([
      '/a', -110, '/a', -103, '/a/s0000000000', '/a/s0000000001', -111, '/a', -102, -102,
    ]);
    for (const txn of txns) {
      bench.apply(txn);
      expect(bench.database.tree.digest).toBe(txn.digest);
    }
    expect(bench.outstanding.size).toBe(0);
    expect(bench.database.digestMismatches).toBe(0);
  });

  test('of a session that is closed go with it', () => {
    const bench = new Bench();
    bench.run(1, ask.create('/old', '', 1));
    bench.run(1, ask.create('/gone', '', 1));
    bench.run(1, ask.create('/theirs', '', 1), { sessionId: OTHER_SESSION });
    const txns = [bench.prepare(1, ask.create('/new', '', 1)), bench.prepare(2, ask.delete('/gone')), bench.prepare(-11)];
    expect(txns[2]?.body).toEqual({ type: -11, paths: ['/new', '/old'] });
    expect(bench.prepare(1, ask.create('/late', '')).body).toEqual({ type: -1, err: -112 });
    for (const txn of txns) bench.apply(txn);
    expect(bench.database.tree.children('/')).toEqual(['zookeeper', 'theirs']);
    expect(bench.database.digestMismatches).toBe(0);
  });

  test('a closing without paths, as before 3.6', () => {
    const bench = new Bench({ closeSessionPaths: false });
    bench.run(1, ask.create('/e', '', 1));
    expect(bench.run(-11).txn.body).toEqual({ type: -11, paths: null });
    expect(bench.database.tree.node('/e')).toBeUndefined();
  });

  test.each([
    ['as many as other members surely take in are named', 3 * (4 + 8), true],
    ['more are not, and no digest stands where their names would be', 3 * (4 + 8) - 1, false],
  ])('a closing with many paths: %s', (_what, requestBytesMax, named) => {
    const bench = new Bench({ requestBytesMax });
    const paths = ['/ä-node', '/ö-node', '/ü-node'];
    for (const path of paths) bench.run(1, ask.create(path, '', 1));
    const { txn } = bench.run(-11);
    expect(txn.body).toEqual({ type: -11, paths: named ? expect.arrayContaining(paths) : null });
    expect(txn.digest === null).toBe(!named);
    const read = decodeTransaction(encodeTransaction(txn));
    expect([read.body, read.digest]).toEqual([txn.body, txn.digest]);
    bench.run(1, ask.create('/after', ''), { sessionId: OTHER_SESSION });
    expect(bench.database.tree.children('/')).toEqual(['zookeeper', 'after']);
    expect(bench.database.digestMismatches).toBe(0);
  });
});

describe('multi', () => {
  const parts = (body: TxnBody): unknown[] =>
    body.type === 14 ? body.parts.map((part) => (part.type === -1 ? part.err : 'path' in part ? `${part.type} ${part.path}` : part.type)) : [body];

  test('sees its own parts, and leaves nothing of a failed one', () => {
    const bench = new Bench();
    const good = bench.prepare(14, ask.multi([1, ask.create('/m', '')], [15, ask.create('/m/c', '')], [13, ask.pathInt('/m', 0)], [2, ask.delete('/m/c')]));
    const bad = bench.prepare(14, ask.multi([1, ask.create('/m/d', '')], [5, ask.setData('/m', 'x')], [2, ask.delete('/m/c')], [2, ask.delete('/m')]));
    const after = bench.prepare(5, ask.setData('/m', 'y', 0));
    const gone = bench.prepare(5, ask.setData('/m/d', ''));
    expect(parts(good.body)).toEqual(['1 /m', '1 /m/c', '13 /m', '2 /m/c']);
    expect(parts(bad.body)).toEqual(['1 /m/d', '5 /m', -101, -2]);
    expect(bad.digest).toBe(good.digest);
    expect([after.body.type, gone.body]).toEqual([5, { type: -1, err: -101 }]);
    for (const txn of [good, bad, after, gone]) bench.apply(txn);
    expect(bench.database.digestMismatches).toBe(0);
    expect(bench.database.tree.node('/m')?.version).toBe(1);
  });

  test('the flags say what a create is; a TTL needs its own kind of part', () => {
    const bench = new Bench();
    const kinds = bench.run(14, ask.multi([1, ask.create('/a', '', 4)], [15, ask.create('/b', '', 4)], [19, ask.create('/c', '')], [21, ask.createTtl('/d', 5n)]));
    expect(parts(kinds.txn.body)).toEqual(['19 /a', '19 /b', '1 /c', '21 /d']);
    const bad = bench.prepare(14, ask.multi([1, ask.create('/e', '')], [1, ask.create('/f', '', 5)]));
    expect(bad.body).toEqual({ type: -1, err: -5 });
    expect(bench.code(1, ask.create('/e', ''))).toBe(0);
    expect(bench.database.digestMismatches).toBe(0);
  });

  test('an empty one is a transaction', () => {
    expect(new Bench().run(14, ask.multi()).txn).toMatchObject({ header: { zxid: 3n, type: 14 }, body: { parts: [] } });
  });
});

describe('quotas', () => {
  function limited(limits: string): Bench {
    const bench = new Bench({ enforceQuota: true });
    bench.run(1, ask.create('/q', 'ab'));
    bench.run(1, ask.create('/zookeeper/quota/q', ''));
    bench.run(1, ask.create('/zookeeper/quota/q/zookeeper_limits', limits));
    bench.run(1, ask.create('/zookeeper/quota/q/zookeeper_stats', 'count=1,bytes=2'));
    return bench;
  }

  test('hard limits hold for creations, data and multi', () => {
    const bench = limited('count=-1,bytes=-1=;byteHardLimit=5;countHardLimit=3');
    expect(bench.code(1, ask.create('/q/a', 'cd'))).toBe(0);
    expect(bench.code(1, ask.create('/q/b', 'ef'))).toBe(-125);
    expect(bench.code(5, ask.setData('/q/a', 'cdef'))).toBe(-125);
    expect(bench.code(5, ask.setData('/q/a', 'cde'))).toBe(0);
    expect(bench.code(1, ask.create('/q/b', ''))).toBe(0);
    expect(bench.code(1, ask.create('/q/c', ''))).toBe(-125);
    expect(bench.run(14, ask.multi([1, ask.create('/q/c', '')])).txn.body).toEqual({ type: 14, parts: [{ type: -1, err: -125 }] });
    expect(bench.code(1, ask.create('/elsewhere', 'abcdefgh'))).toBe(0);
  });

  test('soft limits are only told of, and only where no hard one is set', () => {
    const bench = limited('count=1,bytes=1=;byteHardLimit=9');
    expect(bench.code(1, ask.create('/q/a', 'abc'))).toBe(0);
    expect(bench.code(1, ask.create('/elsewhere', 'abc'))).toBe(0);
    expect(bench.code(5, ask.setData('/q/a', 'abcdefgh'))).toBe(-125);
    expect(bench.quotaNotes).toEqual(['/q count 2/1', '/q bytes 10/9 refused']);
  });
});

describe('containers', () => {
  test('go when they are asked to, unless a child came or they are something else', () => {
    const bench = new Bench();
    bench.run(19, ask.create('/c', '', 4));
    bench.run(1, ask.create('/e', '', 1));
    const remove = (path: string): number => bench.code(20, Buffer.from(path), { sessionId: 0n });
    const child = bench.prepare(1, ask.create('/c/x', ''));
    const early = bench.prepare(20, Buffer.from('/c'), { sessionId: 0n });
    expect(early.body).toEqual({ type: -1, err: -111 });
    for (const txn of [child, early]) bench.apply(txn);
    bench.run(2, ask.delete('/c/x'));
    expect([remove('/e'), remove('/missing'), remove('/zookeeper'), remove('/c')]).toEqual([-103, -101, -8, 0]);
    expect(bench.database.digestMismatches).toBe(0);
  });
});

/** Any writes in any order, many in flight: what is decided can be applied as decided, and the digest is foretold. */
describe.each([1, 2, 3, 4])('random writes, seed %i', (seed) => {
  test('are applied as they were decided', () => {
    const random = seeded(seed);
    const pick = <T>(items: readonly T[]): T => items[below(random, items.length)] as T;
    const bench = new Bench();
    const paths = ['/a', '/b', '/a/x', '/a/y', '/b/z', '/a/x/1', '/b/z/2', '/'];
    const one = (): readonly [number, Uint8Array] => {
      const path = pick(paths);
      const version = pick([-1, -1, -1, 0, 1]);
      switch (below(random, 6)) {
        case 0:
        case 1:
          return [1, ask.create(path, 'data'.repeat(below(random, 700)), pick([0, 0, 0, 1, 2, 3]))];
        case 2:
          return [19, ask.create(path, '', 4)];
        case 3:
          return [2, ask.delete(path, version)];
        default:
          return [5, ask.setData(path, 'x'.repeat(below(random, 3000)), version)];
      }
    };
    const inFlight = [];
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const sessionId = pick([SESSION, SESSION, OTHER_SESSION]);
      const kind = below(random, 40);
      const txn =
        kind === 0 ? bench.prepare(-11, undefined, { sessionId })
        : kind === 1 ? bench.prepare(-10, jute.int(10_000), { sessionId })
        : kind < 8 ? bench.prepare(14, ask.multi(...Array.from({ length: below(random, 4) }, one)), { sessionId })
        : kind < 10 ? bench.prepare(7, ask.setAcl(pick(paths), open), { sessionId })
        : bench.prepare(...one(), { sessionId });
      inFlight.push(txn);
      if (txn.body.type === -11) bench.sessions.remove(sessionId);
      while (inFlight.length > below(random, 30)) {
        const next = inFlight.shift();
        if (next === undefined) break;
        const { result } = bench.apply(next);
        if (next.body.type === -1) refused++;
        else expect(result.err, `zxid ${next.header.zxid}`).toBe(0);
        expect(bench.database.tree.digest).toBe(next.digest);
      }
    }
    expect(refused).toBeGreaterThan(300);
    expect(refused).toBeLessThan(2700);
  });
});
