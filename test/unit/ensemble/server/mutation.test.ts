/**
 * Captured requests, spoiled, against the whole server: only the connection that sent them may suffer. Nothing is left
 * behind: no connection, no session, no memory that grows with what was sent.
 */

import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../../src/base/random.ts';
import { ask } from '../../../interop/server-conversation.ts';
import { framed, mutate } from '../../../support/mutate.ts';
import { connectRequestPayload } from '../../../support/raw-client.ts';
import { bytesOf, loadVectors } from '../../wire/vectors.ts';
import { Harness, settle } from './harness.ts';

const FRAMES = Number(process.env['ZOOSCOPE_FRAMES'] ?? 60_000);
const PER_CONNECTION = 60;
const BYTES_KEPT_MAX = 60 * 1024 * 1024;

test.each([1, 2])('spoiled requests, seed %i', async (seed) => {
  const random = seededRandom(seed);
  const requests = loadVectors().filter(({ direction }) => direction === 'request').map(bytesOf);
  const config = { extendedTypesEnabled: 'true', enforceQuota: 'true', maxClientCnxns: '0', snapCount: '5000' };
  const harness = await Harness.start({ config });
  const judge = await harness.join({ timeoutMs: 20_000 });
  const round = async (frames: number): Promise<void> => {
    for (let sent = 0; sent < frames; ) {
      const client = harness.open();
      if (client === undefined) throw new Error('no connection');
      sent++;
      const hello = connectRequestPayload({ timeoutMs: 4000 });
      client.send(framed(random, below(random, 10) === 0 ? mutate(random, hello, requests) : hello));
      await settle();
      for (let i = 0; i < PER_CONNECTION && !client.closed; i++, sent++) {
        const request = requests[below(random, requests.length)] as Uint8Array;
        const bytes = framed(random, below(random, 4) === 0 ? request : mutate(random, request, requests));
        // In one piece or two.
        const cut = below(random, bytes.length);
        client.send(bytes.subarray(0, cut));
        client.send(bytes.subarray(cut));
      }
      await settle();
      client.destroy();
      judge.frames();
      expect((await judge.do(3, ask.read('/'))).err, `seed ${seed}`).toBe(0);
    }
  };
  await round(FRAMES / 10);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  await round(FRAMES / 2);
  expect(harness.failures).toEqual([]);
  globalThis.gc?.();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(BYTES_KEPT_MAX);
  expect(harness.server.view.connections().length).toBe(1);
  // A spoiled hello may have asked for the longest timeout that there is.
  for (let i = 0; i < 3; i++) {
    await judge.do(11);
    await harness.clock.advance(9000);
  }
  expect(harness.server.view.sessionCount).toBe(1);
  expect(harness.server.view.outstanding).toBe(0);
  const { nodeCount, digest } = harness.server.view.tree;
  await harness.server.stop();
  const again = await Harness.start({ config, disk: harness.disk });
  expect(again.server.view.tree).toMatchObject({ nodeCount, digest });
  expect(again.server.view.digestMismatches).toBe(0);
}, 120_000);
