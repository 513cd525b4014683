/** getChildren and getChildren2: the names of a node's children, unordered; the second with its Stat. */

import { Perms } from '../../model/acl.ts';
import { record, ustring, vector, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { StatRecord } from '../records/shared.ts';
import { PathWatchRequest } from './exists.ts';

export const GetChildrenResponse = record('GetChildrenResponse', { children: vector(ustring) });
export const GetChildren2Response = record('GetChildren2Response', { children: vector(ustring), stat: StatRecord });
export type GetChildren2Response = Infer<typeof GetChildren2Response>;

export const getChildren = operation({
  name: 'getChildren',
  code: 8,
  request: PathWatchRequest,
  response: GetChildrenResponse,
  writes: false,
  permission: { anyOf: [Perms.READ], on: 'node' },
  since: '3.0',
});

export const getChildren2 = operation({
  name: 'getChildren2',
  code: 12,
  request: PathWatchRequest,
  response: GetChildren2Response,
  writes: false,
  permission: { anyOf: [Perms.READ], on: 'node' },
  since: '3.3',
});
