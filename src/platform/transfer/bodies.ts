/** What stands in the file of an unfinished export, as it is or packed: to be read, cut back and added to. */

import type { FileHandle } from 'node:fs/promises';
import { concatBytes } from '../../base/bytes.ts';
import { chunksOf, readAt } from './file-bytes.ts';
import { membersOf, packMember, unpackMember } from './gzip-members.ts';

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

export const plainBody: Body = {
  async *kept(handle) {
    const [first, second] = await readAt(handle, 0, 2);
    // Packed by an earlier run, which was asked to.
    if (first === 0x1f && second === 0x8b) return;
    yield* chunksOf(handle);
  },
  async cutAt(handle, bytes) {
    const { size } = await handle.stat();
    return size < bytes ? null : { fileBytes: bytes, again: new Uint8Array(0) };
  },
  pack: (parts) => Promise.resolve(concatBytes(parts)),
};

export const gzipBody: Body = {
  async *kept(handle) {
    for await (const member of membersOf(handle)) {
      const bytes = await unpackMember(handle, member);
      if (bytes === null) return;
      yield bytes;
    }
  },
  async cutAt(handle, bytes) {
    let plain = 0;
    let fileBytes = 0;
    for await (const member of membersOf(handle)) {
      if (plain + member.plainBytes > bytes) {
        const inside = await unpackMember(handle, member);
        return inside === null ? null : { fileBytes: member.at, again: inside.slice(0, bytes - plain) };
      }
      plain += member.plainBytes;
      fileBytes = member.at + member.packedBytes;
      if (plain === bytes) break;
    }
    return plain === bytes ? { fileBytes, again: new Uint8Array(0) } : null;
  },
  pack: (parts) => packMember(concatBytes(parts)),
};
