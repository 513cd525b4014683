/** setACL: replaces the ACL if the aversion matches (-1: any). */

import { Perms } from '../../model/acl.ts';
import { int, nullableVector, record, ustring, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { AclRecord } from '../records/shared.ts';
import { StatResponse } from './exists.ts';

export const SetAclRequest = record('SetACLRequest', { path: ustring, acl: nullableVector(AclRecord), version: int });
export type SetAclRequest = Infer<typeof SetAclRequest>;

export const setAcl = operation({
  name: 'setACL',
  code: 7,
  request: SetAclRequest,
  response: StatResponse,
  writes: true,
  permission: { anyOf: [Perms.ADMIN], on: 'node' },
  since: '3.0',
});
