/** A node as transfers carry it, and how a file's kind names stand for create modes. */

import { equalBytes } from '../../base/bytes.ts';
import { equalAcls, type Acl } from '../../model/acl.ts';
import { CreateMode } from '../../model/create-mode.ts';
import type { Stat } from '../../model/stat.ts';

export const KINDS = ['persistent', 'ephemeral', 'container', 'ttl'] as const;
export type Kind = (typeof KINDS)[number];

/** A kind, and the time to live of a TTL node. */
export interface KindInfo {
  readonly kind: Kind;
  readonly ttlMs: bigint | null;
}

export interface NodeRecord extends KindInfo {
  /** Below the transfer's root; empty for the root itself. */
  readonly path: string;
  /** Null is not the same as empty. */
  readonly data: Uint8Array | null;
  /** Null: not known. */
  readonly acl: readonly Acl[] | null;
  /** Digest ids came back masked, because the session that read them has no ADMIN: writing them would lock people out. */
  readonly aclMasked: boolean;
  /** Null where the source tells none (foreign files). */
  readonly stat: Stat | null;
  /** It changed while it was being read. */
  readonly changed: boolean;
  /**
   * The file (a foreign one) does not have it, only nodes below it: it is made, empty, where there is none; where
   * there is one that is left as it is, and is the same in a comparison.
   */
  readonly implied?: true;
}

/** Whether a node belongs to a session. The one kind that Stat tells. */
export function isEphemeralKind({ kind }: KindInfo): boolean {
  return kind === 'ephemeral';
}

/** Where something differs. */
export type Difference = 'data' | 'acl' | 'kind';

/**
 * In what two nodes differ. ACLs that are not known are not compared; of masked ones, what is not masked is.
 *
 * @param kinds whether both sides know their kinds
 */
export function differencesOf(a: NodeRecord, b: NodeRecord, kinds: boolean): Difference[] {
  const out: Difference[] = [];
  if (!equalData(a.data, b.data)) out.push('data');
  const mask = a.aclMasked || b.aclMasked ? masked : (acl: readonly Acl[]): readonly Acl[] => acl;
  if (a.acl !== null && b.acl !== null && !sameAcls(mask(a.acl), mask(b.acl))) out.push('acl');
  if (kinds ? a.kind !== b.kind || a.ttlMs !== b.ttlMs : isEphemeralKind(a) !== isEphemeralKind(b)) out.push('kind');
  return out;
}

/** As the server shows it to a session without ADMIN: users of digest ids, and not their hashes (facts 3; ZOOKEEPER-1634). */
function masked(acl: readonly Acl[]): readonly Acl[] {
  return acl.map(({ perms, id: { scheme, id } }) => ({ perms, id: { scheme, id: scheme === 'digest' ? id.replace(/:.*$/, ':x') : id } }));
}

/** Whether both are the same bytes; null equals only null. */
export function equalData(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b);
}

/** A server keeps the order of entries, but drops repeated ones (PrepRequestProcessor.fixupACL). */
export function sameAcls(a: readonly Acl[], b: readonly Acl[]): boolean {
  return equalAcls(withoutRepeats(a), withoutRepeats(b));
}

/** The entries, each once. */
export function withoutRepeats(acl: readonly Acl[]): readonly Acl[] {
  const key = ({ perms, id }: Acl): string => `${perms}:${id.scheme}:${id.id}`;
  const seen = new Set<string>();
  return acl.filter((entry) => !seen.has(key(entry)) && seen.add(key(entry)) !== undefined);
}

/** How a node of this kind is created. Names are taken as they are, so that none is made sequential again. */
export function modeOf(kind: Kind): CreateMode {
  if (kind === 'container') return CreateMode.CONTAINER;
  if (kind === 'ttl') return CreateMode.PERSISTENT_WITH_TTL;
  return kind === 'ephemeral' ? CreateMode.EPHEMERAL : CreateMode.PERSISTENT;
}
