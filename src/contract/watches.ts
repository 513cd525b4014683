/** Watches that a person set, and the live feed of everything that happened on a connection. */

import * as v from 'valibot';
import { command } from './define.ts';
import { ConnectionRef, Count, Data, Id64, ZPath } from './shapes.ts';

export const WATCH_KINDS = ['data', 'children', 'exists', 'persistent', 'recursive'] as const;

export const WatchInfo = v.object({
  watchId: v.string(),
  connectionId: v.string(),
  path: ZPath,
  kind: v.picklist(WATCH_KINDS),
  /** One-shot watches end with their event. */
  oneShot: v.boolean(),
  setAtMs: v.number(),
  events: Count,
  /** Set when it is over and only listed still: its session expired. One-shot watches leave the list with their event. */
  ended: v.optional(v.nullable(v.picklist(['expired']))),
});
export type WatchInfo = v.InferOutput<typeof WatchInfo>;

/**
 * One line of the feed. `seq` counts up without gaps for a connection; `gap` says that events may have been
 * missed (the connection was lost: what one-shot and persistent watches saw meanwhile is not known).
 */
export const FeedEntry = v.object({
  connectionId: v.string(),
  seq: Count,
  atMs: v.number(),
  kind: v.picklist(['watch', 'session', 'gap', 'write']),
  /** NodeCreated, NodeDeleted, NodeDataChanged, NodeChildrenChanged; connected, connecting, expired, ...; setData, create, ... */
  type: v.string(),
  path: v.nullable(v.string()),
  zxid: v.nullable(Id64),
  server: v.nullable(v.string()),
  detail: v.nullable(v.string()),
  /** The watch that fired; null for what the app watches by itself (open rows and tabs). */
  watchId: v.nullable(v.string()),
  /** For a data change of a watched node, where both were read; at most 4 kB each. */
  before: v.optional(Data),
  after: v.optional(Data),
});
export type FeedEntry = v.InferOutput<typeof FeedEntry>;

/** The newest entries that are kept for each connection. */
export const FEED_ENTRIES_MAX = 5_000;

export const RequestEntry = v.object({
  connectionId: v.string(),
  seq: Count,
  atMs: v.number(),
  operation: v.string(),
  path: v.nullable(v.string()),
  bytesOut: Count,
  bytesIn: Count,
  latencyMs: v.nullable(v.number()),
  /** Ok, or the error's name. */
  result: v.string(),
  zxid: v.nullable(Id64),
  server: v.nullable(v.string()),
});
export type RequestEntry = v.InferOutput<typeof RequestEntry>;

export const REQUEST_ENTRIES_MAX = 5_000;

export const watchCommands = {
  'watches.add': command('read', v.object({ connectionId: v.string(), path: ZPath, kind: v.picklist(WATCH_KINDS) }), WatchInfo),
  'watches.remove': command('read', v.object({ connectionId: v.string(), watchId: v.string() }), v.null()),
  'watches.list': command('read', ConnectionRef, v.array(WatchInfo)),
  'feed.history': command('read', v.object({ connectionId: v.string(), afterSeq: v.number() }), v.array(FeedEntry)),
  'requests.history': command('read', v.object({ connectionId: v.string(), afterSeq: v.number() }), v.array(RequestEntry)),
};

/** Entries come in batches, at most a few a second, so that a storm of events cannot drown the view. */
export const watchEvents = {
  'feed.entries': v.array(FeedEntry),
  'requests.entries': v.array(RequestEntry),
  'watches.changed': v.object({ connectionId: v.string(), watches: v.array(WatchInfo) }),
  /** Something on screen changed: re-read it. Sent for the watches that reading with `watch` left. */
  'tree.stale': v.object({ connectionId: v.string(), path: ZPath, what: v.picklist(['data', 'children', 'deleted', 'created']) }),
};
