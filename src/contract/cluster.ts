/** The servers of a connect string, each asked for itself. */

import * as v from 'valibot';
import { command } from './define.ts';
import { ConnectionRef, FailureShape, Id64 } from './shapes.ts';

export const ServerStatus = v.object({
  /** host:port as in the connect string. */
  server: v.string(),
  /** up: it answered; silent: it listens but told nothing (srvr not allowed, or not serving); down: no connection. */
  reach: v.picklist(['up', 'silent', 'down', 'unknown']),
  role: v.nullable(v.picklist(['leader', 'follower', 'observer', 'standalone', 'read-only'])),
  version: v.nullable(v.string()),
  zxid: v.nullable(Id64),
  epoch: v.nullable(v.number()),
  counter: v.nullable(v.number()),
  /** Transactions behind the highest zxid seen in the same round; null across epochs, where counters do not compare. */
  lag: v.nullable(v.number()),
  /** As the server reports it, ms. */
  latencyMs: v.nullable(v.object({ min: v.number(), avg: v.number(), max: v.number() })),
  /** From here to its answer, ms. */
  roundTripMs: v.nullable(v.number()),
  connections: v.nullable(v.number()),
  outstanding: v.nullable(v.number()),
  nodeCount: v.nullable(v.number()),
  received: v.nullable(v.number()),
  sent: v.nullable(v.number()),
  /** From mntr where it is allowed; null otherwise. */
  watchCount: v.nullable(v.number()),
  ephemerals: v.nullable(v.number()),
  dataBytes: v.nullable(v.number()),
  syncedFollowers: v.nullable(v.number()),
  /** What was asked for and not allowed, e.g. "mntr". */
  refused: v.array(v.string()),
  /** The server that this connection's session is on. */
  current: v.boolean(),
  atMs: v.number(),
  failure: v.nullable(FailureShape),
});
export type ServerStatus = v.InferOutput<typeof ServerStatus>;

export const ClusterStatus = v.object({
  connectionId: v.string(),
  atMs: v.number(),
  servers: v.array(ServerStatus),
});
export type ClusterStatus = v.InferOutput<typeof ClusterStatus>;

export const clusterCommands = {
  /** Asks every server once, now. */
  'cluster.status': command('read', ConnectionRef, ClusterStatus),
  /** Starts or stops asking at the interval of the settings; the answers come by `cluster.changed`. */
  'cluster.watch': command('read', v.object({ connectionId: v.string(), on: v.boolean() }), v.null()),
};

export const clusterEvents = { 'cluster.changed': ClusterStatus };
