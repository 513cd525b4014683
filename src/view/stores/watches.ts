/** The watches that a person set, by connection. */

import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import type { WatchInfo } from '../../contract/watches.ts';
import { backend } from './backend.ts';
import { useConnectionsStore } from './connections.ts';

export { WATCH_KINDS } from '../../contract/watches.ts';
export type WatchKind = WatchInfo['kind'];

export const useWatchesStore = defineStore('watches', () => {
  const byConnection = shallowRef<ReadonlyMap<string, readonly WatchInfo[]>>(new Map());

  function put(connectionId: string, watches: readonly WatchInfo[]): void {
    byConnection.value = new Map(byConnection.value).set(connectionId, watches);
  }

  backend().on('watches.changed', ({ connectionId, watches }) => put(connectionId, watches));
  useConnectionsStore().onClosed((connectionId) => {
    const next = new Map(byConnection.value);
    next.delete(connectionId);
    byConnection.value = next;
  });

  /** Reads the list once; events keep it current. @throws ApiError */
  async function track(connectionId: string): Promise<void> {
    if (!byConnection.value.has(connectionId)) put(connectionId, await backend().call('watches.list', { connectionId }));
  }

  const of = (connectionId: string): readonly WatchInfo[] => byConnection.value.get(connectionId) ?? [];

  /** @throws ApiError */
  async function add(connectionId: string, path: string, kind: WatchKind): Promise<void> {
    const added = await backend().call('watches.add', { connectionId, path, kind });
    if (!of(connectionId).some(({ watchId }) => watchId === added.watchId)) put(connectionId, [...of(connectionId), added]);
  }

  /** @throws ApiError */
  async function remove(connectionId: string, watchId: string): Promise<void> {
    await backend().call('watches.remove', { connectionId, watchId });
    put(connectionId, of(connectionId).filter((watch) => watch.watchId !== watchId));
  }

  return { byConnection, track, of, add, remove };
});
