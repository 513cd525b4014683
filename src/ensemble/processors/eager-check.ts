/**
 * Whether a write would be refused for its ACLs, looked at before it goes to the leader and costs a transaction
 * (enableEagerACLCheck; ZooKeeperServer.authWriteRequest). In: the tree as it is applied here, which may be behind what
 * the session itself has asked for. Out: the error, or null for what the leader is to judge.
 */

import { ErrorCode } from '../../model/error-code.ts';
import { Perms, type Acl } from '../../model/acl.ts';
import { WireError } from '../../model/errors.ts';
import { CreateRequest } from '../../wire/operations/create.ts';
import { DeleteRequest } from '../../wire/operations/delete.ts';
import { SetAclRequest } from '../../wire/operations/set-acl.ts';
import { SetDataRequest } from '../../wire/operations/set-data.ts';
import type { TreeReader } from '../tree/api.ts';
import type { Access } from './auth/access.ts';
import { decodeBody, isSpecialPath, rawParent } from './prepare/context.ts';
import { Op, type Request } from './request.ts';

/** What is asked of which node; with the ACL that is to be stored, where there is one. */
interface Wanted {
  readonly path: string;
  readonly perm: number;
  readonly acl?: readonly Acl[] | null;
}

/** Whether a request was refused by this check; other refusals before a decision have other codes. */
export function isEagerRefusal({ refusal }: Request): boolean {
  return refusal === ErrorCode.NoAuth || refusal === ErrorCode.InvalidAcl;
}

/** create, create2, delete, setData and setACL are looked at, and nothing else, as in Apache's servers. */
export function eagerRefusal(request: Request, tree: TreeReader, access: Access): ErrorCode | null {
  const wanted = wantedBy(request);
  if (wanted === null) return null;
  if (wanted.acl !== undefined && access.fixup(wanted.acl, request.identities) === null) return ErrorCode.InvalidAcl;
  const node = tree.node(wanted.path);
  if (node === undefined || access.allows(node.acl, wanted.perm, request.identities)) return null;
  return ErrorCode.NoAuth;
}

function wantedBy(request: Request): Wanted | null {
  try {
    switch (request.type) {
      case Op.create:
      case Op.create2: {
        const { path, acl } = decodeBody(CreateRequest, request);
        return isOdd(path) ? null : { path: rawParent(path), perm: Perms.CREATE, acl };
      }
      case Op.delete: {
        const { path } = decodeBody(DeleteRequest, request);
        return isOdd(path) ? null : { path: rawParent(path), perm: Perms.DELETE };
      }
      case Op.setData:
        return { path: decodeBody(SetDataRequest, request).path, perm: Perms.WRITE };
      case Op.setAcl: {
        const { path, acl } = decodeBody(SetAclRequest, request);
        return { path, perm: Perms.ADMIN, acl };
      }
      default:
        return null;
    }
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** Without a parent that could be asked (PrepRequestProcessor.getParentPathAndValidate). */
function isOdd(path: string): boolean {
  return !path.includes('/') || path.includes('\0') || isSpecialPath(path);
}
