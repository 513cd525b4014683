/** What a client, or the server itself, asks for: the input of every stage after admission. */

import type { Id } from '../../model/acl.ts';
import type { ErrorCode } from '../../model/error-code.ts';
import type { ConnectionKey } from '../watches/watch-tables.ts';

export interface Request {
  /** Where the answer goes; null for what the server asks of itself (expiry, container cleanup). */
  readonly connection: ConnectionKey | null;
  /** 0 for the server itself. */
  readonly sessionId: bigint;
  readonly cxid: number;
  readonly type: number;
  /** The request's record as it came, not decoded: a bad one is answered by the stage that needs it. */
  readonly body: Uint8Array;
  /** Who the connection had proved to be when the request came. */
  readonly identities: readonly Id[];
  /** On the monotonic clock, ms. */
  readonly receivedMs: number;
  /** Which server of the ensemble the client is connected to: the leader's number of its link; 0 or none for this one. */
  readonly owner?: number;
  /** Set when it is turned away, and only waits for its turn to be told so. */
  readonly refusal?: ErrorCode;
  /** It opens or closes a session of which only this server knows: no transaction comes of it. */
  readonly local?: boolean;
  /** What the creation of an ephemeral node comes to: its session is a local one, and must stay one. */
  readonly ephemeralRefusal?: ErrorCode;
}

/** Codes of ZooDefs.OpCode that stages ask for by name. */
export const Op = {
  createSession: -10,
  closeSession: -11,
  error: -1,
  notification: 0,
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTtl: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
} as const;

const WRITES: ReadonlySet<number> = new Set([
  Op.createSession, Op.closeSession, Op.create, Op.delete, Op.setData, Op.setAcl, Op.multi, Op.create2, Op.reconfig,
  Op.createContainer, Op.deleteContainer, Op.createTtl,
]);

/** True for what makes a transaction. */
export function isWrite(type: number): boolean {
  return WRITES.has(type);
}

/** Whether a transaction will come of it (CommitProcessor.needCommit): not of what is turned away before, nor of local sessions. */
export function needsCommit({ type, refusal, local }: Request): boolean {
  return WRITES.has(type) && refusal === undefined && local !== true;
}
