/** Reads of nodes (facts 1.5, 1.15, 3.1; FinalRequestProcessor). */

import { inOrderOfClone } from '../../../base/java-hash.ts';
import { ErrorCode } from '../../../model/error-code.ts';
import { Perms, type Acl, type Id } from '../../../model/acl.ts';
import type { Stat } from '../../../model/stat.ts';
import { KeeperError } from '../../../model/errors.ts';
import { nullableUstring } from '../../../wire/jute/codec.ts';
import { PathWatchRequest, StatResponse } from '../../../wire/operations/exists.ts';
import { GetAclResponse, PathRecord } from '../../../wire/operations/get-acl.ts';
import { GetChildren2Response, GetChildrenResponse } from '../../../wire/operations/get-children.ts';
import { GetDataResponse } from '../../../wire/operations/get-data.ts';
import { MultiReadRequest, MultiResponse, type MultiReadOp, type MultiResult } from '../../../wire/operations/multi.ts';
import {
  GetAllChildrenNumberResponse, GetEphemeralsResponse, WhoAmIResponse,
} from '../../../wire/operations/queries.ts';
import type { NodeView } from '../../tree/api.ts';
import { answer, bodyOf, demand, type Answer, type Asked, type ReplyTools } from './tools.ts';

interface Readable {
  readonly node: NodeView;
  readonly stat: Stat;
}

/** @throws KeeperError NoNode or NoAuth */
function readable(tools: ReplyTools, path: string, perm: number, identities: readonly Id[]): Readable {
  const node = tools.tree.node(path);
  const stat = node === undefined ? undefined : tools.tree.stat(path);
  if (node === undefined || stat === undefined) throw new KeeperError(ErrorCode.NoNode, path);
  demand(tools, node.acl, perm, identities);
  return { node, stat };
}

export function readExists(tools: ReplyTools, { connection, request }: Asked): Answer {
  const { path, watch } = bodyOf(PathWatchRequest, request);
  if (path.includes('\0')) throw new KeeperError(ErrorCode.BadArguments, path);
  const node = tools.tree.node(path);
  if (node !== undefined && tools.options.existsNeedsRead) demand(tools, node.acl, Perms.READ, request.identities);
  // Left also where no node is: its creation is what many wait for.
  if (watch) tools.watches.add(connection, path, 'exist');
  const stat = tools.tree.stat(path);
  if (stat === undefined) throw new KeeperError(ErrorCode.NoNode, path);
  return answer(StatResponse, { stat });
}

export function readData(tools: ReplyTools, { connection, request }: Asked): Answer {
  const { path, watch } = bodyOf(PathWatchRequest, request);
  const { node, stat } = readable(tools, path, Perms.READ, request.identities);
  if (watch) tools.watches.add(connection, path, 'data');
  return answer(GetDataResponse, { data: node.data, stat });
}

export function readChildren(tools: ReplyTools, { connection, request }: Asked, withStat: boolean): Answer {
  const { path, watch } = bodyOf(PathWatchRequest, request);
  const { stat } = readable(tools, path, Perms.READ, request.identities);
  if (watch) tools.watches.add(connection, path, 'child');
  const children = tools.tree.children(path) ?? [];
  return withStat ? answer(GetChildren2Response, { children, stat }) : answer(GetChildrenResponse, { children });
}

export function readAllChildrenNumber(tools: ReplyTools, { request }: Asked): Answer {
  const { path } = bodyOf(PathRecord, request);
  readable(tools, path, Perms.READ, request.identities);
  return answer(GetAllChildrenNumberResponse, { totalNumber: tools.tree.allChildrenNumber(path) });
}

export function readAcl(tools: ReplyTools, { request }: Asked): Answer {
  const { path } = bodyOf(PathRecord, request);
  const { node, stat } = readable(tools, path, Perms.READ | Perms.ADMIN, request.identities);
  const mayAll = tools.access.allows(node.acl, Perms.ADMIN, request.identities);
  return answer(GetAclResponse, { acl: mayAll ? node.acl : node.acl.map(masked), stat });
}

/** Whoever may not change an ACL does not get to see the password hashes in it. */
function masked(entry: Acl): Acl {
  if (entry.id.scheme !== 'digest') return entry;
  return { perms: entry.perms, id: { scheme: 'digest', id: entry.id.id.replace(/:.*/, ':x') } };
}

export function readEphemerals(tools: ReplyTools, { request }: Asked): Answer {
  // A null prefix stands for all, so the request's own record is too strict here.
  const prefixPath = bodyOf(nullableUstring, request) ?? '';
  const all = inOrderOfClone(tools.tree.ephemeralsOf(request.sessionId));
  const prefix = prefixPath.trim();
  const ephemerals = prefix === '' || prefix === '/' ? all : all.filter((path) => path.startsWith(prefixPath));
  return answer(GetEphemeralsResponse, { ephemerals });
}

export function readWhoAmI(tools: ReplyTools, { request }: Asked): Answer {
  const clientInfo = request.identities.map((id) => ({ authScheme: id.scheme, user: tools.access.userName(id) }));
  return answer(WhoAmIResponse, { clientInfo });
}

/** sync of a server that stands alone: all it has is as new as it gets. The path, which may be null, is only echoed. */
export function readSync(_tools: ReplyTools, { request }: Asked): Answer {
  return answer(nullableUstring, bodyOf(nullableUstring, request));
}

/** Each part succeeds or fails for itself; no watch is left. */
export function readMulti(tools: ReplyTools, { request }: Asked): Answer {
  const results = bodyOf(MultiReadRequest, request).map((op) => readPart(tools, op, request.identities));
  return answer(MultiResponse, results);
}

function readPart(tools: ReplyTools, op: MultiReadOp, identities: readonly Id[]): MultiResult {
  const { path } = op.request;
  try {
    const { node, stat } = readable(tools, path, Perms.READ, identities);
    if (op.type === 4) return { type: 4, data: node.data, stat };
    return { type: 8, children: tools.tree.children(path) ?? [] };
  } catch (error) {
    if (error instanceof KeeperError) return { type: -1, err: error.number };
    throw error;
  }
}
