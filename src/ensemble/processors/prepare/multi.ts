/**
 * multi (facts 1.6, 1.13): all parts under one zxid, each seeing what the ones before it did, or none. A failed one
 * is a transaction as well: the parts before the failure as they were, the failing one with its code, the rest with -2.
 */

import { ErrorCode } from '../../../model/error-code.ts';
import { CreateMode, isCreateMode, isTtl } from '../../../model/create-mode.ts';
import { KeeperError } from '../../../model/errors.ts';
import type { MultiOp } from '../../../wire/operations/multi.ts';
import type { TxnBody } from '../../txn/transaction.ts';
import { Op } from '../request.ts';
import { prepareCheck } from './check.ts';
import type { PrepareContext } from './context.ts';
import { prepareCreate } from './create.ts';
import { prepareDelete } from './delete.ts';
import { refuse } from './refusal.ts';
import { prepareSetData } from './set-data.ts';

/** @throws KeeperError MarshallingError for a part that is two things at once; nothing of the multi is left then */
export function prepareMulti(context: PrepareContext, ops: readonly MultiOp[]): TxnBody {
  const parts: TxnBody[] = [];
  let failed = false;
  context.outstanding.begin();
  for (const op of ops) {
    if (failed) {
      parts.push({ type: -1, err: ErrorCode.RuntimeInconsistency });
      continue;
    }
    try {
      parts.push(preparePart(context, op));
    } catch (error) {
      context.outstanding.rollBack();
      if (!(error instanceof KeeperError) || error.number === ErrorCode.MarshallingError) throw error;
      failed = true;
      parts.push({ type: -1, err: error.number });
    }
  }
  if (!failed) context.outstanding.keep();
  return { type: 14, parts };
}

function preparePart(context: PrepareContext, op: MultiOp): TxnBody {
  switch (op.type) {
    case 1:
    case 15:
    case 19:
      return prepareCreate(context, createType(op.request.flags), op.request);
    case 21:
      return hasTtl(op.request.flags)
        ? prepareCreate(context, op.type, op.request, op.request.ttl)
        : prepareCreate(context, createType(op.request.flags), op.request);
    case 2:
      return prepareDelete(context, op.request);
    case 5:
      return prepareSetData(context, op.request);
    case 13:
      return prepareCheck(context, op.request);
  }
}

/**
 * Within a multi the flags alone say what kind of create it is (MultiOperationRecord, Op.create): create2 is a plain
 * create there, and so is createTTL without the flags of a TTL node.
 */
function createType(flags: number): number {
  if (flags === CreateMode.CONTAINER) return Op.createContainer;
  // Such a part has no time to live; Apache's server fails the whole request.
  if (hasTtl(flags)) return refuse(ErrorCode.MarshallingError);
  return Op.create;
}

const hasTtl = (flags: number): boolean => isCreateMode(flags) && isTtl(flags);
