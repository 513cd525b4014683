/** createContainer: a node that the server deletes some time after its last child went (flags 4). */

import { Perms } from '../../model/acl.ts';
import { operation } from '../operation.ts';
import { CreateRequest } from './create.ts';
import { Create2Response } from './create2.ts';

export const createContainer = operation({
  name: 'createContainer',
  code: 19,
  request: CreateRequest,
  response: Create2Response,
  writes: true,
  permission: { anyOf: [Perms.CREATE], on: 'parent' },
  since: '3.5.1',
});
