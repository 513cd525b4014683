/**
 * A compressed file as a row of members, each with its lengths in front, so that what a killed run left can be gone on
 * with behind any of them.
 * Must hold: a member that is not there as a whole is as if it were not there.
 */

import type { FileHandle } from 'node:fs/promises';
import { readAt } from './file-bytes.ts';

/** How one kind of compression makes its members. */
export interface MemberFormat {
  /** What every member begins with; then come its own length and that of what it holds, 4 bytes each, low byte first. */
  readonly start: readonly number[];
  /** The compressed bytes that follow the lengths. @param bytes less than 2^32 */
  pack(bytes: Uint8Array): Promise<Uint8Array>;
  /** The reverse. @param member whole, from its start. @throws when it is damaged */
  unpack(member: Uint8Array, plainBytes: number): Promise<Uint8Array>;
}

export interface Member {
  /** Where it begins in the file. */
  readonly at: number;
  readonly packedBytes: number;
  readonly plainBytes: number;
}

/** Two lengths of four bytes. */
const LENGTHS_BYTES = 8;

/** So many bytes of a member stand before what is compressed. */
export function headerBytes(format: MemberFormat): number {
  return format.start.length + LENGTHS_BYTES;
}

/** Packs bytes to one member. @param bytes less than 2^32 */
export async function packMember(format: MemberFormat, bytes: Uint8Array): Promise<Uint8Array> {
  const packed = await format.pack(bytes);
  const header = headerBytes(format);
  const member = new Uint8Array(header + packed.length);
  member.set(format.start);
  const view = new DataView(member.buffer);
  view.setUint32(format.start.length, member.length, true);
  view.setUint32(format.start.length + 4, bytes.length, true);
  member.set(packed, header);
  return member;
}

/** The whole members of a file from its beginning, by their headers. */
export async function* membersOf(format: MemberFormat, handle: FileHandle): AsyncGenerator<Member> {
  const { size } = await handle.stat();
  const length = headerBytes(format);
  for (let at = 0; at + length <= size; ) {
    const header = await readAt(handle, at, length);
    if (!format.start.every((byte, i) => header[i] === byte)) return;
    const view = new DataView(header.buffer, header.byteOffset);
    const packedBytes = view.getUint32(format.start.length, true);
    if (packedBytes <= length || at + packedBytes > size) return;
    yield { at, packedBytes, plainBytes: view.getUint32(format.start.length + 4, true) };
    at += packedBytes;
  }
}

/** What a member holds; null when it is damaged. */
export async function unpackMember(format: MemberFormat, handle: FileHandle, { at, packedBytes, plainBytes }: Member): Promise<Uint8Array | null> {
  try {
    const bytes = await format.unpack(await readAt(handle, at, packedBytes), plainBytes);
    return bytes.length === plainBytes ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : null;
  } catch {
    return null;
  }
}
