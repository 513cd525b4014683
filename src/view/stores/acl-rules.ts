/** What can be said about an ACL while it is edited: entries that no server would take, and what a session keeps. Pure. */

import { Perms, equalIds, type Acl, type Id } from '../../model/acl.ts';

export const SCHEMES = ['world', 'auth', 'digest', 'ip', 'sasl', 'x509'] as const;

/** Why a server would refuse an entry (facts 1.15), or who will be locked out by it. */
export type EntryProblem = 'scheme' | 'worldId' | 'digestId' | 'digestMasked' | 'ipId' | 'emptyId' | 'noPerms' | 'double' | 'authUnknown';

/** Problems with which saving makes no sense; the others are warnings. */
export const BLOCKING: ReadonlySet<EntryProblem> = new Set(['scheme', 'worldId', 'digestId', 'digestMasked', 'ipId', 'emptyId', 'authUnknown']);

/**
 * What is wrong with one entry of a list, or null.
 *
 * @param identities the session's, as `scheme:id`; null when they are not known
 */
export function entryProblem(acl: readonly Acl[], index: number, identities: readonly string[] | null): EntryProblem | null {
  const { perms, id } = acl[index] as Acl;
  const problem = idProblem(id, identities);
  if (problem !== null) return problem;
  if (acl.some((other, at) => at < index && other.perms === perms && equalIds(other.id, id))) return 'double';
  return perms === 0 ? 'noPerms' : null;
}

function idProblem({ scheme, id }: Id, identities: readonly string[] | null): EntryProblem | null {
  switch (scheme) {
    case '':
      return 'scheme';
    case 'world':
      return id === 'anyone' ? null : 'worldId';
    case 'auth':
      return identities !== null && !identities.some(isAuthenticated) ? 'authUnknown' : null;
    case 'digest':
      if (/^[^:]+:x$/.test(id)) return 'digestMasked';
      return /^[^:]+:[^:]+$/.test(id) ? null : 'digestId';
    case 'ip':
      return isIpPattern(id) ? null : 'ipId';
    default:
      return id === '' ? 'emptyId' : null;
  }
}

/** An address, with the number of leading bits that count after a slash where not all do. */
function isIpPattern(text: string): boolean {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  if (match === null) return false;
  const [, address = '', bits] = match;
  const v4 = /^(\d{1,3})(\.\d{1,3}){3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255);
  const v6 = /^[0-9a-f:.]+$/i.test(address) && address.includes(':');
  return (v4 || v6) && (bits === undefined || Number(bits) <= (v4 ? 32 : 128));
}

/** Whether `auth` stands for an identity: all do but an address and world. */
function isAuthenticated(identity: string): boolean {
  return !identity.startsWith('ip:') && !identity.startsWith('world:');
}

/**
 * Whether a session with these identities will hold a permission by an ACL.
 *
 * @returns null when it cannot be told from here
 */
export function holdsAfter(acl: readonly Acl[], perm: number, identities: readonly string[] | null): boolean | null {
  if (identities?.some((identity) => identity.startsWith('super:'))) return true;
  let unsure = false;
  for (const entry of acl) {
    if ((entry.perms & perm) === 0) continue;
    const held = holds(entry.id, identities);
    if (held === true) return true;
    if (held === null) unsure = true;
  }
  return unsure ? null : false;
}

function holds({ scheme, id }: Id, identities: readonly string[] | null): boolean | null {
  if (scheme === 'world') return id === 'anyone';
  if (identities === null) return null;
  if (scheme === 'auth') return identities.some(isAuthenticated);
  if (identities.includes(`${scheme}:${id}`)) return true;
  const ofScheme = identities.filter((identity) => identity.startsWith(`${scheme}:`));
  if (scheme === 'digest') {
    const user = `digest:${id.split(':')[0] ?? ''}`;
    return ofScheme.some((identity) => identity === user || identity.startsWith(`${user}:`)) ? null : false;
  }
  if (scheme === 'ip' && ofScheme.length > 0) return id.includes('/') ? null : false;
  return ofScheme.length > 0 && scheme !== 'sasl' && scheme !== 'x509' ? null : false;
}

/** True when this session has ADMIN now and will certainly not have it afterwards. */
export function locksOut(now: boolean | null, after: readonly Acl[], identities: readonly string[] | null): boolean {
  return now !== false && holdsAfter(after, Perms.ADMIN, identities) === false;
}
