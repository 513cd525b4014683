/** Whom a server turns away before it does anything for them: the unproved, the too many, the too large. */

import type { Random } from '../base/random.ts';
import type { Id } from '../model/acl.ts';
import type { SecuritySettings } from './config/security-settings.ts';
import type { ThrottleSettings } from './config/throttle-settings.ts';
import { ConnectionThrottle } from './processors/throttle/connection-throttle.ts';
import { LargeRequests } from './processors/throttle/large-requests.ts';

export class Guards {
  readonly largeRequests: LargeRequests;
  readonly #schemes: ReadonlySet<string> | null;
  readonly #weights: ThrottleSettings['connections']['weights'];
  readonly #connections: ConnectionThrottle;

  /** @param nowMs on the monotonic clock */
  constructor({ enforcedSchemes }: SecuritySettings, throttle: ThrottleSettings, random: Random, nowMs: number) {
    this.#schemes = enforcedSchemes;
    this.#weights = throttle.connections.weights;
    this.#connections = new ConnectionThrottle(throttle.connections, random, nowMs);
    this.largeRequests = new LargeRequests(throttle.largeRequestBytes, throttle.largeRequestBytesMax);
  }

  /** Whether whoever has these identities may ask for anything (AuthenticationHelper.enforceAuthentication). */
  hasProved(identities: readonly Id[]): boolean {
    const schemes = this.#schemes;
    return schemes === null || identities.some((id) => schemes.has(id.scheme));
  }

  /** A SASL login that fails is the end of a connection, and told as a missing one. */
  get saslRequired(): boolean {
    return this.#schemes?.has('sasl') === true;
  }

  /** Whether a session may begin, or be taken up again, now (ZooKeeperServer.processConnectRequest). */
  mayJoin(kind: 'global' | 'local' | 'renew', nowMs: number): boolean {
    return this.#connections.take(this.#weights?.[kind] ?? 1, nowMs);
  }

  /** The chance to be turned away when a session begins: from 0 to 1. */
  get dropChance(): number {
    return this.#connections.dropChance;
  }
}
