/** Every captured frame: decoded, encoded again to the same bytes, cut at every byte, fed whole and byte by byte. */

import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { WireError } from '../../../src/model/errors.ts';
import { encodeFrame, FrameDecoder, rawPart } from '../../../src/wire/framing.ts';
import { bytesOf, codecsOf, loadVectors, readAll, writeAll, type Vector } from './vectors.ts';

const vectors = loadVectors();
const key = (vector: Vector): string => `${vector.file}: ${vector.name}`;

test('there are vectors of every kind', () => {
  expect(vectors.length).toBeGreaterThan(500);
  expect(new Set(vectors.map((vector) => vector.direction)).size).toBe(5);
});

/** What a client sent on purpose although no server can read it, or although it may not: the opcode has no record here. */
const UNREADABLE = [
  'forbidden.json: deleteContainer sent by a client request',
  'forbidden.json: multiRead: MarshallingError request',
  'forbidden.json: getData: MarshallingError request',
  'handmade.json: create: MarshallingError request',
];
const readable = vectors.filter((vector) => !UNREADABLE.includes(key(vector)));

test('the unreadable ones are just these, and fail by name', () => {
  const unreadable = vectors.filter((vector) => UNREADABLE.includes(key(vector)));
  expect(unreadable.map(key).sort()).toEqual([...UNREADABLE].sort());
  for (const vector of unreadable.filter((each) => each.opcode !== 20)) {
    expect(() => readAll(codecsOf(vector), bytesOf(vector)), key(vector)).toThrow(WireError);
  }
});

describe.each([...new Set(readable.map((vector) => vector.file))])('%s', (file) => {
  const own = readable.filter((vector) => vector.file === file);

  test('every frame is read whole, and written again as the same bytes', () => {
    for (const vector of own) {
      const codecs = codecsOf(vector);
      const { values, left } = readAll(codecs, bytesOf(vector));
      expect(left, key(vector)).toBe(0);
      expect(Buffer.from(writeAll(codecs, values)).toString('hex'), key(vector)).toBe(vector.hex);
      if (vector.direction === 'response' || vector.direction === 'notification') {
        expect(values[0], key(vector)).toEqual({ xid: vector.xid ?? -1, zxid: BigInt(vector.zxid ?? '-1'), err: vector.err ?? 0 });
      }
      if (vector.direction === 'request') expect(values[0], key(vector)).toEqual({ xid: vector.xid, type: vector.opcode });
    }
  });

  test('cut at any byte, a frame is refused by name or is a shorter one', () => {
    for (const vector of own) {
      const bytes = bytesOf(vector);
      const codecs = codecsOf(vector);
      const hasOptional = vector.direction.startsWith('connect') && (readAll(codecs, bytes).values[0] as { readOnly: unknown }).readOnly !== null;
      for (let length = 0; length < bytes.length; length++) {
        const read = (): unknown => readAll(codecs, bytes.subarray(0, length));
        // Only the byte that old peers leave out may be missing (facts 1.3).
        const optional = hasOptional && length === bytes.length - 1;
        if (optional) expect(read, key(vector)).not.toThrow();
        else expect(read, `${key(vector)} at ${length}`).toThrow(WireError);
      }
    }
  });

  test('the conversation comes out of the frame decoder in one chunk, byte by byte, and in chunks of any size', () => {
    const payloads = own.map(bytesOf);
    const stream = new Uint8Array(Buffer.concat(payloads.map((payload) => encodeFrame(rawPart(payload)))));
    const random = seededRandom(5);
    for (const size of [() => stream.length, () => 1, () => 1 + below(random, 70)]) {
      const decoder = new FrameDecoder();
      const out: string[] = [];
      for (let at = 0; at < stream.length; ) {
        const end = at + size();
        decoder.push(stream.subarray(at, end), (payload) => out.push(Buffer.from(payload).toString('hex')));
        at = end;
      }
      expect(out).toEqual(own.map((vector) => vector.hex));
    }
  });
});

test('changed anywhere, a frame is read or refused by name, and never takes more memory than it has bytes', () => {
  const random = seededRandom(6);
  let refused = 0;
  for (let round = 0; round < 40_000; round++) {
    const vector = readable[below(random, readable.length)]!;
    const bytes = bytesOf(vector);
    if (bytes.length === 0) continue;
    for (let i = 0; i <= below(random, 3); i++) {
      const at = below(random, bytes.length);
      bytes[at] = [0, 0xff, 0x7f, 0x80, below(random, 256)][below(random, 5)]!;
    }
    try {
      readAll(codecsOf(vector), bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(1_000);
});
