/** All operations of the client port, by code (ZooDefs.OpCode). */

import type { Operation } from './operation.ts';
import { check } from './operations/check.ts';
import { create } from './operations/create.ts';
import { create2 } from './operations/create2.ts';
import { createContainer } from './operations/create-container.ts';
import { createTtl } from './operations/create-ttl.ts';
import { deleteNode } from './operations/delete.ts';
import { exists } from './operations/exists.ts';
import { getAcl } from './operations/get-acl.ts';
import { getChildren, getChildren2 } from './operations/get-children.ts';
import { getData } from './operations/get-data.ts';
import { multi, multiRead } from './operations/multi.ts';
import { getAllChildrenNumber, getEphemerals, whoAmI } from './operations/queries.ts';
import { reconfig } from './operations/reconfig.ts';
import { auth, closeSession, createSession, ping, sasl } from './operations/session.ts';
import { setAcl } from './operations/set-acl.ts';
import { setData } from './operations/set-data.ts';
import { sync } from './operations/sync.ts';
import { addWatch, checkWatches, removeWatches, setWatches, setWatches2 } from './operations/watches.ts';

const ALL = [
  create, deleteNode, exists, getData, setData, getAcl, setAcl, getChildren, sync, ping, getChildren2, check, multi,
  create2, reconfig, checkWatches, removeWatches, createContainer, createTtl, multiRead, auth, setWatches, sasl,
  getEphemerals, getAllChildrenNumber, setWatches2, addWatch, whoAmI, closeSession, createSession,
] as unknown as readonly Operation[];

/** Every operation that a client may send, and createSession, which it may not. deleteContainer is the server's own. */
export const OPERATIONS: ReadonlyMap<number, Operation> = new Map(ALL.map((op) => [op.code, op]));

/** The operation's name, or `op<code>` for one that is not known here. */
export function operationName(code: number): string {
  return OPERATIONS.get(code)?.name ?? `op${code}`;
}
