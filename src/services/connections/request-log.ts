/** The command log of one connection: every request that ended, and their sums. */

import type { RequestRecord } from '../../client/api.ts';
import { REQUEST_ENTRIES_MAX, type RequestEntry } from '../../contract/watches.ts';
import { errorName } from '../../model/error-code.ts';
import { Ring } from '../util/ring.ts';
import { formatServer } from '../../client/connect-string.ts';

export interface Totals {
  readonly requests: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

export class RequestLog {
  readonly #connectionId: string;
  readonly #ring = new Ring<RequestEntry>(REQUEST_ENTRIES_MAX);
  #totals: Totals = { requests: 0, bytesOut: 0, bytesIn: 0 };

  constructor(connectionId: string) {
    this.#connectionId = connectionId;
  }

  add(record: RequestRecord): void {
    const { requests, bytesOut, bytesIn } = this.#totals;
    this.#totals = {
      requests: requests + 1,
      bytesOut: bytesOut + record.bytesOut,
      bytesIn: bytesIn + record.bytesIn,
    };
    this.#ring.push((seq) => ({
      connectionId: this.#connectionId,
      seq,
      atMs: record.atMs,
      operation: record.operation,
      path: record.path,
      bytesOut: record.bytesOut,
      bytesIn: record.bytesIn,
      latencyMs: record.latencyMs,
      result: record.err === null ? (record.failure ?? 'Lost') : errorName(record.err),
      zxid: record.zxid,
      server: record.server === null ? null : formatServer(record.server),
    }));
  }

  after(seq: number): RequestEntry[] {
    return this.#ring.after(seq);
  }

  get lastSeq(): number {
    return this.#ring.lastSeq;
  }

  get totals(): Totals {
    return this.#totals;
  }
}
