/**
 * A state as the bytes of a snapshot file (facts 4.7; FileSnap.serialize, SerializeUtils, DataTree.serialize). In: a
 * SnapshotSource. Out: chunks, between which the state may go on changing.
 */

import { adler32 } from '../../base/checksum.ts';
import { InvariantError } from '../../base/invariant.ts';
import { ustring, vector } from '../../wire/jute/codec.ts';
import { JuteWriter } from '../../wire/jute/jute-writer.ts';
import { AclRecord } from '../../wire/records/shared.ts';
import type { Compression, SnapshotCodecs } from './compression.ts';
import type { Storage } from './storage.ts';
import { StorageError } from './storage-error.ts';
import type { SnapshotNode, SnapshotSource } from '../txn/snapshot-content.ts';
import { snapshotName } from './file-names.ts';
import { END_PATH, SNAPSHOT_DBID, SNAPSHOT_MAGIC, SNAPSHOT_VERSION } from './snapshot-format.ts';

const CHUNK_BYTES = 64 * 1024;
/** Room for the entry that carries a chunk past its size. */
const SLACK_BYTES = 4 * 1024;
const ADLER_START = 1;

const aclList = vector(AclRecord);

/** Bytes that are due, and the checksum of all that went before them. */
class Output {
  writer = new JuteWriter(CHUNK_BYTES + SLACK_BYTES);
  adler = ADLER_START;

  get full(): boolean {
    return this.writer.length >= CHUNK_BYTES;
  }

  take(): Uint8Array {
    const chunk = this.writer.finish();
    this.adler = adler32(chunk, this.adler);
    this.writer = new JuteWriter(CHUNK_BYTES + SLACK_BYTES);
    return chunk;
  }

  /** The checksum of everything so far, and "/". The chunk before it must have been taken. */
  seal(): void {
    this.writer.long(BigInt(this.adler));
    ustring.write(this.writer, END_PATH);
  }
}

/** The sections that a snapshot file and a SNAP to a learner have in common: sessions, ACLs, nodes and their end. */
export function* contentChunks(source: SnapshotSource): IterableIterator<Uint8Array> {
  const out = new Output();
  yield* content(out, source);
  yield out.take();
}

/**
 * The file's bytes in chunks of about 64 KiB. Releases the source when it ends, however it ends.
 *
 * @param withLastZxid end with the last transaction's zxid, as servers do since 3.9; older ones read on past it
 */
export function* snapshotChunks(source: SnapshotSource, withLastZxid = false): IterableIterator<Uint8Array> {
  try {
    const out = new Output();
    out.writer.int(SNAPSHOT_MAGIC);
    out.writer.int(SNAPSHOT_VERSION);
    out.writer.long(SNAPSHOT_DBID);
    yield* content(out, source);
    yield out.take();
    out.seal();
    // Asked for only now: the tree had this digest after the nodes were written, not before.
    const digest = source.digest();
    if (digest !== null) {
      out.writer.long(digest.zxid);
      out.writer.int(digest.digestVersion);
      out.writer.long(digest.digest);
      yield out.take();
      out.seal();
    }
    if (withLastZxid) {
      out.writer.long(source.lastZxid());
      yield out.take();
      out.seal();
    }
    yield out.take();
  } finally {
    source.release();
  }
}

function* content(out: Output, source: SnapshotSource): IterableIterator<Uint8Array> {
  out.writer.int(source.sessions.length);
  for (const session of source.sessions) {
    out.writer.long(session.id);
    out.writer.int(session.timeoutMs);
    if (out.full) yield out.take();
  }
  out.writer.int(source.acls.length);
  for (const { key, acl } of source.acls) {
    out.writer.long(key);
    aclList.write(out.writer, acl);
    if (out.full) yield out.take();
  }
  for (const node of source.nodes()) {
    writeNode(out.writer, node);
    if (out.full) yield out.take();
  }
  ustring.write(out.writer, END_PATH);
}

function writeNode(writer: JuteWriter, node: SnapshotNode): void {
  writer.buffer(node.path);
  writer.buffer(node.data);
  writer.long(node.aclKey);
  writer.long(node.czxid);
  writer.long(node.mzxid);
  writer.long(node.ctime);
  writer.long(node.mtime);
  writer.int(node.version);
  writer.int(node.cversion);
  writer.int(node.aversion);
  writer.long(node.ephemeralOwner);
  writer.long(node.pzxid);
}

/** How a snapshot is written. */
export interface SnapshotForm {
  readonly compression: Compression;
  readonly codecs: SnapshotCodecs;
  /** serializeLastProcessedZxid.enabled; false unless said otherwise. */
  readonly withLastZxid?: boolean;
}

/**
 * Writes `snapshot.<zxid>`, and `.gz` or `.snappy` when it is compressed, whole or not at all. A snapshot of that name
 * that is there already is replaced.
 *
 * @param giveWay awaited after each chunk, so that the server can go on serving
 * @returns the file's name
 * @throws StorageError WriteFailed; the log still has everything, so the server can go on
 */
export async function writeSnapshot(
  storage: Storage,
  source: SnapshotSource,
  giveWay: () => Promise<void>,
  { compression, codecs, withLastZxid = false }: SnapshotForm,
): Promise<string> {
  const name = snapshotName(source.zxid, codecs.ending(compression));
  try {
    await storage.writeWhole(name, codecs.pack(compression, politely(snapshotChunks(source, withLastZxid), giveWay)));
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    throw new StorageError('WriteFailed', `${name} cannot be written: ${String(error)}`, name);
  } finally {
    // The chunks release it too, but only once the first of them was asked for.
    source.release();
  }
  return name;
}

async function* politely(
  chunks: IterableIterator<Uint8Array>,
  giveWay: () => Promise<void>,
): AsyncIterableIterator<Uint8Array> {
  for (const chunk of chunks) {
    yield chunk;
    await giveWay();
  }
}
