/** createSession and closeSession (facts 2.1). */

import { encodeUtf8 } from '../../../base/text.ts';
import type { TxnBody } from '../../txn/transaction.ts';
import type { PrepareContext } from './context.ts';
import { rawParent } from './context.ts';
import { removeNode } from './delete.ts';

/** In front of each path. */
const LENGTH_BYTES = 4;
/** Of UTF-8, for one of a string's. */
const CHARACTER_BYTES_MAX = 3;

/** From here on the session is tracked, so that what its client sends next is judged rightly. */
export function prepareCreateSession(context: PrepareContext, timeoutMs: number): TxnBody {
  const { sessionId, owner = 0 } = context.request;
  context.sessions.track(sessionId, timeoutMs, context.nowMs);
  context.sessions.setOwner(sessionId, owner);
  return { type: -10, timeoutMs };
}

/**
 * Takes the session's ephemerals with it, those in flight included. Where they are too many to be named, the transaction
 * names none, as before 3.6: every server knows whose they are.
 */
export function prepareCloseSession(context: PrepareContext): TxnBody {
  const { outstanding, request } = context;
  const paths = outstanding.ephemeralsOf(request.sessionId);
  for (const path of paths) {
    const node = outstanding.find(path);
    const parent = outstanding.find(rawParent(path));
    if (node !== undefined && parent !== undefined) removeNode(context, parent, node);
  }
  context.sessions.setClosing(request.sessionId);
  return { type: -11, paths: context.options.closeSessionPaths && fits(paths, context.options.requestBytesMax) ? paths : null };
}

/** Whether members take in a transaction with so many paths: what is longer than jute.maxbuffer Apache's refuse, and leave (ZOOKEEPER-4306). */
function fits(paths: readonly string[], bytesMax: number): boolean {
  const bytes = (ofPath: (path: string) => number): number => paths.reduce((sum, path) => sum + LENGTH_BYTES + ofPath(path), 0);
  return bytes((path) => path.length * CHARACTER_BYTES_MAX) <= bytesMax || bytes((path) => encodeUtf8(path).length) <= bytesMax;
}
