/** setData (facts 1.13). */

import { Perms } from '../../../model/acl.ts';
import type { SetDataRequest } from '../../../wire/operations/set-data.ts';
import type { TxnBody } from '../../txn/transaction.ts';
import { checkAccess, checkPath, checkSession, nextVersion, type PrepareContext } from './context.ts';
import { draftOf } from './outstanding.ts';
import { checkQuota } from './quota.ts';

/** @throws KeeperError what the client is told */
export function prepareSetData(context: PrepareContext, wanted: SetDataRequest): TxnBody {
  checkSession(context);
  const { path, data } = wanted;
  checkPath(path);
  const node = context.outstanding.get(path);
  checkAccess(context, node.acl, Perms.WRITE, path);
  checkQuota(context, path, (data?.length ?? 0) - node.dataBytes, 0);
  const version = nextVersion(node.version, wanted.version, path);
  const { outstanding, zxid, timeMs } = context;
  const after = draftOf(node);
  after.dataBytes = data?.length ?? 0;
  after.content = outstanding.contentOf(path, data);
  after.version = version;
  after.mtime = timeMs;
  after.mzxid = zxid;
  outstanding.update(zxid, node, after);
  return { type: 5, path, data, version };
}
