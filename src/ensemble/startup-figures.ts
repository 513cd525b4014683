/** What a recovery from disk came to, among the figures of `mntr` (FileTxnSnapLog.restore, ZKDatabase.loadDataBase). */

import type { Recovered } from './log/recovery.ts';
import type { ServerStats } from './processors/stats.ts';

/**
 * Counts one recovery: `startup_snap_load_time`, `startup_txns_loaded`, `startup_txns_load_time`, `dbinittime`. Where
 * there was nothing to replay, no replay is counted.
 */
export function noteStartup(stats: ServerStats, { snapshotMs, replayMs, txnsReplayed }: Omit<Recovered<unknown>, 'target'>): void {
  stats.add('startup_snap_load_time', snapshotMs);
  stats.add('dbinittime', snapshotMs + replayMs);
  if (txnsReplayed === 0) return;
  stats.add('startup_txns_loaded', txnsReplayed);
  stats.add('startup_txns_load_time', replayMs);
}
