/**
 * Gzip as a row of members (RFC 1952, 2.2), each with its lengths in an extra field, so that what a killed run left
 * can be gone on with behind any of its members. Every gunzip reads them as one.
 * Must hold: a member that is not there as a whole is as if it were not there.
 */

import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { readAt } from './file-bytes.ts';

const gzipBytes = promisify(gzip);
const gunzipBytes = promisify(gunzip);

/** What zlib writes: no extra field. */
const PLAIN_HEADER_BYTES = 10;
/** The same with one subfield: its length (2), id (2) and length (2), then two numbers of four bytes. */
const HEADER_BYTES = PLAIN_HEADER_BYTES + 14;
/** Magic, deflate, a flag for the extra field; no time; no hint; system unknown; 12 bytes of extra field: ZS, 8 bytes. */
const HEADER_START = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 12, 0, 0x5a, 0x53, 8, 0];

export interface Member {
  /** Where it begins in the file. */
  readonly at: number;
  readonly packedBytes: number;
  readonly plainBytes: number;
}

/** Packs bytes to one member. @param bytes less than 2^32 */
export async function packMember(bytes: Uint8Array): Promise<Uint8Array> {
  const packed = await gzipBytes(bytes);
  const member = new Uint8Array(HEADER_BYTES + packed.length - PLAIN_HEADER_BYTES);
  member.set(HEADER_START);
  const view = new DataView(member.buffer);
  view.setUint32(HEADER_START.length, member.length, true);
  view.setUint32(HEADER_START.length + 4, bytes.length, true);
  member.set(packed.subarray(PLAIN_HEADER_BYTES), HEADER_BYTES);
  return member;
}

/** The whole members of a file from its beginning, by their headers. */
export async function* membersOf(handle: FileHandle): AsyncGenerator<Member> {
  const { size } = await handle.stat();
  for (let at = 0; at + HEADER_BYTES <= size; ) {
    const header = await readAt(handle, at, HEADER_BYTES);
    if (!HEADER_START.every((byte, i) => header[i] === byte)) return;
    const view = new DataView(header.buffer, header.byteOffset);
    const packedBytes = view.getUint32(HEADER_START.length, true);
    if (packedBytes <= HEADER_BYTES || at + packedBytes > size) return;
    yield { at, packedBytes, plainBytes: view.getUint32(HEADER_START.length + 4, true) };
    at += packedBytes;
  }
}

/** What a member holds; null when it is damaged. */
export async function unpackMember(handle: FileHandle, { at, packedBytes, plainBytes }: Member): Promise<Uint8Array | null> {
  try {
    const bytes = await gunzipBytes(await readAt(handle, at, packedBytes), { maxOutputLength: plainBytes + 1 });
    return bytes.length === plainBytes ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : null;
  } catch {
    return null;
  }
}
