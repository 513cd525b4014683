/** Which nodes belong to a session, and which are containers or have a time to live (EphemeralType). */

import { ownerKind } from '../../model/create-mode.ts';
import type { NodeId } from './node-store.ts';

export class OwnerIndex {
  readonly #bySession = new Map<bigint, Set<NodeId>>();
  readonly #extendedTypes: boolean;
  readonly containers = new Set<NodeId>();
  readonly ttlNodes = new Set<NodeId>();
  #ephemeralCount = 0;

  constructor(extendedTypes: boolean) {
    this.#extendedTypes = extendedTypes;
  }

  get ephemeralCount(): number {
    return this.#ephemeralCount;
  }

  /** @param owner as stored in the node */
  add(id: NodeId, owner: bigint): void {
    if (owner === 0n) return;
    const kind = ownerKind(owner, this.#extendedTypes);
    if (kind === 'container') this.containers.add(id);
    else if (kind === 'ttl') this.ttlNodes.add(id);
    else {
      const own = this.#bySession.get(owner);
      if (own === undefined) this.#bySession.set(owner, new Set([id]));
      else own.add(id);
      this.#ephemeralCount++;
    }
  }

  remove(id: NodeId, owner: bigint): void {
    if (owner === 0n) return;
    const kind = ownerKind(owner, this.#extendedTypes);
    if (kind === 'container') this.containers.delete(id);
    else if (kind === 'ttl') this.ttlNodes.delete(id);
    else {
      const own = this.#bySession.get(owner);
      if (own?.delete(id) !== true) return;
      this.#ephemeralCount--;
      if (own.size === 0) this.#bySession.delete(owner);
    }
  }

  /** What clients are shown: 0 for container and TTL nodes. */
  shownOwner(owner: bigint): bigint {
    return owner !== 0n && ownerKind(owner, this.#extendedTypes) === 'session' ? owner : 0n;
  }

  ofSession(sessionId: bigint): ReadonlySet<NodeId> | undefined {
    return this.#bySession.get(sessionId);
  }

  sessions(): bigint[] {
    return [...this.#bySession.keys()];
  }

  clear(): void {
    this.#bySession.clear();
    this.containers.clear();
    this.ttlNodes.clear();
    this.#ephemeralCount = 0;
  }
}
