/** Transactions of the logs on disk, for a learner that lacks more than the leader has in memory (FileTxnSnapLog.readTxnLog). */

import type { Transaction } from '../txn/transaction.ts';
import { logsCovering, logsOf } from './file-names.ts';
import { readLogFile } from './log-reader.ts';
import type { Storage } from './storage.ts';

/**
 * The log from the newest transaction at or before `from` on, oldest first; empty when it does not reach back so far,
 * or when it would be more than `bytesMax` bytes: then a snapshot is cheaper.
 */
export async function readTransactions(logs: Storage, from: bigint, bytesMax: number): Promise<readonly Transaction[]> {
  let found: Transaction[] = [];
  let bytes = 0;
  let reaches = false;
  for (const { name } of logsCovering(logsOf(await logs.list()), from)) {
    await readLogFile(logs, name, ({ txn, bytes: { length } }) => {
      if (txn.header.zxid <= from) {
        reaches = true;
        found = [txn];
        return;
      }
      bytes += length;
      if (reaches && bytes <= bytesMax) found.push(txn);
    });
    if (!reaches || bytes > bytesMax) return [];
  }
  return found;
}
