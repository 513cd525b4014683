/** createTTL: a node that goes when it has no children and was not set for `ttl` ms (flags 5 and 6). */

import { Perms } from '../../model/acl.ts';
import { buffer, int, long, nullableVector, record, ustring, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { AclRecord } from '../records/shared.ts';
import { Create2Response } from './create2.ts';

export const CreateTtlRequest = record('CreateTTLRequest', {
  path: ustring,
  data: buffer,
  acl: nullableVector(AclRecord),
  flags: int,
  ttl: long,
});
export type CreateTtlRequest = Infer<typeof CreateTtlRequest>;

export const createTtl = operation({
  name: 'createTTL',
  code: 21,
  request: CreateTtlRequest,
  response: Create2Response,
  writes: true,
  permission: { anyOf: [Perms.CREATE], on: 'parent' },
  since: '3.5.3',
});
