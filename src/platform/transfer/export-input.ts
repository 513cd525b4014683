/** An export in a file: as it is, or with gzip (or, where Node has it, zstd) taken off, told by its first bytes. */

import { open, type FileHandle } from 'node:fs/promises';
import { Readable, type Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UsageError } from '../../model/errors.ts';
import type { ExportInput } from '../../services/transfer/ports.ts';
import { CHUNK_BYTES, chunksOf, readAt } from './file-bytes.ts';
import { fileFailure, systemCode } from './file-failure.ts';
import { membersOf, unpackMember } from './packed-members.ts';
import { nodeZstd, zstdMembers } from './zstd-members.ts';

const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * A file as an export.
 *
 * @param file absolute, or relative to the process's folder
 */
export function fileExportInput(file: string): ExportInput {
  return { name: file, chunks: () => chunks(file) };
}

async function* chunks(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw fileFailure(file, error);
  });
  try {
    const first = await readAt(handle, 0, ZSTD_MAGIC.length);
    if (beginsWith(first, GZIP_MAGIC)) yield* unpacked(handle, createGunzip({ chunkSize: CHUNK_BYTES }), 'gzip');
    else if (beginsWith(first, ZSTD_MAGIC)) yield* unpacked(handle, nodeZstd('read').createDecompress({ chunkSize: CHUNK_BYTES }), 'zstd');
    else if (beginsWith(zstdMembers.start, first)) yield* ownZstd(handle);
    else yield* chunksOf(handle);
  } catch (error) {
    throw fileFailure(file, error);
  } finally {
    await handle.close();
  }
}

/** Frames as we write them; Node's own stream would end behind the first. */
async function* ownZstd(handle: FileHandle): AsyncGenerator<Uint8Array> {
  nodeZstd('read');
  let end = 0;
  for await (const member of membersOf(zstdMembers, handle)) {
    const bytes = await unpackMember(zstdMembers, handle, member);
    if (bytes === null) throw new UsageError('BadExport', `edited: its zstd is broken behind byte ${member.at}`);
    yield bytes;
    end = member.at + member.packedBytes;
  }
  if (end < (await handle.stat()).size) throw new UsageError('BadExport', 'truncated: its zstd ends too early');
}

async function* unpacked(handle: FileHandle, unpacker: Transform, name: string): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunksOf(handle), { objectMode: false, highWaterMark: CHUNK_BYTES });
  source.once('error', (error) => unpacker.destroy(error));
  source.pipe(unpacker);
  try {
    for await (const chunk of unpacker as AsyncIterable<Uint8Array>) {
      // A plain view: slice() of a Buffer would not copy.
      yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === 'Z_BUF_ERROR') throw new UsageError('BadExport', `truncated: its ${name} ends too early`);
    if (/^(Z_|ZSTD_)/.test(code)) throw new UsageError('BadExport', `edited: its ${name} is broken (${error instanceof Error ? error.message : code})`);
    throw error;
  } finally {
    source.destroy();
    unpacker.destroy();
  }
}

function beginsWith(bytes: ArrayLike<number>, magic: ArrayLike<number>): boolean {
  return magic.length > 0 && bytes.length >= magic.length && Array.from(magic).every((byte, i) => bytes[i] === byte);
}
