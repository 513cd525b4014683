/** Tells when a tab of the workbench was closed, for stores that keep something for it. */

import { watch } from 'vue';
import { useConnectionsStore } from './connections.ts';
import { useWorkbenchStore } from './workbench.ts';

/** Calls `listener` for each tab that goes, for as long as the calling store lives. Call it from a store's setup. */
export function onTabClosed(listener: (connectionId: string, path: string) => void): void {
  const connections = useConnectionsStore();
  const workbench = useWorkbenchStore();
  watch(
    () => connections.list.map(({ connectionId }) => ({ connectionId, paths: workbench.tabsOf(connectionId).map(({ path }) => path) })),
    (now, before) => {
      for (const { connectionId, paths } of before) {
        const left = now.find((desk) => desk.connectionId === connectionId)?.paths;
        if (left !== undefined) for (const path of paths) if (!left.includes(path)) listener(connectionId, path);
      }
    },
  );
}
