/**
 * The order in which Apache's server walks the identities of a connection. It keeps them in a ConcurrentHashMap
 * (ServerCnxn.authInfo), and the order shows: in whoAmI, and in the ACL that is stored for `auth`, which two
 * servers must store alike.
 */

import type { Id } from '../../../model/acl.ts';

const FIRST_BINS = 16;

/** The identities, in the order of their bins; in one bin, as they were added. */
export function inApacheOrder(identities: readonly Id[]): readonly Id[] {
  // The table doubles when it is three quarters full.
  let bins = FIRST_BINS;
  while (identities.length >= bins * 0.75) bins *= 2;
  const bin = (id: Id): number => {
    const hash = hashOfId(id);
    return (hash ^ (hash >>> 16)) & (bins - 1);
  };
  return [...identities].sort((a, b) => bin(a) - bin(b));
}

/** As the class that Apache generates for Id computes it. */
function hashOfId({ scheme, id }: Id): number {
  const first = (Math.imul(37, 17) + hashOfText(scheme)) | 0;
  return (Math.imul(37, first) + hashOfText(id)) | 0;
}

/** String.hashCode */
function hashOfText(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}
