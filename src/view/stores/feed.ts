/** The live feed of each connection: watch events, session events, own writes, gaps. */

import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { FEED_ENTRIES_MAX, type FeedEntry } from '../../contract/watches.ts';
import { backend } from './backend.ts';
import { useConnectionsStore } from './connections.ts';
import { EMPTY_LOG, type EntryLog, type Missing } from './entry-log.ts';
import { createEntryTracker } from './entry-tracker.ts';

export { isMissing } from './entry-log.ts';
export type { FeedEntry };
export type FeedRow = FeedEntry | Missing;

export const useFeedStore = defineStore('feed', () => {
  const tracker = createEntryTracker<FeedEntry>(FEED_ENTRIES_MAX, (connectionId, afterSeq) =>
    backend().call('feed.history', { connectionId, afterSeq }),
  );
  backend().on('feed.entries', tracker.take);
  backend().onLinkState((link) => link.kind === 'open' && tracker.catchUp());
  useConnectionsStore().onClosed(tracker.drop);

  /** Begins to keep a connection's feed, from what the app remembers on. @throws ApiError */
  const track = (connectionId: string): Promise<void> => tracker.track(connectionId);

  const log = (connectionId: string): EntryLog<FeedEntry> => tracker.logs.value.get(connectionId) ?? EMPTY_LOG;

  /** Entries up to this number were cleared from view by the person. */
  const cleared = shallowRef<ReadonlyMap<string, number>>(new Map());
  const clearedSeq = (connectionId: string): number => cleared.value.get(connectionId) ?? 0;

  function clear(connectionId: string): void {
    cleared.value = new Map(cleared.value).set(connectionId, log(connectionId).lastSeq);
  }

  return { logs: tracker.logs, track, log, clearedSeq, clear };
});
