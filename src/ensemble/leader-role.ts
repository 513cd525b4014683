/**
 * The leader's side of serving clients (facts 4.1, LeaderZooKeeperServer): writes of its own clients and of the
 * learners' are decided here and given to the ensemble; what is committed is answered to whoever waits for it here.
 */

import { NO_EFFECTS, type Commit, type Effects, type Role, type RoleInput } from './effects.ts';
import { CommitGate } from './processors/commit-gate.ts';
import type { Preparer } from './processors/prepare/preparer.ts';
import { needsCommit, Op, type Request } from './processors/request.ts';
import type { Transaction } from './txn/transaction.ts';

/** What the role asks of the ensemble. */
export interface LeaderLink {
  propose(txn: Transaction): void;
  /** `synced` is to be called when everything proposed so far is applied. */
  sync(): void;
}

export class LeaderRole implements Role {
  readonly mode = 'leader';
  readonly #preparer: Preparer;
  readonly #link: LeaderLink;
  readonly #gate = new CommitGate();
  /** Of this server's own clients, by zxid. */
  readonly #inFlight = new Map<bigint, Request>();
  readonly #syncs: Request[] = [];

  constructor(preparer: Preparer, link: LeaderLink) {
    this.#preparer = preparer;
    this.#link = link;
  }

  get pending(): number {
    return this.#inFlight.size + this.#syncs.length + this.#gate.heldReads;
  }

  step(input: RoleInput): Effects {
    if (input.kind === 'applied') this.#preparer.applied(input.zxid);
    if (input.kind !== 'request') return NO_EFFECTS;
    const { request, wallMs, monotonicMs } = input;
    if (needsCommit(request)) this.#write(request, { wallMs, monotonicMs });
    else if (request.type === Op.sync) this.#sync(request);
    else if (this.#gate.read(request)) return { ...NO_EFFECTS, answer: [request] };
    return NO_EFFECTS;
  }

  /** What is to be done now that a transaction is committed. */
  committed(txn: Transaction): Commit {
    const { zxid } = txn.header;
    const request = this.#inFlight.get(zxid);
    if (request === undefined) return { txn, request: null, released: [] };
    this.#inFlight.delete(zxid);
    return { txn, request, released: this.#gate.committed(request.sessionId) };
  }

  /** The oldest sync of this server's own clients may be answered. */
  synced(): Effects {
    const request = this.#syncs.shift();
    if (request === undefined) return NO_EFFECTS;
    return { ...NO_EFFECTS, answer: [request, ...this.#gate.committed(request.sessionId)] };
  }

  #write(request: Request, now: { readonly wallMs: number; readonly monotonicMs: number }): void {
    const txn = this.#preparer.prepare(request, now);
    if ((request.owner ?? 0) === 0) {
      this.#gate.write(request.sessionId);
      this.#inFlight.set(txn.header.zxid, request);
    }
    this.#link.propose(txn);
  }

  #sync(request: Request): void {
    this.#gate.write(request.sessionId);
    this.#syncs.push(request);
    this.#link.sync();
  }
}
