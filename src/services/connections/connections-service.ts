/**
 * Open connections. In: ids of profiles. Out: sessions, kept until they are closed here, and their states as events.
 */

import type { ClientOptions, ZooKeeper } from '../../client/api.ts';
import type { ConnectionState, Profile } from '../../contract/connections.ts';
import { UsageError } from '../../model/errors.ts';
import type { HandlersOf, Tell } from '../context.ts';
import type { Ports } from '../ports.ts';
import { authInfoOf, credentialsOf, type Credentials } from '../profiles/credentials.ts';
import type { ProfilesService } from '../profiles/profiles-service.ts';
import { newId } from '../util/ids.ts';
import { OpenConnection } from './open-connection.ts';

const CONNECTIONS_MAX = 64;

export interface ConnectionsService {
  /** @throws UsageError UnknownConnection */
  get(connectionId: string): OpenConnection;
  find(connectionId: string): OpenConnection | undefined;
  /** Opens a profile; one that is open already is given back, with a new session when its own is over. */
  open(profileId: string): Promise<ConnectionState>;
  close(connectionId: string): Promise<void>;
  reopen(connectionId: string): Promise<ConnectionState>;
  list(): ConnectionState[];
  /** Calls `fn` when a connection is closed, with its id. */
  onClosed(fn: (connectionId: string) => void): void;
  /** Closes the connection of a profile, if it is open. */
  closeOf(profileId: string): Promise<void>;
  closeAll(): Promise<void>;
}

export interface ConnectionsParts {
  readonly ports: Ports;
  readonly openClient: (options: ClientOptions) => ZooKeeper;
  readonly profiles: ProfilesService;
  readonly tell: Tell;
  /** Called before a session to the profile is opened: starts its local server. @returns the profile as it is then */
  readonly beforeOpen: (profile: Profile) => Promise<Profile>;
}

/** What a client needs of the outside world. */
export type ClientPorts = Pick<Ports, 'transport' | 'clock' | 'random' | 'logger'>;

/** How a session to a profile is opened, here and in the connection test. */
export function clientOptionsOf(
  ports: ClientPorts,
  profile: Pick<Profile, 'connectString' | 'sessionTimeoutMs' | 'connectTimeoutMs' | 'canBeReadOnly' | 'juteMaxBuffer'>,
  credentials: readonly Credentials[],
): ClientOptions {
  return {
    connectString: profile.connectString,
    sessionTimeoutMs: profile.sessionTimeoutMs,
    connectTimeoutMs: profile.connectTimeoutMs,
    canBeReadOnly: profile.canBeReadOnly,
    requestBytesMax: profile.juteMaxBuffer,
    auth: credentials.map(authInfoOf),
    transport: ports.transport,
    clock: ports.clock,
    random: ports.random,
    logger: ports.logger,
  };
}

/** The open connections of the app, shared by all its views. */
export function createConnections(parts: ConnectionsParts): ConnectionsService {
  return new Connections(parts);
}

class Connections implements ConnectionsService {
  readonly #parts: ConnectionsParts;
  readonly #open = new Map<string, OpenConnection>();
  /** What is being opened or reopened, by profile: two clicks, or two windows, are one opening. */
  readonly #opening = new Map<string, Promise<ConnectionState>>();
  readonly #closedListeners: ((connectionId: string) => void)[] = [];

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    parts.profiles.saved.on((profile) => {
      for (const connection of this.#open.values()) if (connection.profile.id === profile.id) connection.adopt(profile);
    });
  }

  get(connectionId: string): OpenConnection {
    const connection = this.#open.get(connectionId);
    if (connection === undefined) throw new UsageError('UnknownConnection', `there is no open connection ${connectionId}`);
    return connection;
  }

  find(connectionId: string): OpenConnection | undefined {
    return this.#open.get(connectionId);
  }

  list(): ConnectionState[] {
    return [...this.#open.values()].map((connection) => connection.state());
  }

  onClosed(fn: (connectionId: string) => void): void {
    this.#closedListeners.push(fn);
  }

  open(profileId: string): Promise<ConnectionState> {
    return this.#once(profileId, () => this.#openNew(profileId));
  }

  async reopen(connectionId: string): Promise<ConnectionState> {
    const connection = this.get(connectionId);
    return this.#once(connection.profile.id, () => this.#reopen(connection));
  }

  async close(connectionId: string): Promise<void> {
    const connection = this.#open.get(connectionId);
    if (connection === undefined) return;
    this.#open.delete(connectionId);
    for (const fn of this.#closedListeners) fn(connectionId);
    await connection.close();
    this.#parts.tell('connections.closed', { connectionId });
  }

  async closeOf(profileId: string): Promise<void> {
    await this.#opening.get(profileId)?.catch(() => undefined);
    const open = [...this.#open.values()].filter(({ profile }) => profile.id === profileId);
    await Promise.all(open.map(({ id }) => this.close(id)));
  }

  async closeAll(): Promise<void> {
    const closeOpen = (): Promise<unknown> => Promise.all([...this.#open.keys()].map((id) => this.close(id)));
    await closeOpen();
    await Promise.allSettled(this.#opening.values());
    await closeOpen();
  }

  #once(profileId: string, work: () => Promise<ConnectionState>): Promise<ConnectionState> {
    const pending = this.#opening.get(profileId);
    if (pending !== undefined) return pending;
    const mine = work().finally(() => this.#opening.delete(profileId));
    this.#opening.set(profileId, mine);
    return mine;
  }

  async #openNew(profileId: string): Promise<ConnectionState> {
    const { ports, profiles, tell, openClient } = this.#parts;
    const present = [...this.#open.values()].find((connection) => connection.profile.id === profileId);
    if (present !== undefined) return present.ended ? this.#reopen(present) : present.state();
    if (this.#open.size >= CONNECTIONS_MAX) throw new UsageError('TooManyConnections', `${this.#open.size} connections are open`);
    const { profile, found, missing } = await this.#prepare(profileId);
    const openSession = (by: Profile, credentials: readonly Credentials[]): ZooKeeper =>
      openClient(clientOptionsOf(ports, by, credentials));
    const connection = new OpenConnection({ id: newId(ports.random), ports, tell, openSession }, profile, found);
    this.#open.set(connection.id, connection);
    tellMissing(connection, missing);
    tell('connections.changed', connection.state());
    await profiles.touch(profileId, ports.clock.wallMs()).catch((error: unknown) => {
      ports.logger.log('warn', 'the time of opening could not be saved', { reason: String(error) });
    });
    return connection.state();
  }

  async #reopen(connection: OpenConnection): Promise<ConnectionState> {
    const { profile, found, missing } = await this.#prepare(connection.profile.id);
    await connection.reopen(profile, found);
    tellMissing(connection, missing);
    return connection.state();
  }

  /** The profile and its secrets as they are now; its local server runs. */
  async #prepare(profileId: string): Promise<{ profile: Profile; found: Credentials[]; missing: readonly string[] }> {
    const profile = await this.#parts.beforeOpen(await this.#parts.profiles.get(profileId));
    return { profile, ...(await credentialsOf(this.#parts.ports.secrets, profile)) };
  }
}

function tellMissing(connection: OpenConnection, missing: readonly string[]): void {
  for (const entry of missing) {
    connection.feed.add({ kind: 'session', type: 'secretMissing', detail: `no stored secret for ${entry}: it was left out` });
  }
}

/** The handlers of `connections.*`. */
export function connectionHandlers(
  connections: ConnectionsService,
): HandlersOf<'connections.open' | 'connections.close' | 'connections.reopen' | 'connections.list' | 'connections.addAuth'> {
  return {
    'connections.open': ({ profileId }) => connections.open(profileId),
    'connections.close': async ({ connectionId }) => {
      await connections.close(connectionId);
      return null;
    },
    'connections.reopen': ({ connectionId }) => connections.reopen(connectionId),
    'connections.list': () => connections.list(),
    'connections.addAuth': async ({ connectionId, scheme, user, secret }, { signal }) => {
      const connection = connections.get(connectionId);
      const credentials = { scheme, user, secret };
      const { auth } = authInfoOf(credentials);
      await connection.client.addAuth(scheme, auth, { signal });
      connection.addCredentials(credentials);
      connection.feed.add({ kind: 'session', type: 'addAuth', detail: user === '' ? scheme : `${scheme}:${user}` });
      return null;
    },
  };
}
