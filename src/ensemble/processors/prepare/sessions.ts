/** createSession and closeSession (facts 2.1). */

import type { TxnBody } from '../../txn/transaction.ts';
import type { PrepareContext } from './context.ts';
import { rawParent } from './context.ts';
import { removeNode } from './delete.ts';

/** From here on the session is tracked, so that what its client sends next is judged rightly. */
export function prepareCreateSession(context: PrepareContext, timeoutMs: number): TxnBody {
  const { sessionId, owner = 0 } = context.request;
  context.sessions.track(sessionId, timeoutMs, context.nowMs);
  context.sessions.setOwner(sessionId, owner);
  return { type: -10, timeoutMs };
}

/** Takes the session's ephemerals with it, those in flight included. */
export function prepareCloseSession(context: PrepareContext): TxnBody {
  const { outstanding, request } = context;
  const paths = outstanding.ephemeralsOf(request.sessionId);
  for (const path of paths) {
    const node = outstanding.find(path);
    const parent = outstanding.find(rawParent(path));
    if (node !== undefined && parent !== undefined) removeNode(context, parent, node);
  }
  context.sessions.setClosing(request.sessionId);
  return { type: -11, paths: context.options.closeSessionPaths ? paths : null };
}
