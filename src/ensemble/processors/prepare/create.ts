/** create, create2, createContainer, createTTL (facts 1.13; pRequest2TxnCreate). */

import { ErrorCode } from '../../../model/error-code.ts';
import { Perms, type Acl } from '../../../model/acl.ts';
import {
  CONTAINER_OWNER, TTL_MS_MAX, isCreateMode, isEphemeral, isSequential, isTtl, ownerKind, ttlOwner, type CreateMode,
} from '../../../model/create-mode.ts';
import { formatSequence } from '../../../model/zpath.ts';
import type { NodeSummary } from '../../tree/api.ts';
import type { TxnBody } from '../../txn/transaction.ts';
import { Op } from '../request.ts';
import { checkAccess, checkPath, checkSession, fixedAcl, rawParent, type PrepareContext } from './context.ts';
import { draftOf } from './outstanding.ts';
import { checkQuota } from './quota.ts';
import { refuse } from './refusal.ts';

export interface CreateArguments {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[] | null;
  readonly flags: number;
}

/**
 * @param type 1, 15, 19 or 21
 * @param ttlMs -1 for all but createTTL
 * @throws KeeperError what the client is told
 */
export function prepareCreate(context: PrepareContext, type: number, wanted: CreateArguments, ttlMs = -1n): TxnBody {
  const mode = checkMode(context, type, wanted, ttlMs);
  const asked = wanted.path;
  if (!asked.includes('/') || asked.includes('\0')) refuse(ErrorCode.BadArguments, asked);
  const acl = fixedAcl(context, wanted.acl, asked);
  const parent = context.outstanding.get(rawParent(asked));
  checkAccess(context, parent.acl, Perms.CREATE, asked);
  const path = isSequential(mode) ? asked + formatSequence(parent.cversion) : asked;
  checkPath(path);
  if (context.outstanding.find(path) !== undefined) refuse(ErrorCode.NodeExists, path);
  if (ownerKind(parent.ephemeralOwner, context.options.extendedTypes) === 'session') {
    refuse(ErrorCode.NoChildrenForEphemerals, path);
  }
  checkQuota(context, path, wanted.data?.length ?? 0, 1);

  const { data } = wanted;
  const parentCVersion = (parent.cversion + 1) | 0;
  const { outstanding, zxid } = context;
  const parentAfter = draftOf(parent);
  parentAfter.childCount++;
  parentAfter.cversion = parentCVersion;
  parentAfter.pzxid = zxid;
  outstanding.update(zxid, parent, parentAfter);
  outstanding.add(zxid, newNode(context, path, data, acl, ownerFor(context, type, mode, ttlMs)));
  if (type === Op.createContainer) return { type: 19, path, data, acl, parentCVersion };
  if (type === Op.createTtl) return { type: 21, path, data, acl, parentCVersion, ttlMs };
  return { type: type as 1 | 15, path, data, acl, ephemeral: isEphemeral(mode), parentCVersion };
}

/** Flags, the TTL feature and range, and the session: all before the path is looked at. */
function checkMode(context: PrepareContext, type: number, wanted: CreateArguments, ttl: bigint): CreateMode {
  const { flags: mode, path } = wanted;
  if (!isCreateMode(mode)) refuse(ErrorCode.BadArguments, path);
  if (isTtl(mode) && !context.options.extendedTypes) refuse(ErrorCode.Unimplemented, path);
  const badTtl = isTtl(mode) ? ttl <= 0n || ttl > TTL_MS_MAX : ttl >= 0n;
  // A TTL transaction without a time to live cannot be applied; Apache's server takes it in.
  if (badTtl || (type === Op.createTtl && !isTtl(mode))) refuse(ErrorCode.BadArguments, path);
  if (isEphemeral(mode)) {
    const { sessionId, owner, ephemeralRefusal } = context.request;
    const code = ephemeralRefusal ?? context.sessions.checkGlobal(sessionId, owner);
    if (code !== 0) refuse(code, path);
  } else {
    checkSession(context);
  }
  return mode;
}

/** The stored owner as applying the transaction will set it: its type decides, not the flags alone. */
function ownerFor(context: PrepareContext, type: number, mode: CreateMode, ttl: bigint): bigint {
  if (type === Op.createContainer) return CONTAINER_OWNER;
  if (type === Op.createTtl) return ttlOwner(ttl);
  return isEphemeral(mode) ? context.request.sessionId : 0n;
}

function newNode(
  context: PrepareContext, path: string, data: Uint8Array | null, acl: readonly Acl[], ephemeralOwner: bigint,
): NodeSummary {
  const { zxid, timeMs } = context;
  return {
    path,
    dataBytes: data?.length ?? 0,
    content: context.outstanding.contentOf(path, data),
    acl,
    czxid: zxid, mzxid: zxid, pzxid: zxid,
    ctime: timeMs, mtime: timeMs,
    version: 0, cversion: 0, aversion: 0,
    ephemeralOwner,
    childCount: 0,
    digest: -1,
  };
}
