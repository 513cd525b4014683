/** Open connections: their state as the app tells it, in the order in which they were opened. */

import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import type { ConnectionState } from '../../contract/connections.ts';
import { backend } from './backend.ts';

/** What a state means for a person: `lost` is a session that was there and is being found again. */
export type Health = 'fine' | 'waiting' | 'lost' | 'ended';

export function healthOf({ state, sessionId }: ConnectionState): Health {
  if (state === 'connected' || state === 'connectedReadOnly') return 'fine';
  if (state === 'connecting') return sessionId === 0n ? 'waiting' : 'lost';
  return 'ended';
}

export const useConnectionsStore = defineStore('connections', () => {
  const byId = shallowRef<ReadonlyMap<string, ConnectionState>>(new Map());
  const list = computed(() => [...byId.value.values()]);
  const closedListeners = new Set<(connectionId: string) => void>();

  function take(state: ConnectionState): void {
    byId.value = new Map(byId.value).set(state.connectionId, state);
  }

  function drop(connectionId: string): void {
    if (!byId.value.has(connectionId)) return;
    const next = new Map(byId.value);
    next.delete(connectionId);
    byId.value = next;
    for (const listener of closedListeners) listener(connectionId);
  }

  /** Reads what is open and keeps it current, also after the view lost its host for a while. @throws ApiError */
  async function start(): Promise<void> {
    const api = backend();
    api.on('connections.changed', take);
    api.on('connections.closed', ({ connectionId }) => drop(connectionId));
    let opened = 0;
    api.onLinkState((link) => {
      if (link.kind === 'open' && opened > 0 && link.opened > opened) void reload().catch(() => undefined);
      opened = Math.max(opened, link.opened);
    });
    opened = api.linkState.opened;
    await reload();
  }

  async function reload(): Promise<void> {
    const open = await backend().call('connections.list', {});
    const ids = new Set(open.map(({ connectionId }) => connectionId));
    for (const id of byId.value.keys()) if (!ids.has(id)) drop(id);
    for (const state of open) take(state);
  }

  /** @throws ApiError */
  async function open(profileId: string): Promise<ConnectionState> {
    const state = await backend().call('connections.open', { profileId });
    // An event may have told a newer state meanwhile.
    if (!byId.value.has(state.connectionId)) take(state);
    return byId.value.get(state.connectionId) ?? state;
  }

  /** @throws ApiError */
  async function close(connectionId: string): Promise<void> {
    await backend().call('connections.close', { connectionId });
    drop(connectionId);
  }

  /** @throws ApiError */
  async function reopen(connectionId: string): Promise<void> {
    take(await backend().call('connections.reopen', { connectionId }));
  }

  /** Calls `listener` with the id of each connection that is gone; @returns stops */
  function onClosed(listener: (connectionId: string) => void): () => void {
    closedListeners.add(listener);
    return () => closedListeners.delete(listener);
  }

  return { byId, list, start, open, close, reopen, onClosed };
});
