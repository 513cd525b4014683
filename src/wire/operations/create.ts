/** create: makes a node and answers its path. */

import { Perms } from '../../model/acl.ts';
import { buffer, int, nullableVector, record, ustring, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { AclRecord } from '../records/shared.ts';

/** Flags are those of CreateMode. create, create2 and createContainer share the record. */
export const CreateRequest = record('CreateRequest', {
  path: ustring,
  data: buffer,
  acl: nullableVector(AclRecord),
  flags: int,
});
export type CreateRequest = Infer<typeof CreateRequest>;

export const CreateResponse = record('CreateResponse', { path: ustring });

export const create = operation({
  name: 'create',
  code: 1,
  request: CreateRequest,
  response: CreateResponse,
  writes: true,
  permission: { anyOf: [Perms.CREATE], on: 'parent' },
  since: '3.0',
});
