/** check, within a multi (facts 1.13). */

import { Perms } from '../../../model/acl.ts';
import type { CheckVersionRequest } from '../../../wire/operations/check.ts';
import type { TxnBody } from '../../txn/transaction.ts';
import { checkAccess, checkPath, checkSession, nextVersion, type PrepareContext } from './context.ts';

/** @throws KeeperError what the client is told */
export function prepareCheck(context: PrepareContext, wanted: CheckVersionRequest): TxnBody {
  checkSession(context);
  const { path } = wanted;
  checkPath(path);
  const node = context.outstanding.get(path);
  checkAccess(context, node.acl, Perms.READ, path);
  return { type: 13, path, version: nextVersion(node.version, wanted.version, path) };
}
