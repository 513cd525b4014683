/** Watches and the events they give (facts 1.9 and 3; Watcher.Event, AddWatchMode). */

export const EventType = {
  None: -1,
  NodeCreated: 1,
  NodeDeleted: 2,
  NodeDataChanged: 3,
  NodeChildrenChanged: 4,
  DataWatchRemoved: 5,
  ChildWatchRemoved: 6,
  PersistentWatchRemoved: 7,
} as const;
export type EventTypeName = keyof typeof EventType;
export type EventType = (typeof EventType)[EventTypeName];

export const KeeperState = {
  Disconnected: 0,
  SyncConnected: 3,
  AuthFailed: 4,
  ConnectedReadOnly: 5,
  SaslAuthenticated: 6,
  Closed: 7,
  Expired: -112,
} as const;
export type KeeperStateName = keyof typeof KeeperState;
export type KeeperState = (typeof KeeperState)[KeeperStateName];

/** AddWatchMode */
export const AddWatchMode = { PERSISTENT: 0, PERSISTENT_RECURSIVE: 1 } as const;
export type AddWatchMode = (typeof AddWatchMode)[keyof typeof AddWatchMode];

/** Watcher.WatcherType, for removeWatches and checkWatches. */
export const WatcherType = { Children: 1, Data: 2, Any: 3, Persistent: 4, PersistentRecursive: 5 } as const;
export type WatcherType = (typeof WatcherType)[keyof typeof WatcherType];

const EVENT_NAMES = new Map<number, EventTypeName>(
  (Object.keys(EventType) as EventTypeName[]).map((name) => [EventType[name], name]),
);

/** The event's name, or `Event<number>` for one that is not known here. */
export function eventName(type: number): string {
  return EVENT_NAMES.get(type) ?? `Event${type}`;
}
