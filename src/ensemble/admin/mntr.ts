/**
 * The figures for monitoring (facts 6.3): of `mntr` as `zk_<key>` and a value, of AdminServer's `monitor`, and of
 * Prometheus. Only what is true of this server.
 */

import type { Summary } from '../processors/stats.ts';
import type { AdminView } from './admin-view.ts';
import { ensembleFigures, quorumOf } from './ensemble-view.ts';
import { javaDouble } from './text.ts';
import { SERVER_VERSION } from './version.ts';

type Figure = readonly [string, string | number];

/** A distribution under its name. */
export interface NamedSummary {
  readonly name: string;
  readonly values: Summary;
}

/** Figures by key, without the `zk_` in front. */
export function figures(view: AdminView): Figure[] {
  return [...state(view), ...gauges(view), ...counters(view), ...summaries(view).flatMap(summaryFigures)];
}

export function mntr(view: AdminView): string {
  return figures(view).map(([key, value]) => `zk_${key}\t${value}\n`).join('');
}

function state(view: AdminView): Figure[] {
  const ensemble = quorumOf(view);
  return [['version', SERVER_VERSION], ['server_state', view.mode], ...(ensemble === null ? [] : ensembleFigures(ensemble, view.mode))];
}

/** What goes up and down. */
export function gauges(view: AdminView): Figure[] {
  const { stats, tree } = view;
  const files = view.openFiles();
  return [
    ['avg_latency', javaDouble(stats.latency.average)],
    ['max_latency', stats.latency.max],
    ['min_latency', stats.latency.min],
    ['packets_received', stats.packetsReceived],
    ['packets_sent', stats.packetsSent],
    ['num_alive_connections', view.connections().length],
    ['outstanding_requests', view.outstanding],
    ['uptime', Math.floor(view.uptimeMs)],
    ['znode_count', tree.nodeCount],
    ['watch_count', view.watches.watchCount],
    ['ephemerals_count', tree.ephemeralCount],
    ['approximate_data_size', tree.dataBytes],
    ['global_sessions', view.sessionCount],
    ['local_sessions', view.localSessionCount],
    ...(files === null
      ? []
      : ([['open_file_descriptor_count', files.open], ['max_file_descriptor_count', files.max]] as const)),
    ['last_client_response_size', stats.replySizes.last],
    ['max_client_response_size', stats.replySizes.max],
    ['min_client_response_size', stats.replySizes.min],
    ['connection_drop_probability', javaDouble(view.dropChance)],
    ['outstanding_tls_handshake', view.handshakes],
  ];
}

/** What only rises. */
export function counters(view: AdminView): Figure[] {
  return [...view.stats.counters()].map(([name, count]): Figure => {
    return [name, name === 'digest_mismatches_count' ? view.digestMismatches : count];
  });
}

export function summaries({ stats }: AdminView): NamedSummary[] {
  return [
    { name: 'fsynctime', values: stats.fsync },
    { name: 'snapshottime', values: stats.snapshots },
    { name: 'restore_time', values: stats.restores },
    { name: 'readlatency', values: stats.reads },
    { name: 'updatelatency', values: stats.updates },
    ...[...stats.summaries()].map(([name, values]) => ({ name, values })),
  ];
}

/** The total of a distribution. */
export function sumOf({ average, count }: Summary): number {
  return Math.round(average * count);
}

function summaryFigures({ name, values }: NamedSummary): Figure[] {
  return [
    [`avg_${name}`, javaDouble(values.average)],
    [`min_${name}`, values.min],
    [`max_${name}`, values.max],
    [`cnt_${name}`, values.count],
    [`sum_${name}`, sumOf(values)],
  ];
}
