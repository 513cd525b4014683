/** Requests about watches alone (facts 3.3). */

import { ErrorCode } from '../../../model/error-code.ts';
import { KeeperError, WireError } from '../../../model/errors.ts';
import { AddWatchMode, WatcherType } from '../../../model/watch.ts';
import {
  AddWatchRequest, SetWatches2Request, SetWatchesRequest, WatchesRequest,
} from '../../../wire/operations/watches.ts';
import { ErrorResponse } from '../../../wire/records/headers.ts';
import { Op } from '../request.ts';
import { answer, bodyOf, type Answer, type Asked, type ReplyTools } from './tools.ts';

export function addWatch(tools: ReplyTools, { connection, request }: Asked): Answer {
  const { path, mode } = bodyOf(AddWatchRequest, request);
  if (mode !== AddWatchMode.PERSISTENT && mode !== AddWatchMode.PERSISTENT_RECURSIVE) {
    throw new WireError(`watch mode ${mode}`);
  }
  tools.watches.add(connection, path, mode === AddWatchMode.PERSISTENT ? 'persistent' : 'recursive');
  return answer(ErrorResponse, { err: 0 });
}

const TYPES: ReadonlySet<number> = new Set(Object.values(WatcherType));

/** checkWatches and removeWatches. */
export function findWatches(tools: ReplyTools, { connection, request }: Asked): Answer {
  const { path, type } = bodyOf(WatchesRequest, request);
  if (!TYPES.has(type)) throw new WireError(`watcher type ${type}`);
  const kind = type as WatcherType;
  const found =
    request.type === Op.removeWatches ? tools.watches.remove(connection, path, kind) : tools.watches.check(connection, path, kind);
  if (!found) throw new KeeperError(ErrorCode.NoWatcher, path);
  return null;
}

/** setWatches and setWatches2: what was missed is sent before the answer. */
export function setWatches(tools: ReplyTools, { connection, request }: Asked): Answer {
  const lists = request.type === Op.setWatches2 ? bodyOf(SetWatches2Request, request) : bodyOf(SetWatchesRequest, request);
  tools.notify(tools.watches.reset(connection, lists.relativeZxid, lists, tools.tree));
  return null;
}
