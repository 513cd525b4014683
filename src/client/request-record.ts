/** The command log's line about a finished call. */

import type { RequestRecord } from './api.ts';
import type { Call } from './call.ts';

export type RequestOutcome = Pick<
  RequestRecord,
  'bytesIn' | 'err' | 'failure' | 'zxid' | 'latencyMs' | 'server' | 'atMs'
>;

export function requestRecord(call: Call, outcome: RequestOutcome): RequestRecord {
  return {
    xid: call.xid,
    operation: call.kind.name,
    path: call.path,
    bytesOut: call.bytesOut,
    ...outcome,
  };
}
