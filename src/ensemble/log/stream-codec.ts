/** Streams of bytes in chunks, and what packs and unpacks them. */

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Packs and unpacks a stream, a few chunks at a time; what is damaged makes the unpacked stream throw. */
export interface StreamCodec {
  pack(chunks: Chunks): AsyncIterable<Uint8Array>;
  unpack(chunks: Chunks): AsyncIterable<Uint8Array>;
}
