/** The trees of all open connections: made when a connection is first shown, dropped when it is closed. */

import { defineStore } from 'pinia';
import { effectScope, watch, type EffectScope } from 'vue';
import { useAppStore } from './app.ts';
import { backend } from './backend.ts';
import { healthOf, useConnectionsStore } from './connections.ts';
import { TreeSession } from './tree/tree-session.ts';
import { useWorkbenchStore } from './workbench.ts';

export type { TreeSession } from './tree/tree-session.ts';

/** Makes the tree of a connection, and keeps it in step with the connection's state. Call it in a scope of its own. */
function makeSession(connectionId: string): TreeSession {
  const app = useAppStore();
  const connections = useConnectionsStore();
  const workbench = useWorkbenchStore();
  const tree = new TreeSession({
    connectionId,
    wideAbove: () => app.settings.wideNodeChildren,
    live: () => app.settings.liveRefresh,
    isConnected() {
      const state = connections.byId.get(connectionId);
      return state !== undefined && healthOf(state) === 'fine';
    },
    keep(expanded, roots) {
      const own = workbench.desk(connectionId);
      if (own === undefined) return;
      own.expanded = expanded;
      own.roots = roots;
    },
  });
  const { expanded, roots } = workbench.desk(connectionId) ?? { expanded: ['/'], roots: [] };
  let sessionId: bigint | null = null;
  let wasFine = false;
  watch(
    () => connections.byId.get(connectionId),
    (state) => {
      const isFine = state !== undefined && healthOf(state) === 'fine';
      if (isFine && !wasFine) {
        if (sessionId === null) void tree.start(expanded, roots);
        // Another session has none of the watches that the first one left.
        else if (sessionId !== state.sessionId) void tree.refreshAll();
        else tree.recover();
        ({ sessionId } = state);
      }
      wasFine = isFine;
    },
    { immediate: true },
  );
  return tree;
}

export const useTreeStore = defineStore('tree', () => {
  const connections = useConnectionsStore();
  const sessions = new Map<string, { readonly tree: TreeSession; readonly scope: EffectScope }>();

  /** The tree of an open connection. */
  function of(connectionId: string): TreeSession {
    const known = sessions.get(connectionId);
    if (known !== undefined) return known.tree;
    // Not of the component that happened to ask first: the tree outlives it.
    const scope = effectScope(true);
    const tree = scope.run(() => makeSession(connectionId)) as TreeSession;
    sessions.set(connectionId, { tree, scope });
    return tree;
  }

  /** Said by whoever created or deleted a node here. */
  function nodeChanged(connectionId: string, path: string): void {
    sessions.get(connectionId)?.tree.nodeChanged(path);
  }

  /** Follows what the app tells. */
  function start(): void {
    const api = backend();
    api.on('tree.stale', ({ connectionId, path, what }) => sessions.get(connectionId)?.tree.stale({ path, what }));
    let opened = api.linkState.opened;
    api.onLinkState((link) => {
      if (link.kind !== 'open') return;
      // Events may have been missed while the page had no host.
      if (opened > 0 && link.opened > opened) for (const { tree } of sessions.values()) void tree.refreshAll();
      ({ opened } = link);
    });
    connections.onClosed((connectionId) => {
      const closed = sessions.get(connectionId);
      closed?.tree.stop();
      closed?.scope.stop();
      sessions.delete(connectionId);
    });
  }

  return { of, nodeChanged, start };
});
