/** All connections of a server: by number, by session, by address. */

import type { ClientConnection } from './client-connection.ts';
import type { ConnectionKey } from './watches/watch-tables.ts';

export interface ConnectionLimits {
  /** From one address; 0: no limit. */
  readonly perAddress: number;
  /** In all; 0: no limit. */
  readonly all: number;
}

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

  ofSession(sessionId: bigint): ClientConnection | undefined {
    return this.#bySession.get(sessionId);
  }

  /** Whether one more from this address may come. */
  mayAccept(remoteAddress: string): boolean {
    const { perAddress, all } = this.#limits;
    if (all > 0 && this.#byKey.size >= all) return false;
    return perAddress === 0 || (this.#perAddress.get(remoteAddress) ?? 0) < perAddress;
  }

  newKey(): ConnectionKey {
    return this.#freeKeys.pop() ?? this.#nextKey++;
  }

  add(connection: ClientConnection): void {
    this.#byKey.set(connection.key, connection);
    this.#perAddress.set(connection.remoteAddress, (this.#perAddress.get(connection.remoteAddress) ?? 0) + 1);
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
    const left = (this.#perAddress.get(connection.remoteAddress) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(connection.remoteAddress);
    else this.#perAddress.set(connection.remoteAddress, left);
    if (connection.outstanding === 0) this.#freeKeys.push(connection.key);
    else this.#leaving.set(connection.key, connection);
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
