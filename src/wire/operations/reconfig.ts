/** reconfig: changes the ensemble's members; answers the new configuration. */

import { Perms } from '../../model/acl.ts';
import { long, nullableUstring, record, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { GetDataResponse } from './get-data.ts';

export const ReconfigRequest = record('ReconfigRequest', {
  joiningServers: nullableUstring,
  leavingServers: nullableUstring,
  newMembers: nullableUstring,
  curConfigId: long,
});
export type ReconfigRequest = Infer<typeof ReconfigRequest>;

export const reconfig = operation({
  name: 'reconfig',
  code: 16,
  request: ReconfigRequest,
  response: GetDataResponse,
  writes: true,
  permission: { anyOf: [Perms.WRITE], on: 'node' },
  since: '3.5.0',
});
