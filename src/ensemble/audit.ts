/**
 * The audit log: who did what, line by line (facts 6.5; AuditHelper, ZKAuditProvider, AuditEvent). In: transactions as
 * they are applied, and who asked for them. Out: `key=value` pairs in Apache's order, a tab between two.
 */

import { formatAcl, type Acl } from '../model/acl.ts';
import { isCreateMode } from '../model/create-mode.ts';
import { WireError } from '../model/errors.ts';
import { formatId } from '../model/zxid.ts';
import { CreateRequest } from '../wire/operations/create.ts';
import { CreateTtlRequest } from '../wire/operations/create-ttl.ts';
import { DeleteRequest } from '../wire/operations/delete.ts';
import { MultiRequest } from '../wire/operations/multi.ts';
import { SetAclRequest } from '../wire/operations/set-acl.ts';
import { SetDataRequest } from '../wire/operations/set-data.ts';
import type { Access } from './processors/auth/access.ts';
import { decodeBody } from './processors/prepare/context.ts';
import { Op, type Request } from './processors/request.ts';
import type { ApplyResult } from './tree/api.ts';
import type { TreeChange } from './tree/changes.ts';
import type { Transaction, TxnBody } from './txn/transaction.ts';

/** Where lines go. */
export interface AuditSink {
  /** @param failed the line tells of something that was refused */
  write(line: string, failed: boolean): void;
}

export interface AuditParts {
  readonly sink: AuditSink;
  readonly access: Access;
  /** The address of the connection with this number; undefined when it is not known any more. */
  readonly addressOf: (connection: number) => string | undefined;
  /** Who runs the server. */
  readonly serverUser: string;
}

type Outcome = 'success' | 'failure' | 'invoked';

interface Event {
  readonly session?: bigint;
  readonly user?: string;
  readonly ip?: string | undefined;
  readonly operation: string;
  readonly znode?: string | null;
  readonly mode?: string | undefined;
  readonly acl?: string;
}

/** What a line says of one request. Null: such requests are not audited. */
interface Deed {
  readonly operation: string;
  /** As it was asked for; null where the request names none. */
  readonly path: string | null;
  readonly mode?: string | undefined;
  readonly acl?: string;
}

const MODES = [
  'persistent', 'ephemeral', 'persistent_sequential', 'ephemeral_sequential', 'container', 'persistent_with_ttl', 'persistent_sequential_with_ttl',
];

export class AuditTrail {
  readonly #parts: AuditParts;

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  /** A transaction was applied. @param request who waits for it here; null when nobody does */
  applied({ header, body }: Transaction, request: Request | null, result: ApplyResult, changes: readonly TreeChange[]): void {
    if (body.type === Op.closeSession) this.#ephemeralsGone(header.sessionId, body.paths, changes);
    if (request?.connection == null) return;
    if (body.type === Op.multi && result.type === Op.multi) this.#multi(request, body.parts, result.parts);
    else this.#one(request, body, result);
  }

  /** The server serves, or could not begin to. */
  started(outcome: 'success' | 'failure' = 'success'): void {
    this.#write({ user: this.#parts.serverUser, operation: 'serverStart' }, outcome);
  }

  stopping(): void {
    this.#write({ user: this.#parts.serverUser, operation: 'serverStop' }, 'invoked');
  }

  #ephemeralsGone(session: bigint, named: readonly string[] | null, changes: readonly TreeChange[]): void {
    const gone = changes.filter(({ kind }) => kind === 'deleted').map(({ path }) => path);
    const deleted = new Set(gone);
    const event = { session, user: this.#parts.serverUser, operation: 'ephemeralZNodeDeletionOnSessionCloseOrExpire' };
    for (const znode of named ?? gone) this.#write({ ...event, znode }, deleted.has(znode) ? 'success' : 'failure');
    if (named !== null) for (const znode of gone.filter((path) => !named.includes(path))) this.#write({ ...event, znode }, 'success');
  }

  #one(request: Request, body: TxnBody, result: ApplyResult): void {
    const deed = deedOf(request);
    if (deed === null) return;
    const { operation, mode, acl } = deed;
    const failed = result.type === -1;
    const znode = failed || !('path' in body) ? deed.path : body.path;
    this.#write({ ...this.#asker(request), operation, znode, mode, ...(acl === undefined ? {} : { acl }) }, failed ? 'failure' : 'success');
  }

  /** Each part that was done; of one that failed only that it did. */
  #multi(request: Request, bodies: readonly TxnBody[], results: readonly ApplyResult[]): void {
    const asker = this.#asker(request);
    if (results.some(({ type }) => type === -1)) {
      this.#write({ ...asker, operation: 'multiOperation' }, 'failure');
      return;
    }
    const modes = modesIn(request);
    for (const body of bodies) {
      const operation = PARTS.get(body.type);
      if (operation === undefined || !('path' in body)) continue;
      this.#write({ ...asker, operation, znode: body.path, mode: operation === 'create' ? modes.get(body.path) : undefined }, 'success');
    }
  }

  #asker(request: Request): Pick<Event, 'session' | 'user' | 'ip'> {
    const { access, addressOf } = this.#parts;
    const users = request.identities.map((id) => access.userName(id)).filter((name) => name.trim() !== '').join(',');
    return {
      session: request.sessionId,
      ...(users === '' ? {} : { user: users }),
      ip: request.connection === null ? undefined : addressOf(request.connection),
    };
  }

  #write({ session, user, ip, operation, znode, mode, acl }: Event, outcome: Outcome): void {
    const fields: [string, string | null | undefined][] = [
      ['session', session === undefined ? null : formatId(session)], ['user', user], ['ip', ip], ['operation', operation],
      ['znode', znode], ['znode_type', mode], ['acl', acl], ['result', outcome],
    ];
    const line = fields.flatMap(([name, value]) => (value == null ? [] : [`${name}=${oneLine(value)}`])).join('\t');
    this.#parts.sink.write(line, outcome === 'failure');
  }
}

/** Parts of a multi whose doing is told. */
const PARTS: ReadonlyMap<number, string> = new Map([
  [Op.create, 'create'], [Op.create2, 'create'], [Op.createContainer, 'create'], [Op.createTtl, 'create'],
  [Op.delete, 'delete'], [Op.setData, 'setData'],
]);

/** A request that cannot be read is not audited, but for a multi. */
function deedOf(request: Request): Deed | null {
  try {
    return readDeed(request);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function readDeed(request: Request): Deed | null {
  switch (request.type) {
    case Op.create:
    case Op.create2:
    case Op.createContainer:
    case Op.createTtl: {
      const { path, flags } = request.type === Op.createTtl ? decodeBody(CreateTtlRequest, request) : decodeBody(CreateRequest, request);
      return isCreateMode(flags) ? { operation: 'create', path, mode: MODES[flags] } : null;
    }
    case Op.delete:
      return { operation: 'delete', path: decodeBody(DeleteRequest, request).path };
    case Op.setData:
      return { operation: 'setData', path: decodeBody(SetDataRequest, request).path };
    case Op.setAcl: {
      const { path, acl } = decodeBody(SetAclRequest, request);
      return { operation: 'setAcl', path, acl: aclText(acl ?? []) };
    }
    case Op.multi:
      return { operation: 'multiOperation', path: null };
    case Op.reconfig:
      return { operation: 'reconfig', path: null };
    default:
      return null;
  }
}

/** ZKUtil.aclToString puts nothing between two entries. */
const aclText = (acl: readonly Acl[]): string => acl.map(formatAcl).join('');

/** By the path that was asked for: what a sequence number was put behind is not found. */
function modesIn(request: Request): ReadonlyMap<string, string | undefined> {
  return new Map(decodeBody(MultiRequest, request).flatMap((op) => ('flags' in op.request ? [[op.request.path, MODES[op.request.flags]] as const] : [])));
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Nobody may write lines of their own into the log, as a refused path with a line end in it would. */
function oneLine(text: string): string {
  return text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
