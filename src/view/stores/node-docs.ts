/** The open nodes, each under its connection and path, and what is known about them that no view shows. */

import { shallowRef, type ShallowRef } from 'vue';
import type { NodeDoc } from './node-doc.ts';

/** What the store knows about a doc beside it. */
export interface Upkeep {
  /** Views that hold it; a doc without any is dropped unless it is edited. */
  users: number;
  /** Views that have it on screen. Behind another tab it is not read again before it is looked at. */
  active: number;
  readAtMs: number;
  /** The newest read; answers to older ones are ignored. */
  readTicket: number;
  rereadTimer: ReturnType<typeof setTimeout> | null;
  /** It changed while no view had it on screen. */
  behind: boolean;
}

export interface NodeDocs {
  readonly docs: ShallowRef<ReadonlyMap<string, NodeDoc>>;
  readonly doc: (connectionId: string, path: string) => NodeDoc | null;
  readonly upkeep: (connectionId: string, path: string) => Upkeep | undefined;
  /** The upkeep of a doc, made where there is none yet. */
  readonly keep: (connectionId: string, path: string) => Upkeep;
  readonly put: (doc: NodeDoc) => void;
  /** Applies a change to a doc that may have been dropped meanwhile. */
  readonly change: (connectionId: string, path: string, step: (doc: NodeDoc) => NodeDoc) => void;
  readonly forget: (connectionId: string, path: string) => void;
  readonly of: (connectionId: string) => readonly NodeDoc[];
}

const keyOf = (connectionId: string, path: string): string => `${connectionId}\n${path}`;

export function createNodeDocs(): NodeDocs {
  const docs = shallowRef<ReadonlyMap<string, NodeDoc>>(new Map());
  const upkeeps = new Map<string, Upkeep>();

  const doc = (connectionId: string, path: string): NodeDoc | null => docs.value.get(keyOf(connectionId, path)) ?? null;
  const put = (next: NodeDoc): void => {
    docs.value = new Map(docs.value).set(keyOf(next.connectionId, next.path), next);
  };

  return {
    docs,
    doc,
    put,
    upkeep: (connectionId, path) => upkeeps.get(keyOf(connectionId, path)),
    keep(connectionId, path) {
      const key = keyOf(connectionId, path);
      const own = upkeeps.get(key) ?? { users: 0, active: 0, readAtMs: 0, readTicket: 0, rereadTimer: null, behind: false };
      upkeeps.set(key, own);
      return own;
    },
    change(connectionId, path, step) {
      const before = doc(connectionId, path);
      if (before !== null) put(step(before));
    },
    forget(connectionId, path) {
      const key = keyOf(connectionId, path);
      const timer = upkeeps.get(key)?.rereadTimer;
      if (timer) clearTimeout(timer);
      upkeeps.delete(key);
      const next = new Map(docs.value);
      next.delete(key);
      docs.value = next;
    },
    of: (connectionId) => [...docs.value.values()].filter((entry) => entry.connectionId === connectionId),
  };
}
