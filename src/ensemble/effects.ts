/**
 * What a role wants done. The order of the fields is the law: what must be durable, then what may be sent to other
 * servers, then what is applied, then what is answered.
 */

import type { Request } from './processors/request.ts';
import type { Transaction } from './txn/transaction.ts';

/** One transaction whose time has come. */
export interface Commit {
  readonly txn: Transaction;
  /** Who waits for it here; null when another server's client asked. */
  readonly request: Request | null;
  /** Reads of the same session that waited for this write: answered right after it, before the next commit. */
  readonly released: readonly Request[];
}

/** @typeParam Message what goes to other servers of the ensemble; nothing for a server alone */
export interface Effects<Message = never> {
  readonly persist: readonly Transaction[];
  readonly send: readonly Message[];
  readonly apply: readonly Commit[];
  /** Reads that wait for nothing. */
  readonly answer: readonly Request[];
}

/** What happens to a role. */
export type RoleInput =
  | { readonly kind: 'request'; readonly request: Request; readonly wallMs: number; readonly monotonicMs: number }
  /** Everything up to here is on the disk. */
  | { readonly kind: 'durable'; readonly zxid: bigint }
  /** The tree has taken this transaction in. */
  | { readonly kind: 'applied'; readonly zxid: bigint };

/** How a server takes part: alone, or in a quorum. Pure: what it wants is in the effects. */
export interface Role<Message = never> {
  step(input: RoleInput): Effects<Message>;
  /** Requests taken in whose answer is still due. */
  readonly pending: number;
  /** As `srvr` names it. */
  readonly mode: string;
}

const NONE: readonly never[] = [];

export const NO_EFFECTS: Effects = { persist: NONE, send: NONE, apply: NONE, answer: NONE };
