/**
 * One open connection: the session, its state as the view sees it, its feed, its command log and its watches.
 * Must hold: after an ended session it stays, with its last state, until it is reopened or closed; what one session
 * left (watches, notes) is never taken for the next one's.
 */

import type { Unsubscribe } from '../../base/emitter.ts';
import type { RequestRecord, StateChange, WatchedEvent, ZooKeeper } from '../../client/api.ts';
import type { ConnectionState, Profile } from '../../contract/connections.ts';
import type { FeedEntry, RequestEntry } from '../../contract/watches.ts';
import { UsageError } from '../../model/errors.ts';
import { EventType, eventName } from '../../model/watch.ts';
import type { Tell } from '../context.ts';
import type { Ports } from '../ports.ts';
import type { Credentials } from '../profiles/credentials.ts';
import { plainData } from '../util/plain-bytes.ts';
import { createThrottle, type Throttle } from '../util/throttle.ts';
import { WatchRegistry } from '../watches/watch-registry.ts';
import { EntrySender } from './entry-sender.ts';
import { Feed } from './feed.ts';
import { ConnectionNotes } from './notes.ts';
import { RequestLog } from './request-log.ts';
import { StaleTeller } from './stale.ts';
import { formatServer, parseConnectString } from '../../client/connect-string.ts';
import type { ServerAddress } from '../../client/transport.ts';

/** States are told at most four times a second. */
const STATE_INTERVAL_MS = 250;

export interface ConnectionParts {
  readonly id: string;
  readonly ports: Pick<Ports, 'clock' | 'logger'>;
  readonly tell: Tell;
  readonly openSession: (profile: Profile, credentials: readonly Credentials[]) => ZooKeeper;
}

export class OpenConnection {
  readonly id: string;
  readonly feed: Feed;
  readonly requests: RequestLog;
  readonly watches: WatchRegistry;
  /** Keeps the screen fresh: the watcher of reads. */
  readonly stale: StaleTeller;
  readonly notes = new ConnectionNotes();
  readonly #parts: ConnectionParts;
  readonly #stateThrottle: Throttle;
  readonly #feedSender: EntrySender<FeedEntry>;
  readonly #requestSender: EntrySender<RequestEntry>;
  #profile: Profile;
  #credentials: readonly Credentials[];
  /** Those that the profile does not have: they are not lost with a session. */
  #added: readonly Credentials[] = [];
  #client: ZooKeeper;
  #unsubscribes: Unsubscribe[] = [];
  #reason: string | null = null;
  #sinceMs: number;
  /** When the connection of this session was lost; null while it stands, or never stood. */
  #lostAtMs: number | null = null;
  #closed = false;

  constructor(parts: ConnectionParts, profile: Profile, credentials: readonly Credentials[]) {
    const { id, ports, tell } = parts;
    const { clock } = ports;
    this.id = id;
    this.#parts = parts;
    this.#profile = profile;
    this.#credentials = credentials;
    this.#sinceMs = clock.wallMs();
    this.feed = new Feed(id, clock, () => this.#feedSender.wake());
    this.requests = new RequestLog(id);
    this.watches = new WatchRegistry(id, clock, (watches) => tell('watches.changed', { connectionId: id, watches }));
    this.stale = new StaleTeller(id, this.watches, clock, tell);
    this.#feedSender = new EntrySender(clock, this.feed, (entries) => tell('feed.entries', entries));
    this.#requestSender = new EntrySender(clock, this.requests, (entries) => tell('requests.entries', entries));
    this.#stateThrottle = createThrottle(clock, STATE_INTERVAL_MS, () => tell('connections.changed', this.state()));
    this.#client = this.#openSession();
  }

  /** Notes a request that ended, of this session or beside it (a four-letter word), in the command log. */
  logRequest(record: RequestRecord): void {
    this.requests.add(record);
    this.#requestSender.wake();
    this.#stateThrottle.request();
  }

  get client(): ZooKeeper {
    return this.#client;
  }

  /** In the order of the connect string; the client has them shuffled. */
  get servers(): readonly ServerAddress[] {
    return parseConnectString(this.#profile.connectString).servers;
  }

  get profile(): Profile {
    return this.#profile;
  }

  /** The profile's, and those added while a session ran. */
  get credentials(): readonly Credentials[] {
    return [...this.#credentials, ...this.#added];
  }

  get readOnly(): boolean {
    return this.#profile.readOnly;
  }

  /** Whether its session is over. */
  get ended(): boolean {
    const { state } = this.#client;
    return state === 'expired' || state === 'authFailed' || state === 'closed';
  }

  state(): ConnectionState {
    const client = this.#client;
    const profile = this.#profile;
    return {
      connectionId: this.id,
      profileId: profile.id,
      name: profile.name,
      colour: profile.colour,
      environment: profile.environment,
      readOnly: profile.readOnly,
      chroot: client.chroot,
      servers: this.servers.map(formatServer),
      state: client.state,
      server: client.server === null ? null : formatServer(client.server),
      sessionId: client.sessionId,
      sessionTimeoutMs: client.sessionTimeoutMs,
      lastZxid: client.lastZxid,
      reason: this.#reason,
      sinceMs: this.#sinceMs,
      juteMaxBuffer: profile.juteMaxBuffer,
      load: { ...client.load },
      totals: { ...this.requests.totals },
    };
  }

  /** Takes over what may change while it is open: name, colour, environment, read-only. */
  adopt(profile: Profile): void {
    const { name, colour, environment, readOnly } = profile;
    this.#profile = { ...this.#profile, name, colour, environment, readOnly };
    this.#stateThrottle.request();
  }

  /** Remembers credentials that were added to the running session, so that the next one has them too. */
  addCredentials(credentials: Credentials): void {
    this.#added = [...this.#added, credentials];
    this.notes.forgetRights();
  }

  /**
   * A new session in the place of the present one.
   *
   * @param credentials the profile's, as they are now; those added meanwhile stay, unless the profile has that user
   * @throws UsageError UnknownConnection when it was closed meanwhile
   */
  async reopen(profile: Profile, credentials: readonly Credentials[]): Promise<void> {
    await this.#endSession();
    if (this.#closed) throw new UsageError('UnknownConnection', `the connection ${this.id} was closed`);
    this.#profile = profile;
    this.#credentials = credentials;
    this.#added = this.#added.filter((entry) => !credentials.some((other) => sameUser(other, entry)));
    this.#reason = null;
    this.#sinceMs = this.#parts.ports.clock.wallMs();
    this.#client = this.#openSession();
    this.feed.add({ kind: 'gap', type: 'newSession', detail: 'a new session: the watches of the last one are gone' });
    this.#stateThrottle.request();
  }

  /** Closes the session on the server. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#endSession();
    this.#feedSender.stop();
    this.#requestSender.stop();
    this.#stateThrottle.stop();
    this.feed.stop();
    this.watches.stop();
    this.stale.stop();
  }

  async #endSession(): Promise<void> {
    const client = this.#client;
    await client.close();
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
    this.watches.endAll();
    this.stale.forgetAll();
    this.notes.forgetAll();
    this.#lostAtMs = null;
  }

  #openSession(): ZooKeeper {
    const client = this.#parts.openSession(this.#profile, this.credentials);
    this.#unsubscribes = [
      client.stateChanges.on((change) => this.#onStateChange(change)),
      client.watchEvents.on((event) => this.#onWatchEvent(event)),
      client.requests.on((record) => this.logRequest(record)),
    ];
    return client;
  }

  #onStateChange(change: StateChange): void {
    this.#reason = change.reason;
    this.#sinceMs = change.atMs;
    const stands = change.state === 'connected' || change.state === 'connectedReadOnly';
    if (stands && this.#lostAtMs !== null) {
      const awayMs = Math.max(0, change.atMs - this.#lostAtMs);
      this.feed.add({ kind: 'gap', type: 'disconnected', atMs: change.atMs, detail: `${awayMs} ms without a connection` });
      this.#lostAtMs = null;
    }
    if (change.state === 'connecting' && change.previous !== 'connecting') this.#lostAtMs = change.atMs;
    this.feed.add({
      kind: 'session',
      type: change.state,
      atMs: change.atMs,
      server: change.server === null ? null : formatServer(change.server),
      detail: change.reason,
    });
    if (change.state === 'expired') this.watches.endAll();
    this.#stateThrottle.request();
  }

  /** The client has told the watchers just before (client/api.ts), so that it is known whose watch it was. */
  #onWatchEvent(event: WatchedEvent): void {
    const { path } = event;
    if (event.type === EventType.None || path === null) return;
    this.stale.onEvent(event);
    const { server } = this.#client;
    const watch = this.watches.takeFired(event);
    const entry = {
      kind: 'watch' as const,
      type: eventName(event.type),
      path,
      zxid: event.zxid,
      server: server === null ? null : formatServer(server),
      watchId: watch?.watchId ?? null,
    };
    if (watch !== null && event.type === EventType.NodeDataChanged) this.#addDataChange(path, entry);
    else this.feed.add(entry);
    if (event.type === EventType.NodeDeleted) this.notes.values.delete(path);
  }

  #addDataChange(path: string, entry: Parameters<Feed['addHeld']>[0]): void {
    const read = this.watches.readValue(this.#client, path);
    if (read === null) {
      this.feed.add(entry);
      return;
    }
    const added = this.feed.addHeld(entry);
    const before = this.notes.values.get(path);
    void read.then((value) => {
      if (value === null) {
        this.feed.complete(added);
        return;
      }
      this.notes.values.set(path, value);
      this.feed.complete({ ...added, after: plainData(value.data), ...(before === undefined ? {} : { before: plainData(before.data) }) });
    });
  }
}

function sameUser(a: Credentials, b: Credentials): boolean {
  return a.scheme === b.scheme && a.user === b.user;
}
