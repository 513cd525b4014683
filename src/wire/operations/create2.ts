/** create2: create that answers the Stat as well. */

import { Perms } from '../../model/acl.ts';
import { record, ustring, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { StatRecord } from '../records/shared.ts';
import { CreateRequest } from './create.ts';

/** The reply of create2, createContainer and createTTL. */
export const Create2Response = record('Create2Response', { path: ustring, stat: StatRecord });
export type Create2Response = Infer<typeof Create2Response>;

export const create2 = operation({
  name: 'create2',
  code: 15,
  request: CreateRequest,
  response: Create2Response,
  writes: true,
  permission: { anyOf: [Perms.CREATE], on: 'parent' },
  since: '3.5.0',
});
