/** The handlers of `node.*`. */

import type { ConnectionsService } from '../connections/connections-service.ts';
import type { HandlersOf } from '../context.ts';
import type { Kept } from '../history/keep.ts';
import { createNode } from './create.ts';
import type { Deletions } from './deletions.ts';
import { readNode, readStat, writeNode } from './read-write.ts';

export function nodeHandlers(
  connections: ConnectionsService,
  deletions: Deletions,
  kept: Kept,
): HandlersOf<'node.read' | 'node.stat' | 'node.write' | 'node.create' | 'node.deletePreview' | 'node.delete'> {
  return {
    'node.read': ({ connectionId, path, watch }, { signal }) => readNode(connections.get(connectionId), path, watch, signal),
    'node.stat': ({ connectionId, path }, { signal }) => readStat(connections.get(connectionId), path, signal),
    'node.write': (params, { signal }) => writeNode(connections.get(params.connectionId), kept, params, signal),
    'node.create': (params, { signal }) => createNode(connections.get(params.connectionId), params, signal),
    'node.deletePreview': (params, { signal }) => deletions.preview(params, signal),
    'node.delete': (params, { signal }) => deletions.run(params, signal),
  };
}
