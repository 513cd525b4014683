/** The journal of what this app overwrote and deleted, kept on disk before it did, and its undo. */

import * as v from 'valibot';
import { command } from './define.ts';
import { Count, ZPath } from './shapes.ts';
import { TransferJob, TransferNode } from './transfer.ts';

/** One act of a person: a save, an ACL change, a deletion, a job. */
export const HistoryOperation = v.object({
  operationId: v.string(),
  atMs: v.number(),
  /** For people: the connection's name. */
  ensemble: v.string(),
  profileId: v.string(),
  kind: v.picklist(['setData', 'setAcl', 'delete', 'transfer', 'undo']),
  /** The node, or the topmost of many. */
  path: ZPath,
  nodes: Count,
  bytes: Count,
  /** kept: written down, whether it took place is not known (a crash); done; undone; partly: an undo left something. */
  state: v.picklist(['kept', 'done', 'undone', 'partly']),
});
export type HistoryOperation = v.InferOutput<typeof HistoryOperation>;

export const HistoryEntry = v.object({
  /** Its place in the operation, from 0. */
  index: Count,
  path: ZPath,
  action: v.picklist(['setData', 'setAcl', 'delete']),
  dataLength: Count,
  kind: v.picklist(['persistent', 'ephemeral', 'container', 'ttl']),
  undone: v.boolean(),
});
export type HistoryEntry = v.InferOutput<typeof HistoryEntry>;

export const historyCommands = {
  /** Newest first. `profileId` null: of all ensembles; `path`: operations that touched it, or with `below` anything at or below it. */
  'history.list': command(
    'read',
    v.object({
      profileId: v.nullable(v.string()), path: v.nullable(ZPath), below: v.boolean(),
      from: Count, count: v.pipe(Count, v.maxValue(500)),
    }),
    v.object({ operations: v.array(HistoryOperation), total: Count, bytesOnDisk: Count }),
  ),
  'history.entries': command(
    'read',
    v.object({ operationId: v.string(), from: Count, count: v.pipe(Count, v.maxValue(500)) }),
    v.object({ entries: v.array(HistoryEntry), total: Count }),
  ),
  /** The node as it was. */
  'history.value': command('read', v.object({ operationId: v.string(), index: Count }), TransferNode),
  /**
   * Puts back what an operation took, as a job. A node that somebody has changed since is left and reported under
   * `leave`, and overwritten (with the version that is seen) under `overwrite`. `indexes` null: all of it.
   */
  'history.undo': command(
    'write',
    v.object({
      connectionId: v.string(), operationId: v.string(),
      indexes: v.nullable(v.array(Count)), conflicts: v.picklist(['leave', 'overwrite']),
    }),
    TransferJob,
  ),
  /** Forgets operations for good; null: all. */
  'history.forget': command('admin', v.object({ operationIds: v.nullable(v.array(v.string())) }), v.object({})),
};

export const historyEvents = {
  /** Added or changed. */
  'history.operation': HistoryOperation,
  'history.forgotten': v.object({ operationIds: v.nullable(v.array(v.string())) }),
};
