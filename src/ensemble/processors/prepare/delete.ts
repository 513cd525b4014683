/** delete, and deleteContainer, which only the server asks of itself (facts 1.11, 1.13). */

import { ErrorCode } from '../../../model/error-code.ts';
import { Perms } from '../../../model/acl.ts';
import { ownerKind } from '../../../model/create-mode.ts';
import type { DeleteRequest } from '../../../wire/operations/delete.ts';
import type { NodeSummary } from '../../tree/api.ts';
import type { TxnBody } from '../../txn/transaction.ts';
import { checkAccess, checkSession, isSpecialPath, nextVersion, rawParent, type PrepareContext } from './context.ts';
import { draftOf } from './outstanding.ts';
import { refuse } from './refusal.ts';

/** @throws KeeperError what the client is told */
export function prepareDelete(context: PrepareContext, wanted: DeleteRequest): TxnBody {
  checkSession(context);
  const { path } = wanted;
  const parent = parentOf(context, path);
  checkAccess(context, parent.acl, Perms.DELETE, path);
  const node = context.outstanding.get(path);
  nextVersion(node.version, wanted.version, path);
  if (node.childCount > 0) refuse(ErrorCode.NotEmpty, path);
  removeNode(context, parent, node);
  return { type: 2, path };
}

/** A container or TTL node whose time has come; it may have got a child, or be gone, since it was chosen. */
export function prepareDeleteContainer(context: PrepareContext, path: string): TxnBody {
  const parent = parentOf(context, path);
  const node = context.outstanding.get(path);
  if (node.childCount > 0) refuse(ErrorCode.NotEmpty, path);
  if (ownerKind(node.ephemeralOwner, context.options.extendedTypes) === 'session') refuse(ErrorCode.BadVersion, path);
  removeNode(context, parent, node);
  return { type: 20, path };
}

function parentOf(context: PrepareContext, path: string): NodeSummary {
  if (!path.includes('/') || path.includes('\0') || isSpecialPath(path)) refuse(ErrorCode.BadArguments, path);
  return context.outstanding.get(rawParent(path));
}

/** Both records of a removal: the parent's, then the node's. */
export function removeNode(context: PrepareContext, parent: NodeSummary, node: NodeSummary): void {
  const { outstanding, zxid } = context;
  const after = draftOf(parent);
  after.childCount--;
  after.pzxid = zxid;
  outstanding.update(zxid, parent, after);
  outstanding.remove(zxid, node);
}
