/**
 * What a session may do by an ACL, as far as its identities are known (facts 1.15; ZooKeeperServer.checkACL).
 * True and false are certain; null is "cannot be told from here".
 */

import { Perms, equalIds, type Acl, type Id } from '../../model/acl.ts';
import type { Identities } from '../connections/notes.ts';
import { ipMatches } from './ip-match.ts';

export interface Rights {
  readonly read: boolean | null;
  readonly write: boolean | null;
  /** To create children. */
  readonly create: boolean | null;
  /** To delete children. */
  readonly delete: boolean | null;
  readonly admin: boolean | null;
}

/** The rights that an ACL gives on its node and to the node's children. */
export function rightsOf(acl: readonly Acl[], identities: Identities): Rights {
  const may = (perm: number): boolean | null => permits(acl, perm, identities);
  return {
    read: may(Perms.READ),
    write: may(Perms.WRITE),
    create: may(Perms.CREATE),
    delete: may(Perms.DELETE),
    admin: may(Perms.ADMIN),
  };
}

function permits(acl: readonly Acl[], perm: number, identities: Identities): boolean | null {
  // An empty list allows everything, and whoever holds an id of scheme super may do anything.
  if (acl.length === 0 || identities.reported?.some((id) => id.scheme === 'super') === true) return true;
  let unsure = false;
  for (const entry of acl) {
    if ((entry.perms & perm) === 0) continue;
    const held = holds(entry.id, identities);
    if (held === true) return true;
    if (held === null) unsure = true;
  }
  return unsure ? null : false;
}

function holds(id: Id, identities: Identities): boolean | null {
  if (id.scheme === 'world') return id.id === 'anyone';
  if (identities.own.some((own) => equalIds(own, id))) return true;
  if (id.scheme === 'digest') return holdsDigest(id, identities);
  const reported = identities.reported?.filter((known) => known.scheme === id.scheme);
  if (reported === undefined) return null;
  if (id.scheme === 'ip') return holdsIp(id.id, reported);
  if (id.scheme === 'sasl' || id.scheme === 'x509') return reported.some((known) => known.id === id.id);
  // A provider of its own may match in ways that are not known here.
  return reported.length === 0 ? false : null;
}

/** The hash may be masked, or made with another algorithm than SHA-1: with the same user it cannot be told. */
function holdsDigest(id: Id, identities: Identities): boolean | null {
  const user = userOf(id.id);
  const known = [...identities.own, ...(identities.reported ?? [])];
  return known.some((other) => other.scheme === 'digest' && userOf(other.id) === user) ? null : false;
}

function holdsIp(pattern: string, reported: readonly Id[]): boolean | null {
  const matches = reported.map((known) => ipMatches(known.id, pattern));
  if (matches.includes(true)) return true;
  return matches.length === 0 || matches.includes(null) ? null : false;
}

function userOf(id: string): string {
  const colon = id.indexOf(':');
  return colon < 0 ? id : id.slice(0, colon);
}

/**
 * Whether digest ids came back masked: without ADMIN a server writes `user:x` for `user:<hash>`
 * (FinalRequestProcessor). A hash is 20 bytes or more, so that `x` is never one.
 */
export function isMasked(acl: readonly Acl[]): boolean {
  return acl.some(({ id }) => id.scheme === 'digest' && id.id.endsWith(':x'));
}
