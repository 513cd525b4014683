/** The handlers of `watches.*`, `feed.*` and `requests.*`: watches that a person sets, and what they saw. */

import type { CancelSignal } from '../../base/signal.ts';
import type { ZooKeeper } from '../../client/api.ts';
import type { WatchInfo } from '../../contract/watches.ts';
import { UsageError, ZooError } from '../../model/errors.ts';
import { AddWatchMode, WatcherType } from '../../model/watch.ts';
import type { ConnectionsService } from '../connections/connections-service.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import { isAtLeast, serverVersion } from '../connections/server-version.ts';
import type { HandlersOf } from '../context.ts';
import { isAnswer } from '../nodes/read-write.ts';
import type { AskServer, Ports } from '../ports.ts';
import { newId } from '../util/ids.ts';
import { FEED_VALUE_BYTES_MAX, type PersonsWatch } from './watch-registry.ts';

const WATCHES_MAX = 1_000;

/** Sets a watch. @throws UsageError TooManyWatches, WatchConflict; KeeperError NoNode (data, children), Unimplemented (before 3.6) */
async function addWatch(
  askServer: AskServer,
  connection: OpenConnection,
  watchId: string,
  path: string,
  kind: WatchInfo['kind'],
  signal: CancelSignal,
): Promise<WatchInfo> {
  const { watches, client } = connection;
  if (watches.size >= WATCHES_MAX) throw new UsageError('TooManyWatches', `${watches.size} watches are set already`);
  await refuseConflict(askServer, connection, path, kind);
  const watch = watches.prepare(watchId, path, kind);
  watches.begin(watch);
  try {
    await setOnServer(connection, watch, signal);
  } catch (error) {
    if (client === connection.client) watches.end(watch);
    if (!watch.oneShot) connection.stale.uncovered(path);
    throw error;
  }
  // A session that was replaced meanwhile took the watch with it.
  if (client === connection.client) watches.admit(watch);
  return watches.infoOf(watch);
}

/**
 * Before 3.9 a server keeps one mode for a session and a path (ZOOKEEPER-4466): a second watch of another kind would
 * silently change the first.
 */
async function refuseConflict(
  askServer: AskServer,
  connection: OpenConnection,
  path: string,
  kind: WatchInfo['kind'],
): Promise<void> {
  const clash = clashing(connection.watches.kindsAt(path), kind);
  if (clash === undefined || isAtLeast(await versionOrNull(askServer, connection), 3, 9)) return;
  throw new UsageError('WatchConflict', `a ${clash} watch stands at ${path}, and servers before 3.9 keep only one of it and a ${kind} one`);
}

function clashing(present: ReadonlySet<WatchInfo['kind']>, kind: WatchInfo['kind']): WatchInfo['kind'] | undefined {
  const durable = (['persistent', 'recursive'] as const).filter((each) => each !== kind && present.has(each))[0];
  return durable ?? (kind === 'recursive' && present.has('children') ? 'children' : undefined);
}

async function versionOrNull(askServer: AskServer, connection: OpenConnection): Promise<string | null> {
  try {
    return await serverVersion(askServer, connection);
  } catch (error) {
    if (error instanceof ZooError) return null;
    throw error;
  }
}

async function setOnServer(connection: OpenConnection, { path, kind, watcher }: PersonsWatch, signal: CancelSignal): Promise<void> {
  const { client } = connection;
  switch (kind) {
    case 'data': {
      const { data, stat } = await client.getData(path, { watch: watcher, signal });
      noteValue(connection, path, data, stat.mzxid);
      return;
    }
    case 'children':
      // Raw: only the watch is wanted, so that the names are not even decoded.
      await client.getChildrenRaw(path, { watch: watcher, signal });
      return;
    case 'exists':
      await client.exists(path, { watch: watcher, signal });
      break;
    case 'persistent':
      await client.addWatch(path, AddWatchMode.PERSISTENT, watcher, { signal });
      break;
    case 'recursive':
      await client.addWatch(path, AddWatchMode.PERSISTENT_RECURSIVE, watcher, { signal });
      break;
  }
  await readOldValue(connection, path);
}

/** The value that the feed shows as the old one when it changes; the watch is worth having without it. */
async function readOldValue(connection: OpenConnection, path: string): Promise<void> {
  const value = await connection.watches.readValue(connection.client, path);
  if (value !== null) noteValue(connection, path, value.data, value.mzxid);
}

function noteValue({ notes }: OpenConnection, path: string, data: Uint8Array | null, mzxid: bigint): void {
  if ((data?.length ?? 0) <= FEED_VALUE_BYTES_MAX) notes.values.set(path, { data, mzxid });
}

/** Which of the server's tables a watch of a kind is in. */
const TYPES: Readonly<Record<WatchInfo['kind'], WatcherType>> = {
  data: WatcherType.Data,
  exists: WatcherType.Data,
  children: WatcherType.Children,
  // Servers before 3.9 do not know the types of their own for these (facts 1.5).
  persistent: WatcherType.Any,
  recursive: WatcherType.Any,
};

async function removeWatch(connection: OpenConnection, watchId: string, signal: CancelSignal): Promise<void> {
  const watch = connection.watches.find(watchId);
  if (watch === undefined) throw new UsageError('UnknownWatch', `there is no watch ${watchId}`);
  if (!watch.expired && !connection.ended) await removeFromServer(connection.client, watch, signal);
  if (!watch.expired) connection.watches.end(watch);
  connection.watches.remove(watchId);
  if (!watch.oneShot) connection.stale.uncovered(watch.path);
}

async function removeFromServer(client: ZooKeeper, { path, kind, watcher }: PersonsWatch, signal: CancelSignal): Promise<void> {
  try {
    // Local: the watch is over here even if the server cannot be told now; it is not renewed on a reconnect.
    await client.removeWatches(path, watcher, TYPES[kind], { local: true, signal });
  } catch (error) {
    if (!isAnswer(error, 'NoWatcher')) throw error;
  }
}

export function watchHandlers(
  connections: ConnectionsService,
  { random }: Pick<Ports, 'random'>,
  askServer: AskServer,
): HandlersOf<'watches.add' | 'watches.remove' | 'watches.list' | 'feed.history' | 'requests.history'> {
  return {
    'watches.add': ({ connectionId, path, kind }, { signal }) =>
      addWatch(askServer, connections.get(connectionId), newId(random), path, kind, signal),
    'watches.remove': async ({ connectionId, watchId }, { signal }) => {
      await removeWatch(connections.get(connectionId), watchId, signal);
      return null;
    },
    'watches.list': ({ connectionId }) => connections.get(connectionId).watches.list(),
    'feed.history': ({ connectionId, afterSeq }) => connections.get(connectionId).feed.after(afterSeq),
    'requests.history': ({ connectionId, afterSeq }) => connections.get(connectionId).requests.after(afterSeq),
  };
}
