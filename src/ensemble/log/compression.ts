/**
 * Compressed snapshots (SnapStream): the name's ending says how. Checksums are over the plain bytes. In and out:
 * streams of chunks, of which only a few are held at a time.
 */

import { InvariantError } from '../../base/invariant.ts';
import { WireError, ZooError } from '../../model/errors.ts';
import { compressionOf } from './file-names.ts';
import { snappyStream, snappyUnstream } from './snappy-stream.ts';
import { StorageError } from './storage-error.ts';
import type { Chunks, StreamCodec } from './stream-codec.ts';

/** snapshot.compression.method; none is the default. */
export type Compression = 'none' | 'gz' | 'snappy';

/** Knows every kind that Apache's server writes; gzip is the host's. */
export class SnapshotCodecs {
  readonly #byEnding: ReadonlyMap<string, StreamCodec>;

  constructor(gzip: StreamCodec) {
    this.#byEnding = new Map([['gz', gzip], ['snappy', { pack: snappyStream, unpack: snappyUnstream }]]);
  }

  /** What the name of a compressed snapshot ends with. */
  ending(compression: Compression): string {
    return compression === 'none' ? '' : `.${compression}`;
  }

  /** The packed form of plain chunks. */
  pack(compression: Compression, chunks: Chunks): Chunks {
    return this.#byEnding.get(compression)?.pack(chunks) ?? chunks;
  }

  /**
   * The plain form of a file's chunks. Its reader gets a WireError when the packed form is damaged.
   *
   * @throws StorageError SnapshotUnsupported when the name ends in something unknown
   */
  unpack(name: string, chunks: Chunks): Chunks {
    const ending = compressionOf(name);
    if (ending === null) return chunks;
    const codec = this.#byEnding.get(ending);
    if (codec !== undefined) return asWireErrors(codec.unpack(chunks));
    throw new StorageError('SnapshotUnsupported', `${name} is compressed in a way (${ending}) that this server cannot read`, name);
  }
}

async function* asWireErrors(chunks: Chunks): AsyncIterableIterator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (error instanceof ZooError || error instanceof InvariantError) throw error;
    throw new WireError(error instanceof Error ? error.message : String(error));
  }
}
