/** A preparer over a real database, with requests made in a line. */

import { seededRandom } from '../../../../src/base/random.ts';
import type { Id } from '../../../../src/model/acl.ts';
import { Access } from '../../../../src/ensemble/processors/auth/access.ts';
import type { PrepareOptions, QuotaNote } from '../../../../src/ensemble/processors/prepare/context.ts';
import { Outstanding } from '../../../../src/ensemble/processors/prepare/outstanding.ts';
import { Preparer } from '../../../../src/ensemble/processors/prepare/preparer.ts';
import type { Request } from '../../../../src/ensemble/processors/request.ts';
import { SessionTracker } from '../../../../src/ensemble/processors/session-tracker.ts';
import type { Applied } from '../../../../src/ensemble/tree/api.ts';
import { Database } from '../../../../src/ensemble/tree/database.ts';
import type { Transaction } from '../../../../src/ensemble/txn/transaction.ts';
import { nodeDigests } from '../../../../src/platform/node-digests.ts';
import { jute } from '../../../support/raw-client.ts';

export const SESSION = 0x100n;
export const OTHER_SESSION = 0x200n;
export const HOME: Id = { scheme: 'ip', id: '127.0.0.1' };

export class Bench {
  readonly database: Database;
  readonly sessions = new SessionTracker(1000, 1n, 0);
  readonly outstanding: Outstanding;
  readonly preparer: Preparer;
  wallMs = 1_000_000;
  /** What quotas had to say. */
  readonly quotaNotes: string[] = [];

  constructor(options: Partial<PrepareOptions> = {}) {
    const all: PrepareOptions = {
      extendedTypes: true, digestEnabled: true, enforceQuota: false, reconfigEnabled: false, closeSessionPaths: true, requestBytesMax: 0xf_ffff, ...options,
    };
    const { extendedTypes, digestEnabled } = all;
    this.database = new Database({ extendedTypes, digestEnabled });
    const access = new Access({ skipAcl: false, superDigest: null, digestAlgorithm: 'SHA1', digestEnabled: true }, nodeDigests);
    const { tree } = this.database;
    this.outstanding = new Outstanding(tree, digestEnabled);
    const tools = { options: all, tree, outstanding: this.outstanding, access, sessions: this.sessions, quotaPassed: this.#noteQuota };
    this.preparer = new Preparer(tools, 0n);
    for (const id of [SESSION, OTHER_SESSION]) this.run(-10, jute.int(10_000), { sessionId: id });
  }

  readonly #noteQuota: QuotaNote = (top, what, used, limit, hard) => {
    this.quotaNotes.push(`${top} ${what} ${used}/${limit}${hard ? ' refused' : ''}`);
  };

  /** Decides a write; it stays in flight. */
  prepare(type: number, body: Uint8Array = new Uint8Array(0), more: Partial<Request> = {}): Transaction {
    this.wallMs += 10;
    const request: Request = {
      connection: 1, sessionId: SESSION, cxid: 7, type, body, identities: [HOME], receivedMs: 0, ...more,
    };
    return this.preparer.prepare(request, { wallMs: this.wallMs, monotonicMs: 0 });
  }

  apply(txn: Transaction): Applied {
    const applied = this.database.apply(txn);
    this.preparer.applied(txn.header.zxid);
    return applied;
  }

  /** Decides a write and applies it at once. */
  run(type: number, body?: Uint8Array, more?: Partial<Request>): Applied & { readonly txn: Transaction } {
    const txn = this.prepare(type, body, more);
    return { ...this.apply(txn), txn };
  }

  /** 0, or the code with which a write was refused. */
  code(type: number, body?: Uint8Array, more?: Partial<Request>): number {
    const { txn } = this.run(type, body, more);
    return txn.body.type === -1 ? txn.body.err : 0;
  }
}

export const seeded = seededRandom;
