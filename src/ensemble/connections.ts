/** All connections of a server: by number, by session, by address. */

import type { ClientConnection } from './client-connection.ts';
import type { ConnectionKey } from './watches/watch-tables.ts';

export interface ConnectionLimits {
  /** From one address; 0: no limit. */
  readonly perAddress: number;
  /** In all; 0: no limit. */
  readonly all: number;
}

/** Where a connection comes from, and to which port. */
export interface Origin {
  readonly remoteAddress: string;
  readonly onSecurePort: boolean;
}

const NONE_COMING = { ofAddress: 0, all: 0 };

const placeOf = ({ remoteAddress, onSecurePort }: Origin): string => (onSecurePort ? `${remoteAddress} secure` : remoteAddress);

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #byKey = new Map<ConnectionKey, ClientConnection>();
  readonly #bySession = new Map<bigint, ClientConnection>();
  readonly #perAddress = new Map<string, number>();
  /** Gone, but requests of theirs are in flight and name their number. */
  readonly #leaving = new Map<ConnectionKey, ClientConnection>();
  readonly #freeKeys: ConnectionKey[] = [];
  #nextKey = 1;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byKey.size;
  }

  all(): IterableIterator<ClientConnection> {
    return this.#byKey.values();
  }

  get(key: ConnectionKey): ClientConnection | undefined {
    return this.#byKey.get(key);
  }

  /** Of a connection that is there, or whose requests are still in flight. */
  addressOf(key: ConnectionKey): string | undefined {
    return (this.#byKey.get(key) ?? this.#leaving.get(key))?.remoteAddress;
  }

  ofSession(sessionId: bigint): ClientConnection | undefined {
    return this.#bySession.get(sessionId);
  }

  /**
   * Whether one more may come. Each port counts the connections of an address by itself, as Apache's server does.
   *
   * @param coming connections of the same address, and of all, that are on their way and not here yet
   */
  mayAccept(origin: Origin, coming: { readonly ofAddress: number; readonly all: number } = NONE_COMING): boolean {
    const { perAddress, all } = this.#limits;
    if (all > 0 && this.#byKey.size + coming.all >= all) return false;
    return perAddress === 0 || (this.#perAddress.get(placeOf(origin)) ?? 0) + coming.ofAddress < perAddress;
  }

  newKey(): ConnectionKey {
    return this.#freeKeys.pop() ?? this.#nextKey++;
  }

  add(connection: ClientConnection): void {
    this.#byKey.set(connection.key, connection);
    const place = placeOf(connection);
    this.#perAddress.set(place, (this.#perAddress.get(place) ?? 0) + 1);
  }

  /** The connection speaks for its session from now on. */
  attach(connection: ClientConnection): void {
    this.#bySession.set(connection.sessionId, connection);
  }

  /** The connection no longer speaks for its session. */
  detach(connection: ClientConnection): void {
    if (this.#bySession.get(connection.sessionId) === connection) this.#bySession.delete(connection.sessionId);
  }

  remove(connection: ClientConnection): void {
    if (!this.#byKey.delete(connection.key)) return;
    this.detach(connection);
    const place = placeOf(connection);
    const left = (this.#perAddress.get(place) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(place);
    else this.#perAddress.set(place, left);
    if (connection.outstanding > 0) this.#leaving.set(connection.key, connection);
    else this.#freeKeys.push(connection.key);
  }

  /** Nobody will answer what is in flight: the server that was asked serves no more, and its connections are about to go. */
  abandonRequests(): void {
    for (const connection of this.#byKey.values()) connection.outstanding = 0;
    this.#freeKeys.push(...this.#leaving.keys());
    this.#leaving.clear();
  }

  /**
   * An answer to a request of this connection is due no longer.
   *
   * @returns the connection, unless it is gone
   */
  settle(key: ConnectionKey): ClientConnection | undefined {
    const connection = this.#byKey.get(key);
    if (connection !== undefined) return connection;
    const leaving = this.#leaving.get(key);
    if (leaving === undefined) return undefined;
    leaving.outstanding--;
    if (leaving.outstanding === 0) {
      this.#leaving.delete(key);
      this.#freeKeys.push(key);
    }
    return undefined;
  }
}
