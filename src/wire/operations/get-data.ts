/** getData: data and Stat. */

import { Perms } from '../../model/acl.ts';
import { buffer, record, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { StatRecord } from '../records/shared.ts';
import { PathWatchRequest } from './exists.ts';

export const GetDataResponse = record('GetDataResponse', { data: buffer, stat: StatRecord });
export type GetDataResponse = Infer<typeof GetDataResponse>;

export const getData = operation({
  name: 'getData',
  code: 4,
  request: PathWatchRequest,
  response: GetDataResponse,
  writes: false,
  permission: { anyOf: [Perms.READ], on: 'node' },
  since: '3.0',
});
