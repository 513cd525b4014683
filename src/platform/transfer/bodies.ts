/** What stands in the file of an unfinished export, as it is or packed: to be read, cut back and added to. */

import type { FileHandle } from 'node:fs/promises';
import { concatBytes } from '../../base/bytes.ts';
import type { ExportCompression } from '../../services/transfer/ports.ts';
import { chunksOf, readAt } from './file-bytes.ts';
import { gzipMembers } from './gzip-members.ts';
import { membersOf, packMember, unpackMember, type MemberFormat } from './packed-members.ts';
import { nodeZstd, zstdMembers } from './zstd-members.ts';

export interface Body {
  /** What is of use of an earlier run, before compression. */
  kept(handle: FileHandle): AsyncGenerator<Uint8Array>;
  /**
   * Where the file is cut to go on behind the first `bytes` bytes, and what has to be written again behind that.
   *
   * @returns null when fewer are kept
   */
  cutAt(handle: FileHandle, bytes: number): Promise<{ readonly fileBytes: number; readonly again: Uint8Array } | null>;
  /** Lines as they stand in the file. */
  pack(parts: readonly Uint8Array[]): Promise<Uint8Array>;
}

/** @throws UsageError FileFailed where this Node cannot compress so */
export function bodyOf(compression: ExportCompression): Body {
  if (compression === 'none') return plainBody;
  if (compression === 'gzip') return memberBody(gzipMembers);
  nodeZstd('write');
  return memberBody(zstdMembers);
}

const plainBody: Body = {
  async *kept(handle) {
    const first = await readAt(handle, 0, 4);
    // Packed by an earlier run, which was asked to.
    if ([gzipMembers, zstdMembers].some(({ start }) => first.length > 1 && first.every((byte, i) => byte === start[i]))) return;
    yield* chunksOf(handle);
  },
  async cutAt(handle, bytes) {
    const { size } = await handle.stat();
    return size < bytes ? null : { fileBytes: bytes, again: new Uint8Array(0) };
  },
  pack: (parts) => Promise.resolve(concatBytes(parts)),
};

function memberBody(format: MemberFormat): Body {
  return {
    async *kept(handle) {
      for await (const member of membersOf(format, handle)) {
        const bytes = await unpackMember(format, handle, member);
        if (bytes === null) return;
        yield bytes;
      }
    },
    async cutAt(handle, bytes) {
      let plain = 0;
      let fileBytes = 0;
      for await (const member of membersOf(format, handle)) {
        if (plain + member.plainBytes > bytes) {
          const inside = await unpackMember(format, handle, member);
          return inside === null ? null : { fileBytes: member.at, again: inside.slice(0, bytes - plain) };
        }
        plain += member.plainBytes;
        fileBytes = member.at + member.packedBytes;
        if (plain === bytes) break;
      }
      return plain === bytes ? { fileBytes, again: new Uint8Array(0) } : null;
    },
    pack: (parts) => packMember(format, concatBytes(parts)),
  };
}
