/** Words about the whole server: srvr, stat, conf, envi, dirs (facts 6.1). */

import type { AdminView } from './admin-view.ts';
import { connectionLine, connectionsOn } from './connection-words.ts';
import { ensembleConfiguration, proposalLine, quorumOf, READ_ONLY } from './ensemble-view.ts';
import { hex, javaDouble, lines } from './text.ts';
import { SERVER_VERSION } from './version.ts';

function figures(view: AdminView): string[] {
  const { stats, tree } = view;
  const { latency } = stats;
  return [
    `Latency min/avg/max: ${latency.min}/${javaDouble(latency.average)}/${latency.max}`,
    `Received: ${stats.packetsReceived}`,
    `Sent: ${stats.packetsSent}`,
    `Connections: ${view.connections().length}`,
    `Outstanding: ${view.outstanding}`,
    `Zxid: 0x${hex(tree.lastZxid)}`,
    `Mode: ${view.mode}`,
    `Node count: ${tree.nodeCount}`,
    ...(view.ensemble === null ? [] : proposalLine(view.ensemble)),
  ];
}

function head({ mode }: AdminView): string[] {
  return [`Zookeeper version: ${SERVER_VERSION}`, ...(mode === READ_ONLY ? ['READ-ONLY mode; serving only read-only clients'] : [])];
}

export function srvr(view: AdminView): string {
  return lines([...head(view), ...figures(view)]);
}

export function stat(view: AdminView, onSecurePort: boolean): string {
  const clients = connectionsOn(view, onSecurePort).map((connection) => connectionLine(connection, true));
  return lines([...head(view), 'Clients:', ...clients, '', ...figures(view)]);
}

export async function conf(view: AdminView): Promise<string> {
  const sizes = await view.directorySizes();
  const out: string[] = [];
  for (const [key, value] of view.configuration()) {
    out.push(`${key}=${value}`);
    if (key === 'dataDir') out.push(`dataDirSize=${sizes.dataBytes}`);
    if (key === 'dataLogDir') out.push(`dataLogSize=${sizes.logBytes}`);
  }
  const { ensemble } = view;
  if (ensemble === null) return lines(out);
  for (const [key, value] of ensembleConfiguration(ensemble)) out.push(`${key}=${value}`);
  if (quorumOf(view) === null) return lines(out);
  // No line end behind the configuration's own last line.
  return `${lines([...out, 'membership: '])}${ensemble.membershipText}`;
}

export async function dirs(view: AdminView): Promise<string> {
  const sizes = await view.directorySizes();
  return lines([`datadir_size: ${sizes.dataBytes}`, `logdir_size: ${sizes.logBytes}`]);
}

export function envi(view: AdminView): string {
  return lines([
    'Environment:', `zookeeper.version=${SERVER_VERSION}`, ...view.environment().map(([key, value]) => `${key}=${value}`),
  ]);
}

/** Every 128th transaction's digest. */
export function hash(view: AdminView): string {
  return lines(view.digestHistory.map(({ zxid, digest }) => `${hex(zxid)}: ${digest}`));
}
