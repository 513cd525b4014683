/** check: a version check. Only within a multi: outside one, old servers write it to a log they cannot read (facts 1.7). */

import { Perms } from '../../model/acl.ts';
import { int, record, ustring, type Infer } from '../jute/codec.ts';
import { operation } from '../operation.ts';

export const CheckVersionRequest = record('CheckVersionRequest', { path: ustring, version: int });
export type CheckVersionRequest = Infer<typeof CheckVersionRequest>;

export const check = operation({
  name: 'check',
  code: 13,
  request: CheckVersionRequest,
  response: null,
  writes: true,
  permission: { anyOf: [Perms.READ], on: 'node' },
  since: '3.4',
});
