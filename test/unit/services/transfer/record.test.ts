import { expect, test } from 'vitest';
import type { Acl } from '../../../../src/model/acl.ts';
import { differencesOf, type NodeRecord } from '../../../../src/services/transfer/record.ts';

const acl = (id: string, perms = 31): readonly Acl[] => [{ perms, id: { scheme: 'digest', id } }];
const node = (own: readonly Acl[] | null, aclMasked: boolean): NodeRecord =>
  ({ path: 'a', kind: 'persistent', ttlMs: null, data: null, acl: own, aclMasked, stat: null, changed: false });

test.each<[string, NodeRecord, NodeRecord, string[]]>([
  ['the same user, one side masked', node(acl('bob:x'), true), node(acl('bob:hash='), false), []],
  ['another user', node(acl('bob:x'), true), node(acl('eve:hash='), false), ['acl']],
  ['the same user with other rights', node(acl('bob:x'), true), node(acl('bob:hash=', 1), false), ['acl']],
  ['both masked', node(acl('bob:x'), true), node(acl('bob:x'), true), []],
  ['neither masked', node(acl('bob:one='), false), node(acl('bob:two='), false), ['acl']],
  ['one not known', node(null, false), node(acl('bob:two='), false), []],
])('ACLs: %s', (_name, a, b, differences) => {
  expect(differencesOf(a, b, true)).toEqual(differences);
});
