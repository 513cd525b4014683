/**
 * Tells the view that something it has on screen changed, for every read that asked to be told.
 *
 * Such a read leaves a one-shot watch, with one watcher for the whole connection. But before 3.9 a server keeps a
 * single mode for a session and a path (ZOOKEEPER-4466; seen on 3.8.0): a one-shot watch turns a persistent one at
 * the same path into a one-shot, silently. So where a person's persistent or recursive watch stands, reads lean on
 * it: its events tell that the screen is stale, and when it goes, the view is told to read again.
 */

import type { Clock } from '../../base/clock.ts';
import type { WatchedEvent, Watcher } from '../../client/api.ts';
import type { EventPayload } from '../../contract/contract.ts';
import { EventType } from '../../model/watch.ts';
import { parentPath } from '../../model/zpath.ts';
import type { Tell } from '../context.ts';
import { createThrottle, type Throttle } from '../util/throttle.ts';
import type { WatchRegistry } from '../watches/watch-registry.ts';

type What = EventPayload<'tree.stale'>['what'];

const WHAT: Partial<Record<number, What>> = {
  [EventType.NodeCreated]: 'created',
  [EventType.NodeDeleted]: 'deleted',
  [EventType.NodeDataChanged]: 'data',
  [EventType.NodeChildrenChanged]: 'children',
};

/** A persistent watch is not armed anew by the view's reading: without a bound its events would be a storm. */
const COVERED_INTERVAL_MS = 200;

export class StaleTeller {
  readonly #connectionId: string;
  readonly #watches: WatchRegistry;
  readonly #tell: Tell;
  readonly #throttle: Throttle;
  #outstanding = new Map<string, Set<What>>();

  constructor(connectionId: string, watches: WatchRegistry, clock: Clock, tell: Tell) {
    this.#connectionId = connectionId;
    this.#watches = watches;
    this.#tell = tell;
    this.#throttle = createThrottle(clock, COVERED_INTERVAL_MS, () => this.#tellOutstanding());
  }

  /** What a read passes to the client. Undefined where a person's watch sees to it. */
  watcherFor(path: string, watch: boolean): Watcher | undefined {
    return watch && !this.#watches.covers(path) ? this.#watcher : undefined;
  }

  /** An event of any watch: tells it to the reads that lean on it. */
  onEvent(event: WatchedEvent): void {
    const { type, path } = event;
    const what = WHAT[type];
    if (path === null || what === undefined) return;
    if (this.#watches.covers(path)) this.#add(path, what);
    if (what !== 'created' && what !== 'deleted') return;
    // A recursive watch is not told of changes of a list, only of the children that come and go.
    const parent = parentPath(path);
    if (parent !== null && this.#watches.covers(parent)) this.#add(parent, 'children');
  }

  /** A person's watch went: what is on screen has to be read again, to be watched again. */
  uncovered(path: string): void {
    if (this.#watches.covers(path)) return;
    this.#add(path, 'data');
    this.#add(path, 'children');
  }

  /** Nothing stands any more. */
  forgetAll(): void {
    this.#outstanding.clear();
  }

  stop(): void {
    this.#throttle.stop();
  }

  /** One and the same function for all reads, so that reading a path twice before its watch fired does not add another. */
  readonly #watcher: Watcher = ({ type, path }) => {
    const what = WHAT[type];
    if (what !== undefined && path !== null) this.#tell('tree.stale', { connectionId: this.#connectionId, path, what });
  };

  #add(path: string, what: What): void {
    const known = this.#outstanding.get(path) ?? new Set();
    known.add(what);
    this.#outstanding.set(path, known);
    this.#throttle.request();
  }

  #tellOutstanding(): void {
    const outstanding = this.#outstanding;
    this.#outstanding = new Map();
    for (const [path, whats] of outstanding) {
      for (const what of whats) this.#tell('tree.stale', { connectionId: this.#connectionId, path, what });
    }
  }
}
