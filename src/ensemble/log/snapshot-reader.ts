/**
 * The bytes of a snapshot file, taken apart (facts 4.7; FileSnap.deserialize, SerializeUtils, DataTree.deserialize).
 * In: bytes and an empty state. Out: the state filled, or an error that says where the file is wrong. The seals can
 * only be checked at the end, so a state that was filled from a broken file must be thrown away.
 */

import { adler32 } from '../../base/checksum.ts';
import { WireError } from '../../model/errors.ts';
import { vector } from '../../wire/jute/codec.ts';
import { JuteReader } from '../../wire/jute/jute-reader.ts';
import { AclRecord } from '../../wire/records/shared.ts';
import { NO_BYTES } from '../../base/bytes.ts';
import type { SnapshotNode, SnapshotTarget, ZxidDigest } from '../txn/snapshot-content.ts';
import { DIGEST_BYTES, LAST_ZXID_BYTES, SEAL_BYTES, SNAPSHOT_MAGIC } from './snapshot-format.ts';
import { StorageError } from './storage-error.ts';

const SESSION_BYTES = 12;
const ACL_BYTES_MIN = 12;
const SLASH = 0x2f;

const aclList = vector(AclRecord);

/**
 * Fills the target from a file's bytes.
 *
 * @param name for messages
 * @param zxid what the file's name says
 * @throws StorageError SnapshotCorrupt
 */
export function readSnapshot(name: string, zxid: bigint, bytes: Uint8Array, target: SnapshotTarget): void {
  const reader = new JuteReader(bytes);
  try {
    if (reader.int() !== SNAPSHOT_MAGIC) throw new WireError('it does not begin as a snapshot does');
    reader.int();
    reader.long();
    readContent(reader, target);
    let adler = checkSeal(reader, bytes, 0, 1);
    let digest: ZxidDigest | null = null;
    if (reader.remaining >= DIGEST_BYTES + SEAL_BYTES) {
      const start = reader.offset;
      digest = { zxid: reader.long(), digestVersion: reader.int(), digest: reader.long() };
      adler = checkSeal(reader, bytes, start - SEAL_BYTES, adler);
    }
    if (reader.remaining > 0) {
      const start = reader.offset;
      if (reader.remaining !== LAST_ZXID_BYTES + SEAL_BYTES) throw new WireError(`${reader.remaining} bytes too many`);
      reader.long();
      checkSeal(reader, bytes, start - SEAL_BYTES, adler);
    }
    target.finish(zxid, digest);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new StorageError('SnapshotCorrupt', `${name} is damaged at byte ${reader.offset}: ${error.message}`, name, reader.offset);
  }
}

/** What a file and a SNAP from a leader have in common: sessions, ACLs, nodes and their end. @throws WireError */
export function readContent(reader: JuteReader, target: SnapshotTarget): void {
  const sessions = countOf(reader, SESSION_BYTES, 'sessions');
  for (let i = 0; i < sessions; i++) target.addSession({ id: reader.long(), timeoutMs: reader.int() });
  const acls = countOf(reader, ACL_BYTES_MIN, 'ACLs');
  for (let i = 0; i < acls; i++) target.addAcl({ key: reader.long(), acl: aclList.read(reader) });
  for (;;) {
    const path = reader.buffer() ?? NO_BYTES;
    if (path.length === 1 && path[0] === SLASH) return;
    target.addNode(readNode(reader, path));
  }
}

function readNode(reader: JuteReader, path: Uint8Array): SnapshotNode {
  return {
    path,
    data: reader.buffer(),
    aclKey: reader.long(),
    czxid: reader.long(),
    mzxid: reader.long(),
    ctime: reader.long(),
    mtime: reader.long(),
    version: reader.int(),
    cversion: reader.int(),
    aversion: reader.int(),
    ephemeralOwner: reader.long(),
    pzxid: reader.long(),
  };
}

function countOf(reader: JuteReader, bytesMin: number, what: string): number {
  const count = reader.count(bytesMin);
  if (count === null) throw new WireError(`no count of ${what}`);
  return count;
}

/**
 * Reads a seal and compares it with the checksum of everything before it.
 *
 * @param from where the bytes begin that `adler` does not count yet
 * @returns the checksum of everything before the seal
 */
function checkSeal(reader: JuteReader, bytes: Uint8Array, from: number, adler: number): number {
  const actual = adler32(bytes.subarray(from, reader.offset), adler);
  const expected = reader.long();
  const end = reader.ustring();
  if (expected !== BigInt(actual)) throw new WireError('the checksum is wrong');
  if (end !== '/') throw new WireError('a seal does not end as it should');
  return actual;
}
