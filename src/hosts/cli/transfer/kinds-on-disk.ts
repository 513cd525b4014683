/**
 * Which nodes are containers and TTL nodes, from the data directory of a server: its newest sound snapshot, and the
 * logs behind it. Must hold: nothing there is changed, the server may be running on it; only such nodes are kept.
 */

import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeUtf8 } from '../../../base/text.ts';
import { SnapshotCodecs } from '../../../ensemble/log/compression.ts';
import { logsCovering, logsOf, snapshotsOf, type NamedFile } from '../../../ensemble/log/file-names.ts';
import { readLog } from '../../../ensemble/log/log-format.ts';
import { readSnapshot } from '../../../ensemble/log/snapshot-reader.ts';
import { StorageError } from '../../../ensemble/log/storage-error.ts';
import type { SnapshotNode, SnapshotTarget } from '../../../ensemble/txn/snapshot-content.ts';
import type { Transaction, TxnBody } from '../../../ensemble/txn/transaction.ts';
import { ownerKind, ttlOf } from '../../../model/create-mode.ts';
import { UsageError } from '../../../model/errors.ts';
import { nodeGzip } from '../../../platform/node-gzip.ts';
import { chunksOf } from '../../../platform/transfer/file-bytes.ts';
import type { KindTeller } from '../../../services/transfer/source.ts';

/** Where servers keep snapshots and logs below dataDir. */
const VERSION_FOLDER = 'version-2';

/**
 * Reads a data directory.
 *
 * @param folder a server's dataDir, or its version-2; logs that are elsewhere (dataLogDir) are not seen
 * @throws UsageError BadDataDirectory when there is nothing in it, or nothing that can be read
 */
export async function kindsOnDisk(folder: string): Promise<KindTeller> {
  const place = await dataFolder(folder);
  const names = await readdir(place).catch((error: unknown) => refuse(folder, error));
  const kinds = new KindCollector();
  const zxid = await newestSnapshot(place, snapshotsOf(names).reverse(), kinds);
  const logs = logsOf(names);
  if (zxid === null && logs.length === 0) return refuse(folder, 'neither a snapshot nor a log is there that can be read');
  for (const { name } of logsCovering(logs, zxid ?? 0n)) await replay(place, name, kinds);
  return kinds;
}

async function dataFolder(folder: string): Promise<string> {
  const below = join(folder, VERSION_FOLDER);
  const found = await stat(below).catch(() => null);
  return found?.isDirectory() === true ? below : folder;
}

function refuse(folder: string, why: unknown): never {
  throw new UsageError('BadDataDirectory', `${folder}: ${why instanceof Error ? why.message : String(why)}`);
}

/** @param snapshots newest first @returns its zxid; null where there is none. One that is just being written is no sound one */
async function newestSnapshot(place: string, snapshots: readonly NamedFile[], kinds: KindCollector): Promise<bigint | null> {
  const codecs = new SnapshotCodecs(nodeGzip);
  for (const { name, zxid } of snapshots) {
    try {
      await readSnapshot(name, zxid, codecs.unpack(name, fileChunks(join(place, name))), kinds);
      return zxid;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      kinds.forget();
    }
  }
  return null;
}

async function* fileChunks(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    yield* chunksOf(handle);
  } finally {
    await handle.close();
  }
}

/** The end of a log is where the server writes: what cannot be read there is not there yet. */
async function replay(place: string, name: string, kinds: KindCollector): Promise<void> {
  const bytes = await readFile(join(place, name));
  for (const { txn } of readLog(name, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))) kinds.replay(txn);
}

interface Known {
  readonly czxid: bigint;
  readonly kind: 'container' | 'ttl';
  readonly ttlMs: bigint | null;
}

class KindCollector implements SnapshotTarget, KindTeller {
  readonly awaitedDigest = null;
  #known = new Map<string, Known>();

  kindOf(path: string, czxid: bigint): Known | null {
    const known = this.#known.get(path);
    // Another node has had this name since.
    return known?.czxid === czxid ? known : null;
  }

  addNode({ path, czxid, ephemeralOwner }: SnapshotNode): void {
    const kind = ownerKind(ephemeralOwner, true);
    if (kind !== 'container' && kind !== 'ttl') return;
    this.#known.set(decodeUtf8(path), { czxid, kind, ttlMs: kind === 'ttl' ? ttlOf(ephemeralOwner) : null });
  }

  replay({ header, body }: Transaction): void {
    this.#take(body, header.zxid);
  }

  addSession(): void {
    // Ephemerals are told by the protocol.
  }

  addAcl(): void {
    // Read from the server, where they are whole.
  }

  finish(): void {
    // The digest is over nodes that are not kept here.
  }

  forget(): void {
    this.#known.clear();
  }

  #take(body: TxnBody, czxid: bigint): void {
    if (body.type === 14) for (const part of body.parts) this.#take(part, czxid);
    else if (body.type === 19) this.#known.set(body.path, { czxid, kind: 'container', ttlMs: null });
    else if (body.type === 21) this.#known.set(body.path, { czxid, kind: 'ttl', ttlMs: body.ttlMs });
    else if (body.type === 2 || body.type === 20) this.#known.delete(body.path);
  }
}
