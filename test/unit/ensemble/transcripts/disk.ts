/** What the servers of a transcript keep, and what their clients ask. */

import type { ForwardedRequest } from '../../../../src/ensemble/replication/messages.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import { counterOf } from '../../../../src/model/zxid.ts';

/** ZooDefs.OpCode.reconfig, as a transaction */
const RECONFIG = 16;

/** What a server keeps when its process ends. */
export interface Disk {
  log: Transaction[];
  /** Before the log begins, the state came in a snapshot. */
  base: bigint;
  accepted: number;
  current: number;
}

export interface Given {
  /** Transactions in the log, such as 0x100000001n. */
  readonly log?: readonly bigint[];
  readonly base?: bigint;
  readonly accepted?: number;
  readonly current?: number;
}

/** One that changes nothing, or the configuration. */
export function transaction(zxid: bigint, config: string | null = null): Transaction {
  const type = config === null ? -1 : RECONFIG;
  const header = { sessionId: 7n, cxid: 1, zxid, timeMs: 0n, type };
  if (config === null) return { header, body: { type: -1, err: -101 }, digest: null };
  return { header, body: { type: RECONFIG, path: '/zookeeper/config', data: new TextEncoder().encode(config), version: 1 }, digest: null };
}

/** Of the one client there is. */
export const request = (type: number): ForwardedRequest => ({ sessionId: 7n, cxid: 1, type, body: new Uint8Array(0), identities: [] });

/** The last transaction in the log; what the tree came with when there is none. */
export const lastOf = ({ log, base }: Disk): bigint => log.at(-1)?.header.zxid ?? base;

/** From the newest transaction at or before `from`; empty when the log does not reach back so far. */
export function readFrom({ log, base }: Disk, from: bigint): Transaction[] {
  const at = log.findLastIndex(({ header }) => header.zxid <= from);
  if (at >= 0) return log.slice(at);
  return from === 0n && base === 0n && counterOf(log[0]?.header.zxid ?? 0n) === 1 ? [...log] : [];
}
