/** What a person fills in to create a node, and what comes of it. Pure. */

import { TTL_MS_MAX } from '../../../model/create-mode.ts';
import { createPathProblem, formatSequence, parentPath } from '../../../model/zpath.ts';

export const TTL_UNITS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export type TtlUnit = keyof typeof TTL_UNITS;

export const isSequentialKind = (kind: string): boolean => /sequential$/i.test(kind);
export const isTtlKind = (kind: string): boolean => kind.startsWith('ttl');

/** Whole days of the longest time to live. */
export const TTL_DAYS_MAX = Number(TTL_MS_MAX / 86_400_000n);

/** Milliseconds of a typed time to live, or null when it is none that a server takes. */
export function ttlMsOf(text: string, unit: TtlUnit): bigint | null {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return null;
  const ms = Math.round(value * TTL_UNITS[unit]);
  return ms >= 1 && BigInt(ms) <= TTL_MS_MAX ? BigInt(ms) : null;
}

/** A path as typed, without a slash at its end where that would be an empty name; a sequential node may have none but its number. */
export function typedPath(text: string, sequential: boolean): string {
  const path = text.trim();
  return !sequential && path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/**
 * Why a path cannot be created, or null.
 *
 * @param parent where the form began: nothing typed after it is no problem yet
 * @returns `bad`: the path that is wrong, with a sequential one's number in place
 */
export function newPathProblem(text: string, parent: string, sequential: boolean): { readonly kind: 'unnamed' | 'bad'; readonly path: string } | null {
  const prefix = parent === '/' ? '/' : `${parent}/`;
  if (!sequential && (text.trim() === prefix || text.trim() === parent || text.trim() === '')) return { kind: 'unnamed', path: '' };
  const path = typedPath(text, sequential);
  return createPathProblem(path, sequential) === null ? null : { kind: 'bad', path: sequential ? `${path}1` : path };
}

/**
 * The path that a sequential node would get if it were created now.
 *
 * @param stat the parent's: the server counts the children ever created, which is half of changes and children together (facts 1.10)
 */
export function sequentialPath(path: string, stat: { readonly cversion: number; readonly numChildren: number }): string {
  return `${path}${formatSequence((stat.cversion + stat.numChildren) / 2)}`;
}

/** The parent of what is typed, for asking for its Stat; null while that is no path. */
export function parentOfTyped(text: string): string | null {
  const path = text.trim();
  return createPathProblem(path, true) === null ? parentPath(`${path}1`) : null;
}
