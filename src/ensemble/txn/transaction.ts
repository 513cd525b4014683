/**
 * The currency that every stage shares: a request made definite, so that applying it needs no decision
 * (facts 4.6; TxnHeader and the *Txn records of zookeeper.jute).
 */

import type { Acl } from '../../model/acl.ts';

export interface TxnHeader {
  /** The session that asked; 0 for the server itself. */
  readonly sessionId: bigint;
  readonly cxid: number;
  readonly zxid: bigint;
  /** Milliseconds since 1970. */
  readonly timeMs: bigint;
  readonly type: number;
}

/** What each type does. `type` is the number in the log; version and cversion are the values to store. */
export type TxnBody =
  | { readonly type: 1 | 15; readonly path: string; readonly data: Uint8Array | null; readonly acl: readonly Acl[]; readonly ephemeral: boolean; readonly parentCVersion: number }
  | { readonly type: 19; readonly path: string; readonly data: Uint8Array | null; readonly acl: readonly Acl[]; readonly parentCVersion: number }
  | { readonly type: 21; readonly path: string; readonly data: Uint8Array | null; readonly acl: readonly Acl[]; readonly parentCVersion: number; readonly ttlMs: bigint }
  | { readonly type: 2 | 20; readonly path: string }
  | { readonly type: 5 | 16; readonly path: string; readonly data: Uint8Array | null; readonly version: number }
  | { readonly type: 7; readonly path: string; readonly acl: readonly Acl[]; readonly version: number }
  | { readonly type: 13; readonly path: string; readonly version: number }
  | { readonly type: -1; readonly err: number }
  | { readonly type: -10; readonly timeoutMs: number }
  /** paths: null where the log is older than 3.6 and the tree knows them. */
  | { readonly type: -11; readonly paths: readonly string[] | null }
  | { readonly type: 14; readonly parts: readonly TxnBody[] };

export interface Transaction {
  readonly header: TxnHeader;
  readonly body: TxnBody;
  /** The tree's digest after it, as its maker computed it (TxnDigest, version 2); null where there is none. */
  readonly digest: bigint | null;
}
