/** The tree and its nodes: listing, reading, writing, ACLs. */

import * as v from 'valibot';
import { command } from './define.ts';
import { AclShape, Bytes, Count, CreatePath, Data, FailureShape, ReadInfo, StatShape, Version, ZPath } from './shapes.ts';

const at = { connectionId: v.string(), path: ZPath };

/** Names are the jute vector as the server sent it (count, then length and UTF-8 of each): one copy, no parsing here. */
export const Children = v.variant('kind', [
  v.object({ kind: v.literal('listed'), count: Count, names: Bytes, stat: StatShape, read: ReadInfo }),
  /** More children than the caller would take unasked; nothing was listed. */
  v.object({ kind: v.literal('wide'), count: Count, stat: StatShape, read: ReadInfo }),
]);
export type Children = v.InferOutput<typeof Children>;

/** A row's stat, or why there is none (NoNode, NoAuth, ...). */
export const RowStat = v.object({
  stat: v.nullable(StatShape),
  /** A locked node: its data or children cannot be read by this session. Null when that is not known. */
  locked: v.nullable(v.boolean()),
  error: v.nullable(v.string()),
});
export type RowStat = v.InferOutput<typeof RowStat>;

export const NodeValue = v.object({ path: ZPath, data: Data, stat: StatShape, read: ReadInfo });
export type NodeValue = v.InferOutput<typeof NodeValue>;

export const WriteOutcome = v.variant('kind', [
  v.object({ kind: v.literal('written'), stat: StatShape, read: ReadInfo }),
  /** The version did not match: what stands there now. Nothing was written. */
  v.object({ kind: v.literal('conflict'), current: NodeValue }),
  /** The node is gone. Nothing was written. */
  v.object({ kind: v.literal('gone') }),
]);
export type WriteOutcome = v.InferOutput<typeof WriteOutcome>;

export const NODE_KINDS = [
  'persistent', 'ephemeral', 'persistentSequential', 'ephemeralSequential', 'container', 'ttl', 'ttlSequential',
] as const;

/** What a deletion would take, counted without reading data. */
export const DeletePreview = v.object({
  path: ZPath,
  nodes: Count,
  bytes: Count,
  ephemerals: Count,
  /** Nodes whose children could not be listed. */
  unreadable: v.array(v.string()),
  /** True when there are more nodes than `limit`: then nothing is offered for deletion. */
  truncated: v.boolean(),
  /** The first paths, parents before children. */
  sample: v.array(v.object({ path: v.string(), ephemeral: v.boolean(), dataLength: Count, version: v.number() })),
  /** Names this preview; deletion goes by it, so that it takes what was shown and nothing else. */
  token: v.string(),
});
export type DeletePreview = v.InferOutput<typeof DeletePreview>;

export const DeleteOutcome = v.object({
  deleted: Count,
  /** Left alone, with the reason: changed or gained children since the preview, or refused. */
  left: v.array(v.object({ path: v.string(), failure: FailureShape })),
  cancelled: v.boolean(),
  /** How many were left alone or failed, where `left` names only the first of them. */
  leftCount: v.optional(Count),
  /** How many were never tried, because it was cancelled or stopped. */
  untouched: v.optional(Count),
  /** What stopped it before its end: a lost connection, an ended session. */
  stopped: v.optional(v.nullable(FailureShape)),
});
export type DeleteOutcome = v.InferOutput<typeof DeleteOutcome>;

export const RIGHTS = ['create', 'delete', 'read', 'write', 'admin'] as const;
/** What this session may do, as far as its identities are known; null: cannot be told. */
export const Rights = v.object({
  read: v.nullable(v.boolean()),
  write: v.nullable(v.boolean()),
  create: v.nullable(v.boolean()),
  delete: v.nullable(v.boolean()),
  admin: v.nullable(v.boolean()),
});

export const AclValue = v.object({
  path: ZPath,
  acl: v.array(AclShape),
  stat: StatShape,
  rights: Rights,
  /** This session's identities, `scheme:id`; null when the server cannot tell (before 3.7). */
  identities: v.nullable(v.array(v.string())),
  /** Digest ids came back masked (no ADMIN): saving would destroy them, so it is refused. */
  masked: v.boolean(),
  read: ReadInfo,
});
export type AclValue = v.InferOutput<typeof AclValue>;

export const AclOutcome = v.variant('kind', [
  v.object({ kind: v.literal('written'), value: AclValue }),
  v.object({ kind: v.literal('conflict'), current: AclValue }),
  v.object({ kind: v.literal('gone') }),
]);

export const nodeCommands = {
  /** One getChildren2, or one exists when the node is wider than `wideAbove`. `watch` leaves a child watch with it. */
  'tree.children': command(
    'read',
    v.object({ ...at, wideAbove: v.nullable(Count), watch: v.boolean() }),
    Children,
  ),
  /** Stats of the rows on screen, pipelined, in the order asked; cancellable. At most 500 at once. */
  'tree.stats': command(
    'read',
    v.object({ connectionId: v.string(), paths: v.pipe(v.array(ZPath), v.maxLength(500)) }),
    v.array(RowStat),
  ),
  /** Data and Stat. `watch` leaves a data watch with it. */
  'node.read': command('read', v.object({ ...at, watch: v.boolean() }), NodeValue),
  'node.stat': command('read', v.object(at), v.nullable(v.object({ stat: StatShape, read: ReadInfo }))),
  /** `version`: the one that was shown. -1 (any) is refused: an overwrite sends the version of the conflict. */
  'node.write': command('write', v.object({ ...at, data: Data, version: v.pipe(Version, v.minValue(0)) }), WriteOutcome),
  'node.create': command(
    'write',
    v.object({
      connectionId: v.string(),
      path: CreatePath,
      kind: v.picklist(NODE_KINDS),
      data: Data,
      acl: v.nullable(v.array(AclShape)),
      ttlMs: v.nullable(v.bigint()),
      /** Make missing parents first, as plain persistent nodes. */
      parents: v.boolean(),
    }),
    v.object({ path: v.string(), stat: StatShape, read: ReadInfo, createdParents: v.array(v.string()) }),
  ),
  /** Walks the subtree with a bounded number of requests in flight; progress by `node.progress`. Cancellable. */
  'node.deletePreview': command('read', v.object({ ...at, limit: Count, jobId: v.string() }), DeletePreview),
  /** Deletes what the preview showed, children first, each with the version that was seen. Cancellable. */
  'node.delete': command('write', v.object({ ...at, token: v.string(), jobId: v.string() }), DeleteOutcome),
  'acl.read': command('read', v.object(at), AclValue),
  'acl.write': command(
    'write',
    v.object({ ...at, acl: v.pipe(v.array(AclShape), v.minLength(1)), aversion: Version }),
    AclOutcome,
  ),
  /** `user:base64(sha1(user:password))` for a digest entry. */
  'acl.digest': command('read', v.object({ user: v.string(), password: v.string() }), v.object({ id: v.string() })),
};

export const nodeEvents = {
  'node.progress': v.object({ jobId: v.string(), done: Count, total: v.nullable(Count) }),
};
