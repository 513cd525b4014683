/**
 * Keeps one EntryLog for each connection that somebody looks at, fed by an event and completed from a history call.
 * Must hold: one history call at a time for a connection; batches that come while it runs wait for it.
 */

import { shallowRef, type ShallowRef } from 'vue';
import { append, EMPTY_LOG, gapBefore, type EntryLog, type Numbered } from './entry-log.ts';

export interface TrackedEntry extends Numbered {
  readonly connectionId: string;
}

export interface EntryTracker<T extends TrackedEntry> {
  readonly logs: ShallowRef<ReadonlyMap<string, EntryLog<T>>>;
  /** Begins to keep a connection's entries. Resolves when its history is there. @throws what the history call throws */
  readonly track: (connectionId: string) => Promise<void>;
  /** Takes a batch, of one or several connections. */
  readonly take: (batch: readonly T[]) => void;
  /** Asks for what came meanwhile, for all that are tracked: after the view lost its host for a while. */
  readonly catchUp: () => void;
  readonly drop: (connectionId: string) => void;
}

export function createEntryTracker<T extends TrackedEntry>(
  entriesMax: number,
  history: (connectionId: string, afterSeq: number) => Promise<readonly T[]>,
): EntryTracker<T> {
  const logs = shallowRef<ReadonlyMap<string, EntryLog<T>>>(new Map());
  /** Batches held back while a history call runs. */
  const waiting = new Map<string, T[]>();

  function put(connectionId: string, log: EntryLog<T>): void {
    if (logs.value.get(connectionId) !== log) logs.value = new Map(logs.value).set(connectionId, log);
  }

  async function fetchHistory(connectionId: string): Promise<void> {
    if (waiting.has(connectionId)) return;
    const held: T[] = [];
    waiting.set(connectionId, held);
    let fetched: readonly T[] = [];
    try {
      fetched = await history(connectionId, logs.value.get(connectionId)?.lastSeq ?? 0);
    } finally {
      waiting.delete(connectionId);
      const log = logs.value.get(connectionId);
      if (log !== undefined) put(connectionId, append(log, [...fetched, ...held], entriesMax, log.lastSeq > 0));
    }
  }

  function takeFor(connectionId: string, entries: readonly T[]): void {
    const log = logs.value.get(connectionId);
    if (log === undefined) return;
    const held = waiting.get(connectionId);
    if (held !== undefined) {
      // Never more than the log can show.
      held.push(...entries);
      held.splice(0, Math.max(0, held.length - entriesMax));
    } else if (gapBefore(log, entries) === null) {
      put(connectionId, append(log, entries, entriesMax));
    } else {
      // When the history cannot be had, the hole stays in sight as a Missing row.
      const filled = fetchHistory(connectionId);
      waiting.get(connectionId)?.push(...entries);
      void filled.catch(() => undefined);
    }
  }

  return {
    logs,
    async track(connectionId) {
      if (logs.value.has(connectionId)) return;
      put(connectionId, EMPTY_LOG);
      await fetchHistory(connectionId);
    },
    take(batch) {
      for (const connectionId of new Set(batch.map((entry) => entry.connectionId))) {
        takeFor(connectionId, batch.filter((entry) => entry.connectionId === connectionId));
      }
    },
    catchUp() {
      for (const connectionId of logs.value.keys()) void fetchHistory(connectionId).catch(() => undefined);
    },
    drop(connectionId) {
      if (!logs.value.has(connectionId)) return;
      const next = new Map(logs.value);
      next.delete(connectionId);
      logs.value = next;
    },
  };
}
