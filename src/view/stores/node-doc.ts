/**
 * One open node as a state: what was read, what is being edited, and what the server has meanwhile.
 * In: reads, edits and the outcomes of writes, as they come. Out: the next state. Pure.
 * Must hold: an edit leaves only by being saved, reverted or given up by the person; a read never touches it.
 */

import type { NodeValue, WriteOutcome } from '../../contract/nodes.ts';
import type { Failure, ReadInfo } from '../../contract/shapes.ts';
import type { Stat } from '../../model/stat.ts';

export type NodeData = NodeValue['data'];

export interface NodeDoc {
  readonly connectionId: string;
  readonly path: string;
  /** The value that is shown, or that the edit began from. Null until the first read. */
  readonly base: NodeValue | null;
  /** The edited data, where it differs from the base. */
  readonly draft: { readonly data: NodeData } | null;
  /** A newer value on the server than the one the edit began from. */
  readonly theirs: NodeValue | null;
  /** The person has seen `theirs` and wants to go on editing: no banner, still no blind overwrite. */
  readonly theirsSeen: boolean;
  /** A save was refused because of this value. */
  readonly conflict: NodeValue | null;
  /** The node was deleted after it was read. */
  readonly gone: boolean;
  /** Something changed on the server and was not read, because live refresh is off. */
  readonly stale: boolean;
  readonly failure: Failure | null;
  readonly busy: 'idle' | 'reading' | 'saving';
  /** Counts the times that the shown data was replaced by a read, so that a view can point it out. */
  readonly refreshes: number;
}

export function newDoc(connectionId: string, path: string): NodeDoc {
  return {
    connectionId, path, base: null, draft: null, theirs: null, theirsSeen: false, conflict: null, gone: false, stale: false,
    failure: null, busy: 'idle', refreshes: 0,
  };
}

/** The data as the editor has it. */
export function dataOf(doc: NodeDoc): NodeData {
  return doc.draft === null ? (doc.base?.data ?? null) : doc.draft.data;
}

export const isDirty = (doc: NodeDoc): boolean => doc.draft !== null;

/** Same bytes, and null only like null. */
export function sameData(a: NodeData, b: NodeData): boolean {
  if (a === null || b === null) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Two reads of the same write to the same node. */
const sameWrite = (a: Stat, b: Stat): boolean => a.mzxid === b.mzxid && a.czxid === b.czxid;

/** A read came back. */
export function afterRead(doc: NodeDoc, value: NodeValue): NodeDoc {
  const next: NodeDoc = { ...doc, failure: null, gone: false, stale: false, busy: doc.busy === 'reading' ? 'idle' : doc.busy };
  if (doc.base === null) return rebased(next, value);
  if (sameWrite(doc.base.stat, value.stat) && !doc.gone) return { ...next, base: { ...value, data: doc.base.data }, theirs: null, conflict: null };
  if (doc.draft === null) {
    const changed = !sameData(doc.base.data, value.data);
    return { ...rebased(next, value), refreshes: doc.refreshes + (changed ? 1 : 0) };
  }
  // The server already has what the person typed: there is nothing left to save.
  if (sameData(doc.draft.data, value.data)) return rebased(next, value);
  const known = doc.theirs !== null && sameWrite(doc.theirs.stat, value.stat);
  return { ...next, theirs: value, theirsSeen: known && doc.theirsSeen };
}

/** A read failed. A node that is not there any more is `gone` when it was shown before. */
export function afterReadFailure(doc: NodeDoc, failure: Failure): NodeDoc {
  const idle: NodeDoc = { ...doc, busy: doc.busy === 'reading' ? 'idle' : doc.busy };
  if (failure.code === 'NoNode' && doc.base !== null) return afterGone(idle);
  return { ...idle, failure };
}

/** The node was deleted. What was shown stays, marked. */
export function afterGone(doc: NodeDoc): NodeDoc {
  return { ...doc, gone: true, stale: false, theirs: null, conflict: null, failure: null };
}

/** The person changed the data; back to what was read, the edit is over. */
export function edited(doc: NodeDoc, data: NodeData): NodeDoc {
  if (doc.base === null) return doc;
  if (!sameData(data, doc.base.data)) return { ...doc, draft: { data } };
  return doc.theirs === null ? { ...doc, draft: null } : rebased({ ...doc, refreshes: doc.refreshes + 1 }, doc.theirs);
}

/** A Stat came without data. Only what does not speak of the data is taken from it, unless the data is the same. */
export function afterStat(doc: NodeDoc, stat: Stat, read: ReadInfo): NodeDoc {
  if (doc.base === null || !sameWrite(doc.base.stat, stat)) return doc;
  return { ...doc, base: { ...doc.base, stat, read } };
}

/** A save ended. What was typed while it ran stays an edit, on top of what was saved. */
export function afterWrite(doc: NodeDoc, sent: NodeData, outcome: WriteOutcome): NodeDoc {
  const next: NodeDoc = { ...doc, busy: 'idle', failure: null };
  switch (outcome.kind) {
    case 'gone':
      return afterGone(next);
    case 'conflict':
      return { ...next, theirs: outcome.current, theirsSeen: true, conflict: outcome.current };
    case 'written': {
      const base: NodeValue = { path: doc.path, data: sent, stat: outcome.stat, read: outcome.read };
      const typed = doc.draft !== null && !sameData(doc.draft.data, sent) ? doc.draft : null;
      return { ...next, base, draft: typed, theirs: null, theirsSeen: false, conflict: null, gone: false, stale: false };
    }
  }
}

/** The edit is given up for what the server has, or for what was read. */
export function reverted(doc: NodeDoc): NodeDoc {
  const value = doc.theirs ?? doc.base;
  return value === null ? doc : { ...rebased(doc, value), refreshes: doc.refreshes + 1 };
}

/** The edit goes on from what the server has now: the next save carries its version. For after a comparison. */
export function rebasedOnto(doc: NodeDoc, value: NodeValue): NodeDoc {
  const mine = dataOf(doc);
  return edited({ ...doc, base: value, theirs: null, theirsSeen: false, conflict: null }, mine);
}

function rebased(doc: NodeDoc, value: NodeValue): NodeDoc {
  return { ...doc, base: value, draft: null, theirs: null, theirsSeen: false, conflict: null, stale: false };
}
