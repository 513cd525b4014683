/** Tells the view that something it has on screen changed: the watcher behind every read that left a watch. */

import type { Watcher } from '../../client/api.ts';
import type { EventPayload } from '../../contract/contract.ts';
import { EventType } from '../../model/watch.ts';
import type { Tell } from '../context.ts';

type What = EventPayload<'tree.stale'>['what'];

const WHAT: Partial<Record<number, What>> = {
  [EventType.NodeCreated]: 'created',
  [EventType.NodeDeleted]: 'deleted',
  [EventType.NodeDataChanged]: 'data',
  [EventType.NodeChildrenChanged]: 'children',
};

/**
 * The watcher of a connection's own reads. One and the same function for all of them, so that reading a path again
 * before its watch fired does not add another.
 */
export function createStaleWatcher(connectionId: string, tell: Tell): Watcher {
  return ({ type, path }) => {
    const what = WHAT[type];
    if (what !== undefined && path !== null) tell('tree.stale', { connectionId, path, what });
  };
}
