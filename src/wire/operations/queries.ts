/** Questions about the session and about subtrees: getEphemerals, getAllChildrenNumber, whoAmI. */

import { Perms } from '../../model/acl.ts';
import { int, lenientUstring, record, ustring, vector } from '../jute/codec.ts';
import { operation } from '../operation.ts';
import { PathRecord } from './get-acl.ts';

export const GetEphemeralsRequest = record('GetEphemeralsRequest', { prefixPath: lenientUstring });
export const GetEphemeralsResponse = record('GetEphemeralsResponse', { ephemerals: vector(ustring) });

/** This session's own ephemeral nodes under a prefix. */
export const getEphemerals = operation({
  name: 'getEphemerals',
  code: 103,
  request: GetEphemeralsRequest,
  response: GetEphemeralsResponse,
  writes: false,
  permission: null,
  since: '3.6.0',
});

export const GetAllChildrenNumberResponse = record('GetAllChildrenNumberResponse', { totalNumber: int });

/** The number of all descendants, the node itself not counted. */
export const getAllChildrenNumber = operation({
  name: 'getAllChildrenNumber',
  code: 104,
  request: PathRecord,
  response: GetAllChildrenNumberResponse,
  writes: false,
  permission: { anyOf: [Perms.READ], on: 'node' },
  since: '3.6.0',
});

export const ClientInfo = record('ClientInfo', { authScheme: ustring, user: ustring });
export const WhoAmIResponse = record('WhoAmIResponse', { clientInfo: vector(ClientInfo) });

export const whoAmI = operation({
  name: 'whoAmI',
  code: 107,
  request: null,
  response: WhoAmIResponse,
  writes: false,
  permission: null,
  since: '3.7.0',
});
