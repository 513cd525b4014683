/** reconfig (facts 1.13, 5.10; pRequest2Txn): a new configuration of the ensemble, written to /zookeeper/config. */

import { Perms } from '../../../model/acl.ts';
import { ErrorCode } from '../../../model/error-code.ts';
import { CONFIG_PATH } from '../../../model/zpath.ts';
import type { ReconfigRequest } from '../../../wire/operations/reconfig.ts';
import type { TxnBody } from '../../txn/transaction.ts';
import { checkAccess, checkSession, type PrepareContext } from './context.ts';
import { draftOf } from './outstanding.ts';
import { refuse } from './refusal.ts';

/** The version that the node always has: its data says the configuration's. */
const NODE_VERSION = -1;

/** @throws KeeperError what the client is told */
export function prepareReconfig(context: PrepareContext, wanted: ReconfigRequest): TxnBody {
  if (!context.options.reconfigEnabled) return refuse(ErrorCode.ReconfigDisabled);
  checkSession(context);
  const { reconfigure, outstanding, zxid, timeMs } = context;
  if (reconfigure === undefined) return refuse(ErrorCode.Unimplemented);
  const data = reconfigure(wanted, zxid);
  const node = outstanding.get(CONFIG_PATH);
  checkAccess(context, node.acl, Perms.WRITE, CONFIG_PATH);
  const after = draftOf(node);
  after.dataBytes = data.length;
  after.content = outstanding.contentOf(CONFIG_PATH, data);
  after.version = NODE_VERSION;
  after.mzxid = zxid;
  after.mtime = timeMs;
  outstanding.update(zxid, node, after);
  return { type: 16, path: CONFIG_PATH, data, version: NODE_VERSION };
}
