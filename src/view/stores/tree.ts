/** The trees of all open connections: made when a connection is first shown, dropped when it is closed. */

import { defineStore } from 'pinia';
import { effectScope, watch, type EffectScope } from 'vue';
import { useAppStore } from './app.ts';
import { backend } from './backend.ts';
import { healthOf, useConnectionsStore } from './connections.ts';
import { TreeSession } from './tree/tree-session.ts';
import { useWorkbenchStore } from './workbench.ts';

export type { TreeSession } from './tree/tree-session.ts';

export const useTreeStore = defineStore('tree', () => {
  const app = useAppStore();
  const connections = useConnectionsStore();
  const workbench = useWorkbenchStore();
  const sessions = new Map<string, { readonly tree: TreeSession; readonly scope: EffectScope }>();

  const health = (connectionId: string) => {
    const state = connections.byId.get(connectionId);
    return state === undefined ? 'ended' : healthOf(state);
  };

  function make(connectionId: string): TreeSession {
    const desk = workbench.desk(connectionId);
    const tree = new TreeSession({
      connectionId,
      wideAbove: () => app.settings.wideNodeChildren,
      live: () => app.settings.liveRefresh,
      isConnected: () => health(connectionId) === 'fine',
      keep(expanded, roots) {
        const own = workbench.desk(connectionId);
        if (own === undefined) return;
        own.expanded = expanded;
        own.roots = roots;
      },
    });
    const { expanded, roots } = desk ?? { expanded: ['/'], roots: [] };
    let sessionId: bigint | null = null;
    watch(
      () => connections.byId.get(connectionId),
      (state) => {
        if (state === undefined || healthOf(state) !== 'fine') return;
        if (sessionId === null) void tree.start(expanded, roots);
        // Another session has none of the watches that the first one left.
        else if (sessionId !== state.sessionId) void tree.refreshAll();
        else tree.recover();
        ({ sessionId } = state);
      },
      { immediate: true },
    );
    return tree;
  }

  /** The tree of an open connection. */
  function of(connectionId: string): TreeSession {
    const known = sessions.get(connectionId);
    if (known !== undefined) return known.tree;
    // Not of the component that happened to ask first: the tree outlives it.
    const scope = effectScope(true);
    const tree = scope.run(() => make(connectionId)) as TreeSession;
    sessions.set(connectionId, { tree, scope });
    return tree;
  }

  /** Said by whoever created or deleted a node here. */
  function nodeChanged(connectionId: string, path: string): void {
    sessions.get(connectionId)?.tree.nodeChanged(path);
  }

  function start(): void {
    backend().on('tree.stale', ({ connectionId, path, what }) => sessions.get(connectionId)?.tree.stale({ path, what }));
    connections.onClosed((connectionId) => {
      const closed = sessions.get(connectionId);
      closed?.tree.stop();
      closed?.scope.stop();
      sessions.delete(connectionId);
    });
  }

  return { of, nodeChanged, start };
});
