/** setACL; the version it compares is the aversion (facts 1.13). */

import { Perms } from '../../../model/acl.ts';
import type { SetAclRequest } from '../../../wire/operations/set-acl.ts';
import type { TxnBody } from '../../txn/transaction.ts';
import { checkAccess, checkPath, checkSession, fixedAcl, nextVersion, type PrepareContext } from './context.ts';
import { draftOf } from './outstanding.ts';

/** @throws KeeperError what the client is told */
export function prepareSetAcl(context: PrepareContext, wanted: SetAclRequest): TxnBody {
  checkSession(context);
  const { path } = wanted;
  checkPath(path);
  const acl = fixedAcl(context, wanted.acl, path);
  const node = context.outstanding.get(path);
  checkAccess(context, node.acl, Perms.ADMIN, path);
  const version = nextVersion(node.aversion, wanted.version, path);
  const after = draftOf(node);
  after.acl = acl;
  after.aversion = version;
  context.outstanding.update(context.zxid, node, after);
  return { type: 7, path, acl, version };
}
