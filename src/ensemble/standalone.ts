/**
 * The role of a server without others (facts 4.1, Standalone): a write is decided, made durable, applied, answered;
 * nobody else is asked. Reads go past, but not past their own session's writes.
 */

import { NO_EFFECTS, type Commit, type Effects, type Role, type RoleInput } from './effects.ts';
import { CommitGate } from './processors/commit-gate.ts';
import type { Preparer } from './processors/prepare/preparer.ts';
import { isWrite, type Request } from './processors/request.ts';
import type { Transaction } from './txn/transaction.ts';

interface InFlight {
  readonly txn: Transaction;
  readonly request: Request;
}

export class StandaloneRole implements Role {
  readonly mode = 'standalone';
  readonly #preparer: Preparer;
  readonly #gate = new CommitGate();
  #inFlight: InFlight[] = [];

  constructor(preparer: Preparer) {
    this.#preparer = preparer;
  }

  get pending(): number {
    return this.#inFlight.length + this.#gate.heldReads;
  }

  step(input: RoleInput): Effects {
    switch (input.kind) {
      case 'request':
        return this.#request(input.request, { wallMs: input.wallMs, monotonicMs: input.monotonicMs });
      case 'durable':
        return this.#durable(input.zxid);
      case 'applied':
        this.#preparer.applied(input.zxid);
        return NO_EFFECTS;
    }
  }

  #request(request: Request, now: { readonly wallMs: number; readonly monotonicMs: number }): Effects {
    if (!isWrite(request.type)) {
      return this.#gate.read(request) ? { ...NO_EFFECTS, answer: [request] } : NO_EFFECTS;
    }
    const txn = this.#preparer.prepare(request, now);
    this.#gate.write(request.sessionId);
    this.#inFlight.push({ txn, request });
    return { ...NO_EFFECTS, persist: [txn] };
  }

  #durable(zxid: bigint): Effects {
    let count = 0;
    while (count < this.#inFlight.length && (this.#inFlight[count] as InFlight).txn.header.zxid <= zxid) count++;
    if (count === 0) return NO_EFFECTS;
    const done = this.#inFlight.splice(0, count);
    const apply = done.map(({ txn, request }): Commit => ({ txn, request, released: this.#gate.committed(request.sessionId) }));
    return { ...NO_EFFECTS, apply };
  }
}
