/**
 * Which ACL a node is created with. Must hold: a node whose ACL is not known is never opened to the world, and no
 * masked id is ever written; a session does not lock itself out of a node under which it still has to create.
 */

import { ANYONE, equalIds, OPEN_ACL, Perms, type Acl, type Id } from '../../../model/acl.ts';
import type { NodeRecord } from '../record.ts';

/** What a node is created with. */
export interface Grant {
  readonly acl: readonly Acl[];
  /** It is set when everything below the node is there; null: it is created with its own at once. */
  readonly final: readonly Acl[] | null;
  /** Its own ACL is not known: this is the narrowest that keeps it in reach. */
  readonly masked: boolean;
}

/**
 * - ACLs are not carried, or the file does not have the node itself: the open one, as every client's default is
 * - not known whole: the entries that are known, and everything for the session's own identities; where there is
 *   neither, none can be given (null)
 * - it lets this session create below it, or nothing comes below it: its own
 * - else its own and an entry that lets this session create and set the ACL later: for its identities, or, where it
 *   has none, for everyone, without READ and WRITE. Whoever could use that could have created the node itself.
 *
 * @param hasChildren whether nodes are created below it
 * @param identities those that the session certainly has
 */
export function grantFor(record: NodeRecord, acls: boolean, hasChildren: boolean, identities: readonly Id[]): Grant | null {
  if (!acls || record.implied === true) return { acl: OPEN_ACL, final: null, masked: false };
  const { acl, aclMasked } = record;
  const own = identities.filter(({ scheme }) => scheme !== 'world');
  if (acl === null || aclMasked) {
    const known = (acl ?? []).filter(({ id }) => id.scheme !== 'digest');
    const entries = [...known, ...own.map((id): Acl => ({ perms: Perms.ALL, id }))];
    return entries.length === 0 ? null : { acl: entries, final: null, masked: true };
  }
  if (!hasChildren || mayCreate(acl, own)) return { acl, final: null, masked: false };
  const perms = Perms.CREATE | Perms.ADMIN;
  const extra = own.length > 0 ? own.map((id): Acl => ({ perms, id })) : [{ perms, id: ANYONE }];
  return { acl: [...acl, ...extra], final: acl, masked: false };
}

/** Whether the session certainly may create below a node with this ACL. */
export function mayCreate(acl: readonly Acl[], identities: readonly Id[]): boolean {
  if (acl.length === 0 || identities.some(({ scheme }) => scheme === 'super')) return true;
  return acl.some(({ perms, id }) => (perms & Perms.CREATE) !== 0 && (equalIds(id, ANYONE) || identities.some((own) => equalIds(own, id))));
}

/** The ACL that a change leads to. @returns null when nothing would be left of it, which no server takes */
export function changedAcl(now: readonly Acl[], change: readonly Acl[], mode: 'replace' | 'add' | 'remove'): readonly Acl[] | null {
  if (mode === 'replace') return change;
  const out = new Map<string, { perms: number; id: Id }>();
  const key = ({ scheme, id }: Id): string => `${scheme}:${id}`;
  for (const { perms, id } of now) {
    const entry = out.get(key(id));
    if (entry === undefined) out.set(key(id), { perms, id });
    else entry.perms |= perms;
  }
  for (const { perms, id } of change) {
    const entry = out.get(key(id));
    if (mode === 'remove') {
      if (entry !== undefined) entry.perms &= ~perms;
    } else if (entry === undefined) out.set(key(id), { perms, id });
    else entry.perms |= perms;
  }
  const entries = [...out.values()].filter(({ perms }) => perms !== 0);
  return entries.length === 0 ? null : entries;
}
