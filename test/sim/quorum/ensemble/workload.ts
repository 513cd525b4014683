/** What simulated clients ask: a few nodes that everybody fights for, ephemerals, sequences, multis, syncs, watches. */

import { below, type Random } from '../../../../src/base/random.ts';
import { jute } from '../../../support/raw-client.ts';
import { ask } from '../../../interop/server-conversation.ts';

export interface Asked {
  readonly type: number;
  readonly kind: 'create' | 'delete' | 'setData' | 'multi' | 'close' | 'reconfig' | 'read' | 'children' | 'exists' | 'sync' | 'setWatches';
  readonly path: string;
  readonly body: Buffer;
  /** It becomes a transaction. */
  readonly writes?: boolean;
  readonly data?: string;
  /** -1 for any; with it, the answer tells whether somebody else was faster. */
  readonly version?: number;
  readonly sequential?: boolean;
  /** Sets a watch of this kind if it is answered without an error. */
  readonly watch?: 'data' | 'child';
  /** Comes behind a sync on the same connection. */
  readonly synced?: boolean;
}

const PATHS = ['/a', '/b', '/a/x', '/a/y', '/b/x', '/c', '/a/x/1'];

/**
 * One thing to ask, or several that belong together.
 *
 * @param tag data that nobody else writes
 * @param members how many there are whose roles may be changed; 0: none
 */
export function nextCall(random: Random, tag: string, members: number): Asked[] {
  if (members > 0 && below(random, 30) === 0) return [reconfig(1 + below(random, members), below(random, 3) === 0 ? 'observer' : 'participant')];
  const path = PATHS[below(random, PATHS.length)] as string;
  switch (below(random, 20)) {
    case 0:
    case 1:
    case 2:
      return [create(path, tag, 0, below(random, 2) === 0 ? 1 : 15)];
    case 3:
      return [create(path, tag, 1, 1)];
    case 4:
      return [{ ...create('/a/s-', tag, below(random, 2) === 0 ? 2 : 3, 15), sequential: true }];
    case 5:
    case 6:
      return [remove(path, below(random, 3) === 0 ? below(random, 3) : -1)];
    case 7:
      return [multi(random, path, tag)];
    case 8:
    case 9:
      return [{ type: 4, kind: 'read', path, body: ask.read(path) }];
    case 10:
      return [{ type: 12, kind: 'children', path, body: ask.read(path) }];
    case 11:
      return [{ type: 3, kind: 'exists', path, body: ask.read(path) }];
    case 12:
    case 13:
      return [sync(path), { type: 4, kind: 'read', path, body: ask.read(path), synced: true }];
    case 14:
      return [{ type: 4, kind: 'read', path, body: ask.read(path, true), watch: 'data' }];
    case 15:
      return [{ type: 12, kind: 'children', path, body: ask.read(path, true), watch: 'child' }];
    case 16:
      return below(random, 12) === 0 ? [{ type: -11, kind: 'close', path: '', body: Buffer.alloc(0), writes: true }] : [sync(path)];
    default:
      return [setData(path, tag, below(random, 2) === 0 ? below(random, 6) : -1)];
  }
}

function create(path: string, data: string, flags: number, type: number): Asked {
  return { type, kind: 'create', path, data, writes: true, body: ask.create(path, data, flags) };
}

function remove(path: string, version: number): Asked {
  return { type: 2, kind: 'delete', path, version, writes: true, body: ask.delete(path, version) };
}

function setData(path: string, data: string, version: number): Asked {
  return { type: 5, kind: 'setData', path, data, version, writes: true, body: ask.setData(path, data, version) };
}

function sync(path: string): Asked {
  return { type: 9, kind: 'sync', path, body: jute.string(path) };
}

/** A member changes its role, and stays where it is. */
function reconfig(sid: number, role: string): Asked {
  const joining = jute.string(`server.${sid}=n${sid}:2888:3888:${role};n${sid}:2181`);
  return { type: 16, kind: 'reconfig', path: '', writes: true, body: Buffer.concat([joining, jute.string(null), jute.string(null), jute.long(-1n)]) };
}

function multi(random: Random, path: string, data: string): Asked {
  const parts: (readonly [number, Uint8Array])[] = [
    [1, ask.create(`${path}/m`, data)], [5, ask.setData(path, data)], [2, ask.delete(`${path}/m`)], [13, ask.delete(path, below(random, 3))],
  ];
  const body = ask.multi(...parts.filter(() => below(random, 3) > 0));
  return { type: 14, kind: 'multi', path, data, writes: true, body };
}
