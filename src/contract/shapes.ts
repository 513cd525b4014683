/** Values that many commands and events carry, each with its run-time schema. */

import * as v from 'valibot';
import { createPathProblem, pathProblem } from '../model/zpath.ts';

/** A 64-bit id: bigint in memory, on the IPC and in the WebSocket's MessagePack alike. */
export const Id64 = v.bigint();

export const Bytes = v.instance(Uint8Array);

/** Data of a node: null is not the same as empty. */
export const Data = v.nullable(Bytes);

export const ZPath = v.pipe(
  v.string(),
  v.check((path) => pathProblem(path) === null, 'not a valid path'),
);

/** A path to be created: a sequential one may end with a slash, since its number comes behind it. */
export const CreatePath = v.pipe(
  v.string(),
  v.check((path) => pathProblem(path) === null || createPathProblem(path, true) === null, 'not a valid path'),
);

export const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const Version = v.pipe(v.number(), v.integer(), v.minValue(-1));

export const StatShape = v.object({
  czxid: Id64,
  mzxid: Id64,
  ctime: Id64,
  mtime: Id64,
  version: v.number(),
  cversion: v.number(),
  aversion: v.number(),
  ephemeralOwner: Id64,
  dataLength: v.number(),
  numChildren: v.number(),
  pzxid: Id64,
});

export const AclShape = v.object({
  perms: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(31)),
  id: v.object({ scheme: v.string(), id: v.string() }),
});

/** Where and when a value was read. */
export const ReadInfo = v.object({
  server: v.string(),
  zxid: Id64,
  /** Wall clock, ms. */
  atMs: v.number(),
});
export type ReadInfo = v.InferOutput<typeof ReadInfo>;

/** Names one open connection. */
export const ConnectionRef = v.object({ connectionId: v.string() });

/** The layer that failed, from the outside in. */
export const FailureLayer = v.picklist(['name', 'socket', 'tls', 'session', 'auth', 'permission', 'node', 'request', 'app']);
export type FailureLayer = v.InferOutput<typeof FailureLayer>;

/** An error as it crosses to the view: whole. */
export const FailureShape = v.object({
  /** answer, usage, weather, cancelled (model/errors.ts); denied: refused by the dispatcher; bug: ours. */
  kind: v.picklist(['answer', 'usage', 'weather', 'cancelled', 'denied', 'bug']),
  /** NoNode, BadVersion, ConnectionLoss, ReadOnlyConnection, InvalidParams, ... */
  code: v.string(),
  message: v.string(),
  layer: FailureLayer,
  /** What to try: a key of the view's messages (`hint.<word>`), or null. */
  hint: v.nullable(v.string()),
  path: v.nullable(v.string()),
  retrySafe: v.boolean(),
  /** What the message says: a key of the view's messages (`reason.<word>`) and what fills it in. Most have none. */
  reason: v.optional(v.object({ key: v.string(), params: v.record(v.string(), v.union([v.string(), v.number()])) })),
});
export type Failure = v.InferOutput<typeof FailureShape>;
