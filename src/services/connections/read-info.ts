/** Where and when a reply was read, for the view. */

import type { ReplyInfo } from '../../client/api.ts';
import { formatServer } from '../../client/connect-string.ts';
import type { ReadInfo } from '../../contract/shapes.ts';

/** The reply's server, transaction and time. */
export function readInfoOf(reply: ReplyInfo): ReadInfo {
  return { server: formatServer(reply.server), zxid: reply.zxid, atMs: reply.atMs };
}
