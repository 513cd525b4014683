/**
 * The plain bytes of a snapshot file, taken apart as they come (facts 4.7; FileSnap.deserialize, SerializeUtils,
 * DataTree.deserialize). In: a stream and an empty state. Out: the state filled, or an error that says where the file
 * is wrong. The seals come at the end, so a state that was filled from a broken file must be thrown away.
 */

import { NO_BYTES } from '../../base/bytes.ts';
import { WireError } from '../../model/errors.ts';
import { vector } from '../../wire/jute/codec.ts';
import type { JuteReader } from '../../wire/jute/jute-reader.ts';
import { AclRecord } from '../../wire/records/shared.ts';
import type { SnapshotAcl, SnapshotNode, SnapshotSession, SnapshotTarget, ZxidDigest } from '../txn/snapshot-content.ts';
import type { Chunks } from './stream-codec.ts';
import { DIGEST_BYTES, LAST_ZXID_BYTES, SEAL_BYTES, SNAPSHOT_MAGIC } from './snapshot-format.ts';
import { MORE, SnapshotFeed } from './snapshot-feed.ts';
import { StorageError } from './storage-error.ts';

const SLASH = 0x2f;
/** The most that can follow the first seal. */
const TAIL_BYTES_MAX = DIGEST_BYTES + LAST_ZXID_BYTES + 2 * SEAL_BYTES;

type SnapshotContent = Pick<SnapshotTarget, 'addSession' | 'addAcl' | 'addNode'>;

const aclList = vector(AclRecord);

/**
 * Fills the target from a file's plain bytes.
 *
 * @param name for messages
 * @param zxid what the file's name says
 * @throws StorageError SnapshotCorrupt, and what the chunks throw if it is no WireError
 */
export async function readSnapshot(name: string, zxid: bigint, chunks: Chunks, target: SnapshotTarget): Promise<void> {
  const feed = new SnapshotFeed(chunks);
  try {
    const magic = await feed.next((reader) => reader.int());
    if (magic !== SNAPSHOT_MAGIC) throw new WireError('it does not begin as a snapshot does');
    await feed.next((reader) => [reader.int(), reader.long()]);
    await readContent(feed, target);
    await checkSeal(feed);
    target.finish(zxid, (await readTail(feed)).digest);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new StorageError('SnapshotCorrupt', `${name} is damaged at byte ${feed.offset}: ${error.message}`, name, feed.offset);
  } finally {
    await feed.close();
  }
}

/**
 * Fills the target from the plain bytes of a snapshot that has no name and no log behind it (the `restore` command of
 * the AdminServer; ZKDatabase.deserializeSnapshot).
 *
 * @returns the last transaction that is in it: as it says itself (since 3.6), and at least the newest of its nodes
 * @throws StorageError SnapshotCorrupt
 */
export async function readNamelessSnapshot(chunks: Chunks, target: SnapshotTarget): Promise<bigint> {
  const feed = new SnapshotFeed(chunks);
  let newest = 0n;
  const content: SnapshotContent = {
    addSession: (session) => target.addSession(session),
    addAcl: (acl) => target.addAcl(acl),
    addNode: (node) => {
      for (const zxid of [node.mzxid, node.pzxid]) if (zxid > newest) newest = zxid;
      target.addNode(node);
    },
  };
  try {
    const magic = await feed.next((reader) => reader.int());
    if (magic !== SNAPSHOT_MAGIC) throw new WireError('it does not begin as a snapshot does');
    await feed.next((reader) => [reader.int(), reader.long()]);
    await readContent(feed, content);
    await checkSeal(feed);
    const { digest, lastZxid } = await readTail(feed);
    const said = lastZxid ?? digest?.zxid ?? 0n;
    const zxid = said > newest ? said : newest;
    target.finish(zxid, digest);
    return zxid;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new StorageError('SnapshotCorrupt', `the snapshot is damaged at byte ${feed.offset}: ${error.message}`, null, feed.offset);
  } finally {
    await feed.close();
  }
}

/** What a file and a SNAP from a leader have in common: sessions, ACLs, nodes and their end. @throws WireError */
export async function readContent(feed: SnapshotFeed, target: SnapshotContent): Promise<void> {
  await readEach(feed, await feed.next(countOf), readSession, (session) => target.addSession(session));
  await readEach(feed, await feed.next(countOf), readAcl, (acl) => target.addAcl(acl));
  for (;;) {
    const node = feed.take(readNode);
    if (node === MORE) await feed.more();
    else if (node === null) return;
    else target.addNode(node);
  }
}

async function readEach<T>(
  feed: SnapshotFeed, count: number, read: (reader: JuteReader) => T, add: (item: T) => void,
): Promise<void> {
  for (let left = count; left > 0; ) {
    const item = feed.take(read);
    if (item === MORE) {
      await feed.more();
      continue;
    }
    add(item);
    left--;
  }
}

function countOf(reader: JuteReader): number {
  const count = reader.int();
  if (count < 0) throw new WireError(`a count of ${count}`);
  return count;
}

function readSession(reader: JuteReader): SnapshotSession {
  return { id: reader.long(), timeoutMs: reader.int() };
}

function readAcl(reader: JuteReader): SnapshotAcl {
  return { key: reader.long(), acl: aclList.read(reader) };
}

/** @returns null at the end of the nodes */
function readNode(reader: JuteReader): SnapshotNode | null {
  const path = reader.buffer() ?? NO_BYTES;
  if (path.length === 1 && path[0] === SLASH) return null;
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

/** The digest and the last zxid, which older servers do not write. */
async function readTail(feed: SnapshotFeed): Promise<{ readonly digest: ZxidDigest | null; readonly lastZxid: bigint | null }> {
  for (let before = -1; feed.remaining <= TAIL_BYTES_MAX && feed.remaining !== before; ) {
    before = feed.remaining;
    await feed.more();
  }
  let digest: ZxidDigest | null = null;
  let lastZxid: bigint | null = null;
  if (feed.remaining >= DIGEST_BYTES + SEAL_BYTES) {
    digest = await feed.next((reader) => ({ zxid: reader.long(), digestVersion: reader.int(), digest: reader.long() }));
    await checkSeal(feed);
  }
  if (feed.remaining > 0) {
    if (feed.remaining !== LAST_ZXID_BYTES + SEAL_BYTES) throw new WireError(`${feed.remaining} bytes too many`);
    lastZxid = await feed.next((reader) => reader.long());
    await checkSeal(feed);
  }
  return { digest, lastZxid };
}

/** Reads a seal and compares it with the checksum of everything before it. */
async function checkSeal(feed: SnapshotFeed): Promise<void> {
  const actual = feed.adler;
  const seal = await feed.next((reader) => ({ expected: reader.long(), end: reader.ustring() }));
  if (seal.expected !== BigInt(actual)) throw new WireError('the checksum is wrong');
  if (seal.end !== '/') throw new WireError('a seal does not end as it should');
}
