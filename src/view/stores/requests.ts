/** Every request of each connection, as the app tells it. */

import { defineStore } from 'pinia';
import { REQUEST_ENTRIES_MAX, type RequestEntry } from '../../contract/watches.ts';
import { backend } from './backend.ts';
import { useConnectionsStore } from './connections.ts';
import { EMPTY_LOG, isMissing, type EntryLog, type Missing } from './entry-log.ts';
import { createEntryTracker } from './entry-tracker.ts';

export type { RequestEntry };
export type RequestRow = RequestEntry | Missing;

export interface RequestTotals {
  readonly requests: number;
  readonly failed: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** Of those that were answered; null when there is none. */
  readonly averageMs: number | null;
  readonly slowestMs: number | null;
}

/** Sums over the rows shown. */
export function totalsOf(rows: readonly RequestRow[]): RequestTotals {
  let requests = 0;
  let failed = 0;
  let bytesOut = 0;
  let bytesIn = 0;
  let timed = 0;
  let sumMs = 0;
  let slowestMs: number | null = null;
  for (const row of rows) {
    if (isMissing(row)) continue;
    requests++;
    if (row.result !== 'Ok') failed++;
    bytesOut += row.bytesOut;
    bytesIn += row.bytesIn;
    if (row.latencyMs === null) continue;
    timed++;
    sumMs += row.latencyMs;
    slowestMs = Math.max(slowestMs ?? 0, row.latencyMs);
  }
  return { requests, failed, bytesOut, bytesIn, averageMs: timed === 0 ? null : sumMs / timed, slowestMs };
}

export const useRequestsStore = defineStore('requests', () => {
  const tracker = createEntryTracker<RequestEntry>(REQUEST_ENTRIES_MAX, (connectionId, afterSeq) =>
    backend().call('requests.history', { connectionId, afterSeq }),
  );
  backend().on('requests.entries', tracker.take);
  backend().onLinkState((link) => link.kind === 'open' && tracker.catchUp());
  useConnectionsStore().onClosed(tracker.drop);

  /** Begins to keep a connection's requests. @throws ApiError */
  const track = (connectionId: string): Promise<void> => tracker.track(connectionId);

  const log = (connectionId: string): EntryLog<RequestEntry> => tracker.logs.value.get(connectionId) ?? EMPTY_LOG;

  return { logs: tracker.logs, track, log };
});
