/**
 * Open nodes: their data, the edits on it, and how both keep up with the server. The rules are in node-doc.ts, the
 * calls in node-reading.ts and node-writing.ts. Must hold: for a node, only the newest read counts and one write
 * runs at a time.
 */

import { defineStore } from 'pinia';
import { computed, watch } from 'vue';
import { backend } from './backend.ts';
import { onTabClosed } from './closed-tabs.ts';
import { healthOf, useConnectionsStore } from './connections.ts';
import { isDirty } from './node-doc.ts';
import { createNodeDocs } from './node-docs.ts';
import { createNodeReading } from './node-reading.ts';
import { createNodeWriting } from './node-writing.ts';

export { dataOf, isDirty, sameData, type NodeData, type NodeDoc } from './node-doc.ts';

export const useNodeStore = defineStore('node', () => {
  const nodes = createNodeDocs();
  const reading = createNodeReading(nodes);
  const writing = createNodeWriting(nodes, reading);
  const connections = useConnectionsStore();
  const { docs, doc } = nodes;

  const dirtyDocs = computed(() => [...docs.value.values()].filter(isDirty));

  function isNodeDirty(connectionId: string, path: string): boolean {
    const found = doc(connectionId, path);
    return found !== null && isDirty(found);
  }

  backend().on('tree.stale', reading.onStale);
  connections.onClosed((connectionId) => {
    for (const entry of nodes.of(connectionId)) nodes.forget(connectionId, entry.path);
  });
  // What changed while there was no connection told nobody: read again what is open.
  watch(
    () => connections.byId,
    (now, before) => {
      for (const [id, state] of now) {
        const was = before.get(id);
        const back = was !== undefined && healthOf(was) !== 'fine' && healthOf(state) === 'fine';
        if (back) for (const entry of nodes.of(id)) reading.onStale({ connectionId: id, path: entry.path, what: 'created' });
      }
    },
  );
  // A tab closed by the person takes its edit with it; the workbench has asked.
  onTabClosed((connectionId, path) => {
    if (isNodeDirty(connectionId, path)) writing.revert(connectionId, path);
  });

  return { docs, dirtyDocs, doc, isNodeDirty, ...reading, ...writing };
});
