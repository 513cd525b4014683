/** Access control: permissions, identities, entries, and their text forms (facts 1.15; ZooDefs.Perms). */

export const Perms = { READ: 1, WRITE: 2, CREATE: 4, DELETE: 8, ADMIN: 16, ALL: 31 } as const;

/** One of the five permission bits. */
export type Perm = 1 | 2 | 4 | 8 | 16;

export interface Id {
  /** world, auth, digest, ip, x509, sasl, ... */
  readonly scheme: string;
  readonly id: string;
}

export interface Acl {
  /** A sum of Perms. */
  readonly perms: number;
  readonly id: Id;
}

export const ANYONE: Id = { scheme: 'world', id: 'anyone' };
/** ZooDefs.Ids.AUTH_IDS: stands for whoever the connection has authenticated as. */
export const AUTH_ID: Id = { scheme: 'auth', id: '' };
export const OPEN_ACL: readonly Acl[] = [{ perms: Perms.ALL, id: ANYONE }];
export const READ_ACL: readonly Acl[] = [{ perms: Perms.READ, id: ANYONE }];
export const CREATOR_ALL_ACL: readonly Acl[] = [{ perms: Perms.ALL, id: AUTH_ID }];

const LETTERS: readonly (readonly [string, number])[] = [
  ['c', Perms.CREATE],
  ['d', Perms.DELETE],
  ['r', Perms.READ],
  ['w', Perms.WRITE],
  ['a', Perms.ADMIN],
];

/** Letters in zkCli's order, `cdrwa`; empty for no permission. */
export function formatPerms(perms: number): string {
  return LETTERS.filter(([, bit]) => (perms & bit) !== 0)
    .map(([letter]) => letter)
    .join('');
}

/**
 * Reads permission letters in any order.
 *
 * @returns null when a letter is none of c, d, r, w, a
 */
export function parsePerms(text: string): number | null {
  let perms = 0;
  for (const char of text) {
    const found = LETTERS.find(([letter]) => letter === char);
    if (found === undefined) return null;
    perms |= found[1];
  }
  return perms;
}

/** `scheme:id:perms`, as zkCli writes an entry. */
export function formatAcl(acl: Acl): string {
  return `${acl.id.scheme}:${acl.id.id}:${formatPerms(acl.perms)}`;
}

/**
 * Reads `scheme:id:perms`; the id may hold colons (digest, IPv6).
 *
 * @returns null when it is not of that form
 */
export function parseAcl(text: string): Acl | null {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first <= 0 || last === first) return null;
  const perms = parsePerms(text.slice(last + 1));
  if (perms === null) return null;
  return { perms, id: { scheme: text.slice(0, first), id: text.slice(first + 1, last) } };
}

export function equalIds(a: Id, b: Id): boolean {
  return a.scheme === b.scheme && a.id === b.id;
}

export function equalAcls(a: readonly Acl[], b: readonly Acl[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, i) => {
      const other = b[i] as Acl;
      return entry.perms === other.perms && equalIds(entry.id, other.id);
    })
  );
}
