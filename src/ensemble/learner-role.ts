/**
 * A follower's or observer's side of serving clients (facts 4.1, FollowerZooKeeperServer, ObserverZooKeeperServer):
 * reads are answered here, writes and syncs go to the leader, and what comes back committed is answered to whoever
 * waits for it here.
 */

import { NO_EFFECTS, type Commit, type Effects, type Role, type RoleInput } from './effects.ts';
import { CommitGate } from './processors/commit-gate.ts';
import { needsCommit, Op, type Request } from './processors/request.ts';
import type { Transaction } from './txn/transaction.ts';

export class LearnerRole implements Role {
  readonly mode: string;
  readonly #forward: (request: Request) => void;
  readonly #gate = new CommitGate();
  /** Sent to the leader and not committed, oldest first, by session. */
  readonly #forwarded = new Map<bigint, Request[]>();
  readonly #syncs: Request[] = [];
  #pending = 0;

  /** @param mode `follower` or `observer` */
  constructor(mode: string, forward: (request: Request) => void) {
    this.mode = mode;
    this.#forward = forward;
  }

  get pending(): number {
    return this.#pending + this.#gate.heldReads;
  }

  step(input: RoleInput): Effects {
    if (input.kind !== 'request') return NO_EFFECTS;
    const { request } = input;
    const { sessionId, type } = request;
    if (!needsCommit(request) && type !== Op.sync) {
      return this.#gate.read(request) ? { ...NO_EFFECTS, answer: [request] } : NO_EFFECTS;
    }
    this.#gate.write(sessionId);
    this.#pending++;
    if (type === Op.sync) this.#syncs.push(request);
    const before = this.#forwarded.get(sessionId);
    if (before === undefined) this.#forwarded.set(sessionId, [request]);
    else before.push(request);
    this.#forward(request);
    return NO_EFFECTS;
  }

  /** What is to be done now that a transaction is committed: it may be another server's client's. */
  committed(txn: Transaction): Commit {
    const { sessionId, cxid } = txn.header;
    const [oldest] = this.#forwarded.get(sessionId) ?? [];
    if (oldest === undefined || oldest.cxid !== cxid || oldest.type === Op.sync) return { txn, request: null, released: [] };
    return { txn, request: oldest, released: this.#settle(sessionId) };
  }

  /** The oldest sync of this server's clients may be answered. */
  synced(): Effects {
    const request = this.#syncs.shift();
    if (request === undefined) return NO_EFFECTS;
    return { ...NO_EFFECTS, answer: [request, ...this.#settle(request.sessionId)] };
  }

  #settle(sessionId: bigint): readonly Request[] {
    const queue = this.#forwarded.get(sessionId);
    queue?.shift();
    if (queue?.length === 0) this.#forwarded.delete(sessionId);
    this.#pending--;
    return this.#gate.committed(sessionId);
  }
}
