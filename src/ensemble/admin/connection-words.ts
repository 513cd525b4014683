/** Words about connections and sessions: cons, crst, dump (facts 6.1; ServerCnxn.dumpConnectionInfo, ExpiryQueue.dump). */

import type { ExpiryBucket } from '../processors/sessions.ts';
import type { AdminView, ConnectionView } from './admin-view.ts';
import { hex, lines } from './text.ts';

/** SelectionKey.OP_READ */
const READING = 1;

/** @param brief leaves out the session's part, as `stat` does */
export function connectionLine(connection: ConnectionView, brief: boolean): string {
  const { stats, sessionId } = connection;
  const ops = connection.reading ? READING : 0;
  const head = ` /${connection.remoteAddress}:${connection.remotePort}[${ops}]`;
  let inner = `queued=${connection.outstanding},recved=${stats.received},sent=${stats.sent}`;
  if (!brief && sessionId !== 0n) {
    inner += `,sid=0x${hex(sessionId)},lop=${stats.lastOperation},est=${connection.establishedMs},to=${connection.timeoutMs}`;
    if (stats.lastCxid >= 0) inner += `,lcxid=0x${stats.lastCxid.toString(16)}`;
    inner += `,lzxid=0x${hex(stats.lastZxid)},lresp=${stats.lastResponseMs},llat=${stats.lastLatencyMs}`;
    inner += `,minlat=${stats.latency.min},avglat=${Math.floor(stats.latency.average)},maxlat=${stats.latency.max}`;
  }
  return `${head}(${inner})`;
}

/** The connections of one port (ServerCnxnFactory.getConnections). */
export function connectionsOn(view: AdminView, onSecurePort: boolean): readonly ConnectionView[] {
  return view.connections().filter((connection) => connection.onSecurePort === onSecurePort);
}

export function cons(view: AdminView, onSecurePort: boolean): string {
  return lines([...connectionsOn(view, onSecurePort).map((connection) => connectionLine(connection, false)), '']);
}

export function crst(view: AdminView, onSecurePort: boolean): string {
  for (const connection of connectionsOn(view, onSecurePort)) connection.stats.reset();
  return 'Connection stats reset.\n';
}

/** A leader's sizes of proposals as well, which AdminServer's `stat_reset` leaves (StatResetCommand, Commands.StatResetCommand). */
export function srst(view: AdminView): string {
  view.stats.reset();
  view.ensemble?.leading?.resetProposalSizes();
  return 'Server stats reset.\n';
}

export function dump(view: AdminView): string {
  const local = view.localSessionBuckets();
  const known = view.knownSessions();
  const out = ['SessionTracker dump:'];
  if (local !== null) out.push(...bucketLines(view, 'Local ', local));
  const mark = local === null ? '' : 'Global ';
  out.push(...(known === null ? bucketLines(view, mark, view.sessionBuckets()) : knownLines(known)));
  out.push('ephemeral nodes dump:');
  const owners = view.tree.sessionsWithEphemerals();
  out.push(`Sessions with Ephemerals (${owners.length}):`);
  for (const id of owners) out.push(`0x${hex(id)}:`, ...view.tree.ephemeralsOf(id).map((path) => `\t${path}`));
  const connections = view.connectionBuckets();
  out.push('Connections dump:', `Connections ${sets(connections.map((bucket) => bucket.connections))}`);
  for (const { deadlineMs, connections: all } of connections) {
    out.push(`${all.length} expire at ${view.formatDate(deadlineMs)}:`);
    for (const { remoteAddress, remotePort, sessionId } of all) {
      out.push(`\tip: /${remoteAddress}:${remotePort} sessionId: 0x${hex(sessionId)}`);
    }
  }
  return lines(out);
}

function bucketLines(view: AdminView, mark: string, buckets: readonly ExpiryBucket[]): string[] {
  const lists = buckets.flatMap(({ deadlineMs, sessions }) => [
    `${sessions.length} expire at ${view.formatDate(deadlineMs)}:`, ...sessions.map((id) => `\t0x${hex(id)}`),
  ]);
  return [`${mark}Session ${sets(buckets.map(({ sessions }) => sessions))}`, ...lists];
}

/** On a server that has a leader (LearnerSessionTracker.dumpSessions). */
function knownLines(known: ReadonlyMap<bigint, number>): string[] {
  const inOrder = [...known].sort(([a], [b]) => (a < b ? -1 : 1));
  return [`Global Sessions(${known.size}):`, ...inOrder.map(([id, timeoutMs]) => `0x${hex(id)}\t${timeoutMs}ms`)];
}

function sets(buckets: readonly (readonly unknown[])[]): string {
  return `Sets (${buckets.length})/(${buckets.reduce((sum, bucket) => sum + bucket.length, 0)}):`;
}
