/** delete: removes a node without children; needs DELETE on its parent. */

import { Perms } from '../../model/acl.ts';
import { int, record, ustring, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';

export const DeleteRequest = record('DeleteRequest', { path: ustring, version: int });
export type DeleteRequest = Infer<typeof DeleteRequest>;

export const deleteNode = operation({
  name: 'delete',
  code: 2,
  request: DeleteRequest,
  response: null,
  writes: true,
  permission: { anyOf: [Perms.DELETE], on: 'parent' },
  since: '3.0',
});
