/**
 * Zstandard frames, each behind a skippable frame that holds the lengths (RFC 8878, 3.1): as pzstd writes them. Every
 * zstd reads a row of them as one, except Node's, which ends with the first frame.
 */

import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import { UsageError } from '../../model/errors.ts';
import { headerBytes, type MemberFormat } from './packed-members.ts';

interface NodeZstd {
  readonly compress: (bytes: Uint8Array, options: { params: Record<number, number> }) => Promise<Uint8Array>;
  readonly decompress: (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;
  readonly createDecompress: (options: { chunkSize: number }) => Transform;
}

/** ZSTD_c_checksumFlag: a damaged frame is told by itself. */
const WITH_CHECKSUM = { 201: 1 };

/** The magic number of the first of the skippable frames, and the length of what it holds. */
const START = [0x50, 0x2a, 0x4d, 0x18, 8, 0, 0, 0];

export const zstdMembers: MemberFormat = {
  start: START,
  pack: (bytes) => nodeZstd('write').compress(bytes, { params: WITH_CHECKSUM }),
  unpack: (member, plainBytes) => nodeZstd('read').decompress(member.subarray(headerBytes(zstdMembers)), { maxOutputLength: plainBytes + 1 }),
};

/**
 * Node's own zstd, there since Node 22.15 and 23.8; the types that we build with are older.
 *
 * @throws UsageError BadExport (to read) or FileFailed (to write) where this Node has none
 */
export function nodeZstd(to: 'read' | 'write'): NodeZstd {
  const { zstdCompress, zstdDecompress, createZstdDecompress } = zlib as unknown as Partial<Record<string, (...args: never) => void>>;
  if (zstdCompress === undefined || zstdDecompress === undefined || createZstdDecompress === undefined) {
    const needs = `zstd needs Node 22.15 or newer (this is ${process.versions.node})`;
    if (to === 'read') throw new UsageError('BadExport', `${needs}: unpack the file first, or use gzip`);
    throw new UsageError('FileFailed', `${needs}: use gzip`);
  }
  return {
    compress: promisify(zstdCompress) as NodeZstd['compress'],
    decompress: promisify(zstdDecompress) as NodeZstd['decompress'],
    createDecompress: createZstdDecompress as unknown as NodeZstd['createDecompress'],
  };
}
