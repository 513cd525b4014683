/** How edits of open nodes are made, saved, compared and given up. */

import { backend, failureOf } from './backend.ts';
import { afterWrite, dataOf, edited, isDirty, reverted, type NodeData, type NodeDoc } from './node-doc.ts';
import type { NodeDocs } from './node-docs.ts';
import type { NodeReading } from './node-reading.ts';

export interface NodeWriting {
  readonly edit: (connectionId: string, path: string, data: NodeData) => void;
  /** Saves the edit with the version it began from. @returns whether it was written */
  readonly save: (connectionId: string, path: string) => Promise<boolean>;
  /** After a comparison: saves the edit over the value that was compared, and no newer one. @returns whether it was written */
  readonly overwrite: (connectionId: string, path: string) => Promise<boolean>;
  /** Gives the edit up: for the server's newer value where there is one, else for what was read. */
  readonly revert: (connectionId: string, path: string) => void;
  /** The person has seen that the server has another value and goes on editing. */
  readonly keepEditing: (connectionId: string, path: string) => void;
  /** Opens the comparison of the edit with what the server has. */
  readonly compare: (connectionId: string, path: string) => void;
  /** Makes a deleted node again with the data in the editor, as a plain persistent node. @returns whether it was made */
  readonly createAgain: (connectionId: string, path: string) => Promise<boolean>;
  readonly dismissFailure: (connectionId: string, path: string) => void;
}

export function createNodeWriting(nodes: NodeDocs, reading: Pick<NodeReading, 'read'>): NodeWriting {
  return {
    edit: (connectionId, path, data) => nodes.change(connectionId, path, (before) => edited(before, data)),
    save(connectionId, path) {
      const doc = nodes.doc(connectionId, path);
      return doc?.base && isDirty(doc) ? write(nodes, doc, doc.base.stat.version) : Promise.resolve(false);
    },
    overwrite(connectionId, path) {
      const doc = nodes.doc(connectionId, path);
      const over = doc?.conflict ?? doc?.theirs ?? null;
      return doc !== null && over !== null ? write(nodes, doc, over.stat.version) : Promise.resolve(false);
    },
    revert(connectionId, path) {
      nodes.change(connectionId, path, reverted);
      dropIfUnused(nodes, connectionId, path);
    },
    keepEditing: (connectionId, path) =>
      nodes.change(connectionId, path, (before) => ({ ...before, theirsSeen: true, conflict: null })),
    compare: (connectionId, path) => nodes.change(connectionId, path, (before) => ({ ...before, conflict: before.theirs })),
    async createAgain(connectionId, path) {
      const doc = nodes.doc(connectionId, path);
      if (doc === null || doc.busy === 'saving') return false;
      const made = await saving(nodes, doc, async (data) => {
        const params = { connectionId, path, kind: 'persistent', data, acl: null, ttlMs: null, parents: true } as const;
        const { stat, read } = await backend().call('node.create', params);
        return { kind: 'written', stat, read };
      });
      if (made) void reading.read(connectionId, path);
      return made;
    },
    dismissFailure: (connectionId, path) => nodes.change(connectionId, path, (before) => ({ ...before, failure: null })),
  };
}

async function write(nodes: NodeDocs, doc: NodeDoc, version: number): Promise<boolean> {
  if (doc.busy === 'saving') return false;
  const { connectionId, path } = doc;
  return saving(nodes, doc, (data) => backend().call('node.write', { connectionId, path, data, version }));
}

type Outcome = Parameters<typeof afterWrite>[2];

/** Runs one write of the doc's data. @returns whether it was written */
async function saving(nodes: NodeDocs, doc: NodeDoc, send: (data: NodeData) => Promise<Outcome>): Promise<boolean> {
  const { connectionId, path } = doc;
  const sent = dataOf(doc);
  nodes.put({ ...doc, busy: 'saving', failure: null });
  try {
    const outcome = await send(sent);
    // A read that was asked for before the write must not bring the old value back.
    const own = nodes.upkeep(connectionId, path);
    if (own !== undefined) own.readTicket++;
    nodes.change(connectionId, path, (before) => afterWrite(before, sent, outcome));
    if (outcome.kind === 'written') dropIfUnused(nodes, connectionId, path);
    return outcome.kind === 'written';
  } catch (thrown) {
    nodes.change(connectionId, path, (before) => ({ ...before, busy: 'idle', failure: failureOf(thrown) }));
    return false;
  }
}

/** Drops a doc that no view holds, once nothing of it is edited. */
function dropIfUnused(nodes: NodeDocs, connectionId: string, path: string): void {
  const own = nodes.upkeep(connectionId, path);
  const doc = nodes.doc(connectionId, path);
  if (own !== undefined && own.users <= 0 && doc !== null && !isDirty(doc)) nodes.forget(connectionId, path);
}
