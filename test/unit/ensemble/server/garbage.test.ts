/** Whatever bytes come, the server lives, answers the others, and its log can be read again. */

import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../../src/base/random.ts';
import { ask, open } from '../../../interop/server-conversation.ts';
import { jute } from '../../../support/raw-client.ts';
import { memoryDisk } from '../log/memory-disk.ts';
import { Harness, settle } from './harness.ts';

/** These do not end the connection. */
const HARMLESS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 18, 19, 21, 22, 101, 102, 103, 104, 105, 106, 107];
const OPS = [-11, -10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 100, 101, 102, 103, 104, 105, 106, 107];

describe.each([1, 2, 3])('seed %i', (seed) => {
  test('garbage', async () => {
    const random = seededRandom(seed);
    const pick = <T>(items: readonly T[]): T => items[below(random, items.length)] as T;
    const bytes = (most: number): Buffer => Buffer.from(Array.from({ length: below(random, most) }, () => below(random, 256)));
    const paths = ['/', '/a', '/a/b', '', 'x', '/a/', '//', '/zookeeper/quota/a/zookeeper_limits', '/zookeeper/config', '/\0', '/\ud800'];
    const bodies: readonly (() => Buffer)[] = [
      () => ask.create(pick(paths), pick(['x', null]), below(random, 9) - 1, pick([open, jute.vector(null), bytes(30)])),
      () => ask.createTtl(pick(paths), BigInt(below(random, 100)) - 50n, below(random, 8)),
      () => ask.setData(pick(paths), 'count=1,bytes=2', below(random, 4) - 1),
      () => ask.delete(pick(paths), below(random, 4) - 1),
      () => ask.read(pick(paths), below(random, 2) === 1),
      () => ask.multi([pick([1, 2, 5, 13, 15, 19, 21, 4]), bytes(40)], [1, ask.create(pick(paths), 'x')]),
      () => ask.multi([1, ask.create(pick(paths), 'x')], [2, ask.delete(pick(paths))], [5, ask.setData(pick(paths), 'y')]),
      () => ask.setWatches(BigInt(below(random, 50)), paths, paths, paths, paths, paths),
      () => ask.pathInt(pick(paths), below(random, 8) - 1),
      () => ask.auth(pick(['digest', 'ip', 'world', 'x']), pick(['a:b', '', null])),
      () => bytes(60),
    ];
    const spoil = (payload: Buffer): Buffer => {
      if (below(random, 3) > 0 || payload.length < 9) return payload;
      const out = Buffer.from(payload);
      out[8 + below(random, out.length - 8)] = below(random, 256);
      return below(random, 4) === 0 ? out.subarray(0, 8 + below(random, out.length - 8)) : out;
    };
    const disk = memoryDisk();
    const config = { extendedTypesEnabled: 'true', enforceQuota: 'true', maxClientCnxns: '0', snapCount: '300' };
    const harness = await Harness.start({ disk, config });
    const judge = await harness.join();
    let sent = 0;
    for (let round = 0; round < 150; round++) {
      const client = await harness.join();
      for (let i = 0; i < 25 && !client.closed; i++, sent++) {
        const payload = Buffer.concat([jute.int(below(random, 100) - 10), jute.int(pick(below(random, 20) === 0 ? OPS : HARMLESS)), pick(bodies)()]);
        client.sendFrame(spoil(payload));
      }
      if (round % 3 === 0) client.destroy();
      harness.open()?.send(bytes(200));
      await settle();
      judge.frames();
      expect((await judge.do(3, ask.read('/'))).err).toBe(0);
    }
    expect(sent).toBeGreaterThan(2000);
    expect(harness.failures).toEqual([]);
    await harness.server.stop();
    const { nodeCount, digest, lastZxid } = harness.server.view.tree;
    const again = await Harness.start({ disk, config });
    expect(again.server.view.tree).toMatchObject({ nodeCount, digest, lastZxid });
    expect(again.server.view.digestMismatches).toBe(0);
  });
});
