/**
 * The stage that decides (PrepRequestProcessor): in goes a write, out comes a transaction with its zxid, time and
 * digest. A refused write is a transaction too (type error): it uses up a zxid and stands in the log (facts 1.12).
 * Must hold: what this stage puts into a transaction can be applied without any further decision.
 */

import { decodeUtf8 } from '../../../base/text.ts';
import { ErrorCode } from '../../../model/error-code.ts';
import { KeeperError, WireError } from '../../../model/errors.ts';
import { CreateRequest } from '../../../wire/operations/create.ts';
import { CreateTtlRequest } from '../../../wire/operations/create-ttl.ts';
import { DeleteRequest } from '../../../wire/operations/delete.ts';
import { MultiRequest } from '../../../wire/operations/multi.ts';
import { ReconfigRequest } from '../../../wire/operations/reconfig.ts';
import { SetAclRequest } from '../../../wire/operations/set-acl.ts';
import { SetDataRequest } from '../../../wire/operations/set-data.ts';
import { int } from '../../../wire/jute/codec.ts';
import type { Transaction, TxnBody } from '../../txn/transaction.ts';
import { Op, type Request } from '../request.ts';
import { decodeBody, PrepareContext, type PrepareTools } from './context.ts';
import { prepareCreate } from './create.ts';
import { prepareDelete, prepareDeleteContainer } from './delete.ts';
import { prepareMulti } from './multi.ts';
import { prepareReconfig } from './reconfig.ts';
import { refuse } from './refusal.ts';
import { prepareCloseSession, prepareCreateSession } from './sessions.ts';
import { prepareSetAcl } from './set-acl.ts';
import { prepareSetData } from './set-data.ts';

export interface PrepareTime {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export class Preparer {
  readonly #tools: PrepareTools;
  #zxid: bigint;

  /** @param lastZxid the last transaction that is in the log */
  constructor(tools: PrepareTools, lastZxid: bigint) {
    this.#tools = tools;
    this.#zxid = lastZxid;
  }

  /** The zxid that was given out last. */
  get lastZxid(): bigint {
    return this.#zxid;
  }

  /** Decides a write. Every call uses up one zxid. */
  prepare(request: Request, now: PrepareTime): Transaction {
    const zxid = ++this.#zxid;
    const timeMs = BigInt(Math.floor(now.wallMs));
    const context = new PrepareContext(this.#tools, request, zxid, timeMs, now.monotonicMs);
    const body = this.#decide(context);
    return {
      header: { sessionId: request.sessionId, cxid: request.cxid, zxid, timeMs, type: body.type },
      body,
      digest: this.#namesNothing(body) ? null : this.#tools.outstanding.digest,
    };
  }

  /** Where a list of paths is awaited, a digest in its place would be taken for one (SerializeUtils.deserializeTxn). */
  #namesNothing(body: TxnBody): boolean {
    return body.type === -11 && body.paths === null && this.#tools.options.closeSessionPaths;
  }

  /** The transaction was applied: its changes no longer count as outstanding. */
  applied(zxid: bigint): void {
    this.#tools.outstanding.applied(zxid);
  }

  #decide(context: PrepareContext): TxnBody {
    try {
      return bodyFor(context);
    } catch (error) {
      if (error instanceof KeeperError) return { type: -1, err: error.number };
      if (error instanceof WireError) return { type: -1, err: ErrorCode.MarshallingError };
      throw error;
    }
  }
}

function bodyFor(context: PrepareContext): TxnBody {
  const { request } = context;
  switch (request.type) {
    case Op.create:
    case Op.create2:
    case Op.createContainer:
      return prepareCreate(context, request.type, decodeBody(CreateRequest, request));
    case Op.createTtl: {
      const wanted = decodeBody(CreateTtlRequest, request);
      return prepareCreate(context, request.type, wanted, wanted.ttl);
    }
    case Op.delete:
      return prepareDelete(context, decodeBody(DeleteRequest, request));
    case Op.setData:
      return prepareSetData(context, decodeBody(SetDataRequest, request));
    case Op.setAcl:
      return prepareSetAcl(context, decodeBody(SetAclRequest, request));
    case Op.multi:
      return prepareMulti(context, decodeBody(MultiRequest, request));
    case Op.createSession:
      return prepareCreateSession(context, decodeBody(int, request));
    case Op.closeSession:
      return prepareCloseSession(context);
    case Op.deleteContainer:
      return prepareDeleteContainer(context, decodeUtf8(request.body));
    case Op.reconfig:
      return prepareReconfig(context, decodeBody(ReconfigRequest, request));
    default:
      return refuse(ErrorCode.Unimplemented);
  }
}
