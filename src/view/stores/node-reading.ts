/** How open nodes are read, and read again when the server says that they changed. */

import { parentPath } from '../../model/zpath.ts';
import type { EventPayload } from '../../contract/contract.ts';
import { useAppStore } from './app.ts';
import { backend, failureOf, isCancelled } from './backend.ts';
import { afterGone, afterRead, afterReadFailure, afterStat, isDirty, newDoc, type NodeDoc } from './node-doc.ts';
import type { NodeDocs } from './node-docs.ts';

/** A node whose watch fires all the time is read at most this often. */
const REREAD_INTERVAL_MS = 250;

export interface NodeReading {
  /** Shows a node: reads it unless it is there. Each call is answered by one `release`. */
  readonly open: (connectionId: string, path: string) => void;
  /** A view came on screen again (it begins there), or went behind another one. */
  readonly setActive: (connectionId: string, path: string, active: boolean) => void;
  /** A view is gone. An edited doc stays until it is saved or given up. */
  readonly release: (connectionId: string, path: string) => void;
  /** Reads a node, leaving a watch. What comes never replaces an edit. */
  readonly read: (connectionId: string, path: string) => Promise<void>;
  readonly onStale: (event: EventPayload<'tree.stale'>) => void;
}

export function createNodeReading(nodes: NodeDocs): NodeReading {
  const read = (connectionId: string, path: string): Promise<void> => readNode(nodes, connectionId, path);
  const rereadSoon = (doc: NodeDoc): void => scheduleReread(nodes, doc, read);

  return {
    read,
    open(connectionId, path) {
      const own = nodes.keep(connectionId, path);
      own.users++;
      own.active++;
      if (nodes.doc(connectionId, path) === null) nodes.put(newDoc(connectionId, path));
      if (nodes.doc(connectionId, path)?.base === null) void read(connectionId, path);
    },
    setActive(connectionId, path, active) {
      const own = nodes.upkeep(connectionId, path);
      if (own === undefined) return;
      own.active = Math.min(own.users, Math.max(0, own.active + (active ? 1 : -1)));
      if (active && own.behind) void read(connectionId, path);
    },
    release(connectionId, path) {
      const own = nodes.upkeep(connectionId, path);
      if (own === undefined) return;
      own.users--;
      own.active = Math.min(own.active, Math.max(0, own.users));
      const doc = nodes.doc(connectionId, path);
      if (own.users <= 0 && (doc === null || !isDirty(doc))) nodes.forget(connectionId, path);
    },
    onStale({ connectionId, path, what }) {
      const doc = nodes.doc(connectionId, path);
      if (what === 'children') {
        // A child may have come back: its own deletion took its watch away.
        for (const entry of nodes.of(connectionId)) if (entry.gone && parentPath(entry.path) === path) rereadSoon(entry);
      }
      if (doc === null) return;
      if (what === 'deleted') nodes.put(afterGone(doc));
      else if (what === 'children') void readStat(nodes, connectionId, path);
      else if (useAppStore().settings.liveRefresh || doc.base === null) rereadSoon(doc);
      else nodes.put({ ...doc, stale: true });
    },
  };
}

async function readNode(nodes: NodeDocs, connectionId: string, path: string): Promise<void> {
  const own = nodes.upkeep(connectionId, path);
  if (own === undefined) return;
  const ticket = ++own.readTicket;
  own.readAtMs = Date.now();
  own.behind = false;
  nodes.change(connectionId, path, (before) => (before.busy === 'idle' ? { ...before, busy: 'reading' } : before));
  try {
    const value = await backend().call('node.read', { connectionId, path, watch: true });
    if (ticket === own.readTicket) nodes.change(connectionId, path, (before) => afterRead(before, value));
  } catch (thrown) {
    if (ticket === own.readTicket) nodes.change(connectionId, path, (before) => afterReadFailure(before, failureOf(thrown)));
  }
}

function scheduleReread(nodes: NodeDocs, { connectionId, path }: NodeDoc, read: NodeReading['read']): void {
  const own = nodes.upkeep(connectionId, path);
  if (own === undefined || own.rereadTimer !== null) return;
  own.behind = own.active === 0;
  if (own.behind) return;
  const waitMs = Math.max(0, own.readAtMs + REREAD_INTERVAL_MS - Date.now());
  own.rereadTimer = setTimeout(() => {
    own.rereadTimer = null;
    void read(connectionId, path);
  }, waitMs);
}

async function readStat(nodes: NodeDocs, connectionId: string, path: string): Promise<void> {
  try {
    const found = await backend().call('node.stat', { connectionId, path });
    nodes.change(connectionId, path, (before) => (found === null ? afterGone(before) : afterStat(before, found.stat, found.read)));
  } catch (thrown) {
    // The Stat stays as it was read, with its time beside it; the connection's state says the rest.
    const failure = failureOf(thrown);
    if (!isCancelled(thrown) && failure.kind === 'bug') nodes.change(connectionId, path, (before) => ({ ...before, failure }));
  }
}
