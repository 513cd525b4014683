import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { WireError } from '../../../src/model/errors.ts';
import { encodeFrame, FrameDecoder, JUTE_MAX_BUFFER_DEFAULT, part, rawPart } from '../../../src/wire/framing.ts';
import { int } from '../../../src/wire/jute/codec.ts';

const frame = (payload: Uint8Array): Uint8Array => encodeFrame(rawPart(payload));
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

function decodeAll(chunks: Iterable<Uint8Array>, limit?: number): Uint8Array[] {
  const decoder = limit === undefined ? new FrameDecoder() : new FrameDecoder(limit);
  const out: Uint8Array[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk, (payload) => out.push(payload.slice()));
    // The socket may reuse its memory: nothing that was kept may change with it.
    chunk.fill(0xee);
  }
  expect(decoder.pendingBytes).toBe(0);
  return out;
}

describe('frames', () => {
  test('any payloads, empty ones among them, in chunks of any size', () => {
    const random = seededRandom(4);
    for (let round = 0; round < 300; round++) {
      const payloads = Array.from({ length: 1 + below(random, 6) }, () =>
        Uint8Array.from({ length: below(random, 3) === 0 ? 0 : below(random, 300) }, () => below(random, 256)),
      );
      const bytes = joined(payloads.map(frame));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + below(random, 1 + below(random, 200));
        // Node's chunks are Buffers, whose slice() does not copy.
        chunks.push(round % 2 === 0 ? bytes.slice(at, at + size) : Buffer.from(bytes.slice(at, at + size)));
        at += size;
      }
      expect(decodeAll(chunks)).toEqual(payloads);
    }
  });

  test('byte by byte, and all at once', () => {
    const payloads = [new Uint8Array(0), new Uint8Array([1]), new Uint8Array(0), new Uint8Array(70).fill(9), new Uint8Array(0)];
    const bytes = joined(payloads.map(frame));
    expect(decodeAll([...bytes].map((byte) => new Uint8Array([byte])))).toEqual(payloads);
    expect(decodeAll([bytes.slice()])).toEqual(payloads);
  });

  test('an empty frame is told when its head is whole, not with the next chunk', () => {
    const decoder = new FrameDecoder();
    const seen: number[] = [];
    decoder.push(new Uint8Array(4), (payload) => seen.push(payload.length));
    expect(seen).toEqual([0]);
  });

  test('a large frame in many small chunks takes time in proportion', () => {
    const payload = new Uint8Array(4_000_000).map((_, i) => i);
    const bytes = frame(payload);
    const decoder = new FrameDecoder();
    const seen: Uint8Array[] = [];
    const start = performance.now();
    for (let at = 0; at < bytes.length; at += 97) decoder.push(bytes.subarray(at, at + 97), (each) => seen.push(each));
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(seen).toHaveLength(1);
    expect(Buffer.compare(seen[0]!, payload)).toBe(0);
  });

  test('a length is believed only as its bytes come', () => {
    const decoder = new FrameDecoder();
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(new Uint8Array([0x7f, 0xff, 0xff, 0xff, 1, 2, 3]), () => undefined);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
    expect(decoder.pendingBytes).toBe(7);
  });

  test('lengths below zero and above the limit are refused; the limit itself is taken (facts 1.2)', () => {
    const limit = JUTE_MAX_BUFFER_DEFAULT;
    expect(limit).toBe(1_048_575);
    expect(decodeAll([frame(new Uint8Array(limit))], limit)[0]).toHaveLength(limit);
    const push = (head: number[]) => () => new FrameDecoder(limit).push(new Uint8Array(head), () => undefined);
    expect(push([0x00, 0x10, 0x00, 0x00])).toThrow(WireError);
    expect(push([0xff, 0xff, 0xff, 0xff])).toThrow('a frame of -1 bytes');
    expect(push([0x80, 0, 0, 0])).toThrow(WireError);
    expect(push([0x00, 0x0f, 0xff, 0xff])).not.toThrow();
  });

  test('a new limit holds from the next head on, also within a chunk', () => {
    const decoder = new FrameDecoder(10);
    const seen: number[] = [];
    decoder.push(joined([frame(new Uint8Array(5)), frame(new Uint8Array(50))]), (payload) => {
      seen.push(payload.length);
      decoder.limit = 100;
    });
    expect(seen).toEqual([5, 50]);
  });

  test('a frame is made of its parts', () => {
    expect(encodeFrame(part(int, 7), rawPart(new Uint8Array([1])))).toEqual(new Uint8Array([0, 0, 0, 5, 0, 0, 0, 7, 1]));
    expect(encodeFrame()).toEqual(new Uint8Array(4));
  });
});
