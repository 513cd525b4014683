/**
 * The order in which Apache's server walks the identities of a connection. It keeps them in a ConcurrentHashMap
 * (ServerCnxn.authInfo), and the order shows: in whoAmI, and in the ACL that is stored for `auth`, which two
 * servers must store alike.
 */

import { binsOfHashMap, inHashOrder, javaHashOfText } from '../../../base/java-hash.ts';
import type { Id } from '../../../model/acl.ts';

/** The identities, which come in the order in which they were added, in Apache's. */
export function inApacheOrder(identities: readonly Id[]): readonly Id[] {
  // A ConcurrentHashMap grows with the item that fills three quarters of it, a HashMap with the one after that.
  return inHashOrder(identities, hashOfId, binsOfHashMap(identities.length + 1));
}

/** As the class that Apache generates for Id computes it. */
function hashOfId({ scheme, id }: Id): number {
  const first = (Math.imul(37, 17) + javaHashOfText(scheme)) | 0;
  return (Math.imul(37, first) + javaHashOfText(id)) | 0;
}
