/** Gzip for snapshots, by Node's zlib, a few chunks at a time. */

import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { Chunks, StreamCodec } from '../ensemble/log/stream-codec.ts';

export const nodeGzip: StreamCodec = {
  pack: (chunks) => through(chunks, createGzip()),
  unpack: (chunks) => through(chunks, createGunzip()),
};

/** @throws what the source throws, and zlib's errors for damaged or unfinished input */
async function* through(chunks: Chunks, transform: Transform): AsyncIterableIterator<Uint8Array> {
  // A source that fails destroys the transform with its error, and so the loop below throws it.
  pipeline(Readable.from(chunks), transform, () => undefined);
  for await (const chunk of transform as AsyncIterable<Uint8Array>) {
    yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}
