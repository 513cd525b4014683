/**
 * removeWatches (facts 2.3; ZooKeeper.removeWatches). The server keeps one watch for all watchers of a path: it is
 * only told to drop it (removeWatches) when the last one goes, and otherwise asked whether it holds it (checkWatches).
 */

import { EventType, WatcherType, type KeeperState } from '../model/watch.ts';
import { KeeperState as State } from '../model/watch.ts';
import { WatchesRequest } from '../wire/operations/watches.ts';
import type { CallOptions, WatchedEvent, Watcher } from './api.ts';
import { Call } from './call.ts';
import { CHECK_WATCHES, REMOVE_WATCHES } from './call-kinds.ts';
import { checkPath, noWatcher } from './checks.ts';
import { withChroot } from './chroot.ts';
import type { Engine } from './engine.ts';
import { requestFrame } from './request-frame.ts';
import type { WatchKind } from './watch-registry.ts';

const REMOVED: Readonly<Record<WatchKind, EventType>> = {
  data: EventType.DataWatchRemoved,
  exist: EventType.DataWatchRemoved,
  child: EventType.ChildWatchRemoved,
  persistent: EventType.PersistentWatchRemoved,
  recursive: EventType.PersistentWatchRemoved,
};

/**
 * Takes watchers out, here and on the server. Each is told by an event of its own.
 *
 * @param watch null for every watcher of the type
 * @throws KeeperError NoWatcher when there is none; with `local`, no failure of the server or the connection counts
 */
export function removeWatches(
  engine: Engine,
  path: string,
  watch: Watcher | null,
  type: WatcherType,
  options: CallOptions & { readonly local?: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    checkPath(path);
    const serverPath = withChroot(engine.chroot, path);
    const { watches } = engine.exchange;
    if (!watches.has(serverPath, watch, type)) throw noWatcher(path);
    const finish = (): void => {
      removeHere(engine, path, serverPath, watch, type);
      resolve();
    };
    const last = !watches.hasOthers(serverPath, watch, type);
    if (options.local === true && !engine.connected) {
      finish();
      return;
    }
    const kind = last ? REMOVE_WATCHES : CHECK_WATCHES;
    const request = { path: serverPath, type: askedType(type, last) };
    const frame = requestFrame(kind.code, WatchesRequest, request, engine.requestBytesMax);
    const waiter = {
      resolve: finish,
      reject: (error: Error): void => {
        if (options.local === true && !options.signal?.aborted) finish();
        else reject(error);
      },
    };
    const call = new Call({ kind, path, serverPath, chroot: engine.chroot, frame, watch: null }, waiter);
    engine.submit(call, options.signal);
  });
}

/** Servers before 3.9 do not know the types of persistent watches; any other means the same where nothing else is left. */
function askedType(type: WatcherType, last: boolean): WatcherType {
  return last || type >= WatcherType.Persistent ? WatcherType.Any : type;
}

function removeHere(engine: Engine, path: string, serverPath: string, watch: Watcher | null, type: WatcherType): void {
  const state: KeeperState = engine.session.state === 'connectedReadOnly' ? State.ConnectedReadOnly : State.SyncConnected;
  for (const { kind, watcher } of engine.exchange.watches.remove(serverPath, watch, type)) {
    const event: WatchedEvent = { type: REMOVED[kind], state, path, zxid: null };
    engine.tell(() => watcher(event));
  }
}
