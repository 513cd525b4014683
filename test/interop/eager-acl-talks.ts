/** Conversations about what members refuse by the ACLs of their own tree (enableEagerACLCheck). */

import { jute } from '../support/raw-client.ts';
import type { Talk } from './ensemble-talks.ts';
import { ask } from './server-conversation.ts';

const [CREATE, DELETE, SET, SET_ACL, EXISTS, CREATE2, CREATE_CONTAINER, CREATE_TTL, MULTI, AUTH] = [1, 2, 5, 7, 3, 15, 19, 21, 14, 100];
const AUTH_XID = -4;
const READ_ONLY = jute.vector([jute.acl(1, 'world', 'anyone')]);
const ALL_BUT_ADMIN = jute.vector([jute.acl(15, 'world', 'anyone')]);
const BOBS = jute.vector([jute.acl(31, 'digest', 'bob:WGAwC+XYxdw8bJ5K6KcPh8oL58U=')]);
const NOBODYS = jute.vector([jute.acl(31, 'nosuch', 'x')]);
const AUTHS = jute.vector([jute.acl(31, 'auth', '')]);
const EMPTY = jute.vector([]);

const ASKED: readonly (readonly [string, number, Uint8Array])[] = [
  ['create', CREATE, ask.create('/closed/x', 'x')],
  ['create2', CREATE2, ask.create('/closed/x', 'x')],
  ['an ephemeral node', CREATE, ask.create('/closed/x', 'x', 1)],
  ['createContainer', CREATE_CONTAINER, ask.create('/closed/x', 'x', 4)],
  ['createTTL', CREATE_TTL, ask.createTtl('/closed/x', 5n)],
  ['delete below', DELETE, ask.delete('/closed/x')],
  ['setData', SET, ask.setData('/closed', 'x')],
  ['setData at a version that is not there', SET, ask.setData('/closed', 'x', 7)],
  ['setACL', SET_ACL, ask.setAcl('/closed', BOBS)],
  ['setACL without ADMIN', SET_ACL, ask.setAcl('/managed', BOBS)],
  ['setACL to none', SET_ACL, ask.setAcl('/managed', EMPTY)],
  ['setACL to one that is none', SET_ACL, ask.setAcl('/closed', NOBODYS)],
  ['setACL of nothing', SET_ACL, ask.setAcl('/none', NOBODYS)],
  ['multi', MULTI, ask.multi([1, ask.create('/closed/x', 'x')])],
  ['below nothing', CREATE, ask.create('/none/x', 'x')],
  ['an ACL that is none', CREATE, ask.create('/open/x', 'x', 0, NOBODYS)],
  ['an empty ACL', CREATE, ask.create('/open/x', 'x', 0, EMPTY)],
  ['an ACL of whoever it is, who is nobody', CREATE, ask.create('/open/x', 'x', 0, AUTHS)],
  ['an unknown flag', CREATE, ask.create('/closed/x', 'x', 99)],
  ['no path', CREATE, ask.create('x', 'x')],
  ['no path and no ACL', CREATE, ask.create('x', 'x', 0, EMPTY)],
  ['a path with a zero byte', CREATE, ask.create('/closed/\0', 'x')],
  ['a path that ends in a slash', CREATE, ask.create('/closed/x/', 'x')],
  ['the root', CREATE, ask.create('/', 'x')],
  ['deleting the root', DELETE, ask.delete('/')],
  ['deleting what cannot be', DELETE, ask.delete('/zookeeper')],
  ['setData of nothing', SET, ask.setData('/none', 'x')],
  ['cut off', SET, ask.setData('/closed', 'x').subarray(0, 9)],
  ['what is allowed', SET, ask.setData('/open', 'x')],
];

export const EAGER_TALKS: readonly Talk[] = [
  {
    name: 'refused, or not',
    async hold(places, role) {
      const talker = await places.join('a', role);
      await talker.do(CREATE, ask.create('/open', 'x'));
      await talker.do(CREATE, ask.create('/closed', 'x', 0, READ_ONLY));
      await talker.do(CREATE, ask.create('/managed', 'x', 0, ALL_BUT_ADMIN));
      for (const [name, type, body] of ASKED) {
        places.note(name);
        await talker.do(type, body);
      }
      await talker.do(EXISTS, ask.read('/closed'));
      for (const path of ['/open', '/closed', '/managed']) await talker.do(DELETE, ask.delete(path));
    },
  },
  {
    name: 'by who asks',
    async hold(places, role, other) {
      const [bob, stranger] = [await places.join('bob', role), await places.join('stranger', other)];
      await bob.do(AUTH, ask.auth('digest', 'bob:bobsecret'), AUTH_XID);
      await bob.do(CREATE, ask.create('/bobs', 'x', 0, AUTHS));
      await bob.do(SET, ask.setData('/bobs', 'y'));
      await bob.do(CREATE2, ask.create('/bobs/e', 'x', 1));
      await places.settle();
      await stranger.do(9, ask.path('/'));
      await stranger.do(SET, ask.setData('/bobs', 'z'));
      await stranger.do(DELETE, ask.delete('/bobs/e'));
      await bob.do(DELETE, ask.delete('/bobs/e'));
      await bob.do(SET_ACL, ask.setAcl('/bobs', READ_ONLY));
      await bob.do(SET_ACL, ask.setAcl('/bobs', AUTHS));
      await stranger.do(DELETE, ask.delete('/bobs'));
    },
  },
];
