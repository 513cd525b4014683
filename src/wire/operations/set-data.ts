/** setData: replaces the data if the version matches (-1: any). */

import { Perms } from '../../model/acl.ts';
import { buffer, int, record, ustring, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { StatResponse } from './exists.ts';

export const SetDataRequest = record('SetDataRequest', { path: ustring, data: buffer, version: int });
export type SetDataRequest = Infer<typeof SetDataRequest>;

export const setData = operation({
  name: 'setData',
  code: 5,
  request: SetDataRequest,
  response: StatResponse,
  writes: true,
  permission: { anyOf: [Perms.WRITE], on: 'node' },
  since: '3.0',
});
