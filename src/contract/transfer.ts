/** Jobs on many nodes: export, import, copy, move, delete, ACLs, comparison. Every job is seen by every view. */

import * as v from 'valibot';
import { command } from './define.ts';
import { AclShape, Count, Data, FailureShape, Id64, StatShape, ZPath } from './shapes.ts';

const LiveRef = v.object({ kind: v.literal('live'), connectionId: v.string(), path: ZPath });
/** A file of the machine on which the app runs, by its absolute path; `below`: a part of it, relative, empty for all. */
const FileRef = v.object({ kind: v.literal('file'), file: v.string(), below: v.string() });
export const TransferSide = v.variant('kind', [LiveRef, FileRef]);
export type TransferSide = v.InferOutput<typeof TransferSide>;

export const TransferPolicy = v.picklist(['skip', 'unchanged', 'overwrite', 'stop']);
export type TransferPolicy = v.InferOutput<typeof TransferPolicy>;

const Choice = v.object({ path: v.string(), below: v.boolean() });

/** What a job reads, and writes: `connectionId` and `path` name the subtree that is written, where one is. */
const target = { connectionId: v.string(), path: ZPath };
const taking = { ephemerals: v.boolean(), acl: v.boolean() };

export const ExportWork = v.object({
  kind: v.literal('export'), ...target, ...taking,
  file: v.string(), compression: v.picklist(['none', 'gzip', 'zstd']), overwriteFile: v.boolean(),
});
export const CompareWork = v.object({ kind: v.literal('compare'), a: TransferSide, b: TransferSide, ...taking });
/** Import, copy, and "apply these to that side" (`only` names the chosen nodes, relative). */
export const WriteWork = v.object({
  kind: v.literal('write'), from: TransferSide, ...target, ...taking,
  policy: TransferPolicy, removeExtra: v.boolean(), only: v.nullable(v.pipe(v.array(Choice), v.maxLength(100_000))),
});
export const MoveWork = v.object({ kind: v.literal('move'), from: LiveRef, ...target, ...taking, policy: TransferPolicy });
export const DeleteWork = v.object({ kind: v.literal('delete'), ...target, ...taking });
export const SetAclWork = v.object({
  kind: v.literal('setAcl'), ...target, ...taking,
  acl: v.pipe(v.array(AclShape), v.minLength(1)), mode: v.picklist(['replace', 'add', 'remove']),
});
/** An undo is a job, too: started by `history.undo`, listed with the others. */
const UndoWork = v.object({ kind: v.literal('undo'), ...target, operationId: v.string() });

export const TransferWork = v.variant('kind', [ExportWork, CompareWork, WriteWork, MoveWork, DeleteWork, SetAclWork]);
export type TransferWork = v.InferOutput<typeof TransferWork>;
const AnyWork = v.variant('kind', [ExportWork, CompareWork, WriteWork, MoveWork, DeleteWork, SetAclWork, UndoWork]);
export type AnyTransferWork = v.InferOutput<typeof AnyWork>;

export const TransferAction = v.picklist(['create', 'change', 'remove', 'same', 'leave', 'fail']);
export type TransferAction = v.InferOutput<typeof TransferAction>;
export const TransferCounts = v.object({ create: Count, change: Count, remove: Count, same: Count, leave: Count, fail: Count });

export const TransferItem = v.object({
  /** Relative to the job's root; empty for the root itself. */
  path: v.string(),
  /** In a comparison: create only b has it, remove only a has it, change both have it and differ. */
  action: TransferAction,
  differences: v.array(v.picklist(['data', 'acl', 'kind'])),
  /** ephemeral, system, unreadable, vanished, exists, changed, aclMasked, aclNotSet, kindDiffers, hasChildren, tooBig, or a code of the server */
  reason: v.nullable(v.string()),
  message: v.nullable(v.string()),
  kind: v.picklist(['persistent', 'ephemeral', 'container', 'ttl']),
  dataLength: Count,
});
export type TransferItem = v.InferOutput<typeof TransferItem>;

/** running, paused, waiting (not reachable, tried again), done, stopped, cancelled; interrupted: found so when the app started. */
export const TransferState = v.picklist(['running', 'paused', 'waiting', 'done', 'stopped', 'cancelled', 'interrupted']);
export type TransferState = v.InferOutput<typeof TransferState>;

export const TransferJob = v.object({
  jobId: v.string(),
  work: AnyWork,
  dryRun: v.boolean(),
  /** The ensembles by name, for when their connections are gone: of the side that is read, and of the one that is written. */
  fromName: v.nullable(v.string()),
  toName: v.nullable(v.string()),
  state: TransferState,
  phase: v.picklist(['checking', 'running', 'verifying', 'removing', 'finished']),
  startedAtMs: v.number(),
  endedAtMs: v.nullable(v.number()),
  nodes: Count,
  nodesTotal: v.nullable(Count),
  bytes: Count,
  counts: TransferCounts,
  leftOut: v.record(v.string(), Count),
  nodesPerSecond: v.number(),
  nodesPerSecondMax: v.nullable(v.number()),
  remainingMs: v.nullable(v.number()),
  elapsedMs: v.number(),
  requests: Count,
  latencyMs: v.nullable(v.number()),
  sessionsLost: Count,
  at: v.nullable(v.string()),
  /** Nodes that changed while they were read: the export or copy is not of one moment. */
  changed: Count,
  zxidBefore: v.nullable(Id64),
  zxidAfter: v.nullable(Id64),
  failure: v.nullable(FailureShape),
  resumable: v.boolean(),
  /** The operation in History that undoes it, if it overwrote or removed anything. */
  operationId: v.nullable(v.string()),
});
export type TransferJob = v.InferOutput<typeof TransferJob>;

/** A node of one side of a difference. */
export const TransferNode = v.object({
  data: Data,
  /** Null: not known. */
  acl: v.nullable(v.array(AclShape)),
  aclMasked: v.boolean(),
  kind: v.picklist(['persistent', 'ephemeral', 'container', 'ttl']),
  ttlMs: v.nullable(v.bigint()),
  stat: v.nullable(StatShape),
});
export type TransferNode = v.InferOutput<typeof TransferNode>;

/** What an export says of itself. */
export const ExportFileInfo = v.object({
  file: v.string(),
  bytes: Count,
  format: v.picklist(['zooscope', 'zk_shell', 'zkui']),
  source: v.nullable(v.string()),
  root: v.nullable(v.string()),
  atMs: v.nullable(v.number()),
  zxid: v.nullable(Id64),
});
export type ExportFileInfo = v.InferOutput<typeof ExportFileInfo>;

export const transferCommands = {
  /** Starts an export, a comparison, or a dry run of anything: nothing is written to an ensemble. */
  'transfer.read': command(
    'read',
    v.object({ work: TransferWork, dryRun: v.boolean(), nodesPerSecondMax: v.optional(v.nullable(v.number())) }),
    TransferJob,
  ),
  /**
   * Starts a job that writes to the ensemble of `connectionId` (the work's own). A move's source must be writable, too.
   * `previewId`: the dry run that was shown; where the server has changed since, the policy decides node by node.
   */
  'transfer.write': command(
    'write',
    v.object({ connectionId: v.string(), work: TransferWork, previewId: v.nullable(v.string()), nodesPerSecondMax: v.nullable(v.number()) }),
    TransferJob,
  ),
  /** Running ones first, then by their start, newest first. */
  'transfer.list': command('read', v.object({}), v.array(TransferJob)),
  /** A page of a job's report or preview, in the order of the tree; `actions` null for all. */
  'transfer.items': command(
    'read',
    v.object({ jobId: v.string(), actions: v.nullable(v.array(TransferAction)), from: Count, count: v.pipe(Count, v.maxValue(1_000)) }),
    v.object({ items: v.array(TransferItem), total: Count }),
  ),
  /** Both sides of one node of a comparison, or of a preview (a: what is written, b: what stands there), read now. */
  'transfer.difference': command(
    'read',
    v.object({ jobId: v.string(), path: v.string() }),
    v.object({ a: v.nullable(TransferNode), b: v.nullable(TransferNode) }),
  ),
  /** `resume`: a paused one goes on; a stopped, cancelled or interrupted one, too, with the connections named where they are not open. */
  'transfer.control': command(
    'admin',
    v.object({ jobId: v.string(), action: v.picklist(['pause', 'resume', 'cancel', 'forget']) }),
    v.object({}),
  ),
  'transfer.setRate': command('admin', v.object({ jobId: v.string(), nodesPerSecondMax: v.nullable(v.number()) }), v.object({})),
  /** A file that does not exist yet, in the folder for exports, named after the node. */
  'transfer.suggestFile': command('read', v.object({ connectionId: v.string(), path: ZPath }), v.object({ file: v.string() })),
  /** The exports of the folder for exports, newest first; at most 200. */
  'transfer.files': command('read', v.object({}), v.object({ folder: v.string(), files: v.array(v.object({ file: v.string(), bytes: Count, atMs: v.number() })) })),
  /** Reads the beginning of an export. @throws UsageError BadExport, FileFailed */
  'transfer.fileInfo': command('read', v.object({ file: v.string() }), ExportFileInfo),
  /** The system's own dialog. `supported` false where the host has none (a browser): then a path is typed. */
  'transfer.chooseFile': command(
    'admin',
    v.object({ mode: v.picklist(['open', 'save']), suggested: v.nullable(v.string()) }),
    v.object({ supported: v.boolean(), file: v.nullable(v.string()) }),
  ),
};

export const transferEvents = {
  'transfer.job': TransferJob,
  'transfer.forgotten': v.object({ jobId: v.string() }),
};
