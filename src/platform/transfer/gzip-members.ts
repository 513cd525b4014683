/** Gzip members (RFC 1952, 2.2) with their lengths in an extra field. Every gunzip reads a row of them as one. */

import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { MemberFormat } from './packed-members.ts';

const gzipBytes = promisify(gzip);
const gunzipBytes = promisify(gunzip);

/** What zlib writes: no extra field. */
const PLAIN_HEADER_BYTES = 10;

export const gzipMembers: MemberFormat = {
  /** Magic, deflate, a flag for the extra field; no time; no hint; system unknown; 12 bytes of extra field: ZS, 8 bytes. */
  start: [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 12, 0, 0x5a, 0x53, 8, 0],
  pack: async (bytes) => (await gzipBytes(bytes)).subarray(PLAIN_HEADER_BYTES),
  unpack: (member, plainBytes) => gunzipBytes(member, { maxOutputLength: plainBytes + 1 }),
};
