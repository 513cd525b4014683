/**
 * Operations are data: number, records, whether it writes, the permission it needs. The client's
 * methods, the server's dispatch, error texts and documentation derive from this.
 */

import type { Perm } from '../model/acl.ts';
import type { Codec } from './jute/codec.ts';

/** Which node's ACL is asked. */
export type PermissionNode = 'node' | 'parent';

export interface Permission {
  /** Any one of these is enough. */
  readonly anyOf: readonly Perm[];
  readonly on: PermissionNode;
}

export interface Operation<Req = unknown, Res = unknown> {
  /** As in Apache's ZooDefs.OpCode. */
  readonly name: string;
  readonly code: number;
  /** null: the request has no body. */
  readonly request: Codec<Req> | null;
  /** null: the reply has no body. */
  readonly response: Codec<Res> | null;
  /** Whether it makes a transaction. */
  readonly writes: boolean;
  /** null: any connection may. */
  readonly permission: Permission | null;
  /** The release it came with. */
  readonly since: string;
}

/** Keeps the exact types of the records of one operation. */
export function operation<Req, Res>(op: Operation<Req, Res>): Operation<Req, Res> {
  return op;
}
