/** sync: brings the connected server up to the leader before the next reads. */

import { operation } from '../operation.ts';
import { PathRecord } from './get-acl.ts';

export const sync = operation({
  name: 'sync',
  code: 9,
  request: PathRecord,
  response: PathRecord,
  writes: false,
  permission: null,
  since: '3.0',
});
