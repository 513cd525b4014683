/**
 * The watches that a person set on one connection. The client says which of them an event belongs to, by calling
 * its watcher; the feed asks for that right after.
 */

import type { Clock } from '../../base/clock.ts';
import type { WatchedEvent, Watcher, ZooKeeper } from '../../client/api.ts';
import type { WatchInfo } from '../../contract/watches.ts';
import { EventType } from '../../model/watch.ts';
import { createThrottle, type Throttle } from '../util/throttle.ts';

/** Longer values are not put into the feed. */
export const FEED_VALUE_BYTES_MAX = 4_096;
const CHANGED_INTERVAL_MS = 250;
/** Reads for the feed that may be under way at once; beyond that an event goes without its value. */
const READS_MAX = 8;

export interface PersonsWatch {
  readonly watchId: string;
  readonly path: string;
  readonly kind: WatchInfo['kind'];
  readonly oneShot: boolean;
  readonly setAtMs: number;
  readonly watcher: Watcher;
  events: number;
  expired: boolean;
}

export interface NodeValueRead {
  readonly data: Uint8Array | null;
  readonly mzxid: bigint;
}

export class WatchRegistry {
  readonly #connectionId: string;
  readonly #watches = new Map<string, PersonsWatch>();
  /** How many persistent and recursive watches stand at a path. */
  readonly #durable = new Map<string, number>();
  readonly #fired = new WeakMap<WatchedEvent, PersonsWatch>();
  readonly #throttle: Throttle;
  readonly #clock: Clock;
  #reads = 0;

  constructor(connectionId: string, clock: Clock, onChange: (watches: WatchInfo[]) => void) {
    this.#connectionId = connectionId;
    this.#clock = clock;
    this.#throttle = createThrottle(clock, CHANGED_INTERVAL_MS, () => onChange(this.list()));
  }

  /** A watch that is not set on the server yet; `admit` lists it, once it is. */
  prepare(watchId: string, path: string, kind: WatchInfo['kind']): PersonsWatch {
    const watch: PersonsWatch = {
      watchId,
      path,
      kind,
      oneShot: kind === 'data' || kind === 'children' || kind === 'exists',
      setAtMs: this.#clock.wallMs(),
      watcher: (event) => this.#onEvent(watch, event),
      events: 0,
      expired: false,
    };
    return watch;
  }

  /** Whether a persistent or recursive watch stands at exactly this path, or is being set. */
  covers(path: string): boolean {
    return this.#durable.has(path);
  }

  /** Says that a persistent or recursive watch is being set: reads sent from now on come behind it. */
  begin(watch: PersonsWatch): void {
    if (!watch.oneShot) this.#durable.set(watch.path, (this.#durable.get(watch.path) ?? 0) + 1);
  }

  /** Takes back what `begin` said: it could not be set, or went. */
  end(watch: PersonsWatch): void {
    const count = this.#durable.get(watch.path);
    if (watch.oneShot || count === undefined) return;
    if (count > 1) this.#durable.set(watch.path, count - 1);
    else this.#durable.delete(watch.path);
  }

  /** The kinds of the watches that stand at exactly this path. */
  kindsAt(path: string): Set<WatchInfo['kind']> {
    return new Set([...this.#watches.values()].filter((watch) => watch.path === path && !watch.expired).map(({ kind }) => kind));
  }

  /** Lists a watch that is set. One that fired before the answer came has had its end already. */
  admit(watch: PersonsWatch): void {
    if (!(watch.oneShot && watch.events > 0)) this.#watches.set(watch.watchId, watch);
    this.#throttle.request();
  }

  find(watchId: string): PersonsWatch | undefined {
    return this.#watches.get(watchId);
  }

  remove(watchId: string): void {
    if (this.#watches.delete(watchId)) this.#throttle.request();
  }

  /** The session is over, and with it every watch: they stay in the list as ended. */
  endAll(): void {
    for (const watch of this.#watches.values()) watch.expired = true;
    this.#durable.clear();
    if (this.#watches.size > 0) this.#throttle.request();
  }

  list(): WatchInfo[] {
    return [...this.#watches.values()].map((watch) => this.infoOf(watch));
  }

  infoOf(watch: PersonsWatch): WatchInfo {
    const { watchId, path, kind, oneShot, setAtMs, events } = watch;
    return { watchId, connectionId: this.#connectionId, path, kind, oneShot, setAtMs, events, ended: watch.expired ? 'expired' : null };
  }

  get size(): number {
    return this.#watches.size;
  }

  /** Whose watch the event was; null for the app's own. Answers once for an event. */
  takeFired(event: WatchedEvent): PersonsWatch | null {
    const watch = this.#fired.get(event) ?? null;
    this.#fired.delete(event);
    return watch;
  }

  /**
   * Reads a node's data for the feed. Gentle: few at once, none when the connection is busy.
   *
   * @returns null when it is not read now; the promise gives null for what is too long or cannot be read
   */
  readValue(client: ZooKeeper, path: string): Promise<NodeValueRead | null> | null {
    if (this.#reads >= READS_MAX || client.load.queued > 0) return null;
    this.#reads++;
    return client
      .getData(path)
      .then(({ data, stat }) =>
        (data?.length ?? 0) > FEED_VALUE_BYTES_MAX ? null : { data, mzxid: stat.mzxid },
      )
      .catch(() => null)
      .finally(() => this.#reads--);
  }

  stop(): void {
    this.#throttle.stop();
  }

  #onEvent(watch: PersonsWatch, event: WatchedEvent): void {
    // The end of the session, and the client's own events about watches that were taken out.
    if (event.type < EventType.NodeCreated || event.type > EventType.NodeChildrenChanged) return;
    watch.events++;
    // Several watches may see one event; the feed names the first.
    if (!this.#fired.has(event)) this.#fired.set(event, watch);
    if (watch.oneShot) this.#watches.delete(watch.watchId);
    this.#throttle.request();
  }
}
