/** Writes data directories for tests. */

import { seededRandom } from '../../../../src/base/random.ts';
import { snapshotChunks } from '../../../../src/ensemble/log/snapshot-writer.ts';
import { snapshotName } from '../../../../src/ensemble/log/file-names.ts';
import { TxnLog } from '../../../../src/ensemble/log/txn-log.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import { encodeTransaction } from '../../../../src/ensemble/txn/transaction-codec.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import { SnapshotCodecs } from '../../../../src/ensemble/log/compression.ts';
import { nodeGzip } from '../../../../src/platform/node-gzip.ts';
import { TxnMaker } from '../tree/txn-maker.ts';
import { memoryDisk, type MemoryDisk } from './memory-disk.ts';

export const newDatabase = (): Database => new Database({ extendedTypes: true, digestEnabled: true });

export const codecs = new SnapshotCodecs(nodeGzip);
/** Plain, at once. */
export const plain = { compression: 'none', codecs } as const;

export interface Written {
  readonly disk: MemoryDisk;
  readonly database: Database;
  readonly txns: readonly Transaction[];
  readonly log: TxnLog;
  /** Makes, applies and appends one more, without syncing it. */
  step(): void;
}

/** `snapshot.0` and a log of `count` transactions, all durable. */
export async function writeDirectory(count: number, seed = 1): Promise<Written> {
  const disk = memoryDisk();
  const database = newDatabase();
  await disk.writeWhole(snapshotName(0n), snapshotChunks(database.snapshot()));
  const log = new TxnLog(disk, { preallocateBytes: 1000 });
  const maker = new TxnMaker(seededRandom(seed), database.tree, { nodesMax: 60, dataBytesMax: 60 });
  const txns: Transaction[] = [];
  const step = (): void => {
    const made = maker.next();
    database.apply(made);
    const txn = { ...made, digest: made.body.type === -1 ? null : database.tree.digest };
    txns.push(txn);
    log.append(encodeTransaction(txn), txn.header.zxid);
  };
  for (let i = 0; i < count; i++) step();
  await log.sync();
  return { disk, database, txns, log, step };
}

export function fileBytes(disk: MemoryDisk, name: string): Uint8Array {
  const content = disk.files.get(name);
  if (content === undefined) throw new Error(`no ${name}`);
  return content.bytes;
}
