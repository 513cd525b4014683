/** getACL: without ADMIN, digest ids come back masked. */

import { Perms } from '../../model/acl.ts';
import { record, ustring, vector, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { AclRecord, StatRecord } from '../records/shared.ts';

/** A lone path: the request of getACL, sync and getAllChildrenNumber, the reply of sync. */
export const PathRecord = record('PathRecord', { path: ustring });

export const GetAclResponse = record('GetACLResponse', { acl: vector(AclRecord), stat: StatRecord });
export type GetAclResponse = Infer<typeof GetAclResponse>;

export const getAcl = operation({
  name: 'getACL',
  code: 6,
  request: PathRecord,
  response: GetAclResponse,
  writes: false,
  permission: { anyOf: [Perms.READ, Perms.ADMIN], on: 'node' },
  since: '3.0',
});
