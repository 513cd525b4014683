/**
 * Names for completing paths. In: a parent. Out: its children's names: from the tree where it lists them already, else
 * by one call, kept for a few seconds; a wide node is not listed for this.
 */

import { defineStore } from 'pinia';
import type { Failure } from '../../contract/shapes.ts';
import { sortNames } from '../base/tree/name-order.ts';
import { parseNames } from '../base/tree/names.ts';
import { backend, failureOf } from './backend.ts';
import { useTreeStore } from './tree.ts';

const KEPT_MS = 10_000;
const KEPT_MAX = 50;
/** More children than this are no help while typing. */
const WIDE_ABOVE = 20_000;

export type PathNames =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'wide'; readonly count: number }
  | { readonly kind: 'failed'; readonly failure: Failure };

export const usePathsStore = defineStore('paths', () => {
  const tree = useTreeStore();
  const kept = new Map<string, { readonly atMs: number; readonly found: PathNames }>();

  async function fetchNames(connectionId: string, path: string, signal: AbortSignal): Promise<PathNames> {
    try {
      const answer = await backend().call('tree.children', { connectionId, path, wideAbove: WIDE_ABOVE, watch: false }, { signal });
      if (answer.kind === 'wide') return { kind: 'wide', count: answer.count };
      return { kind: 'names', names: sortNames(parseNames(answer.names), 'natural') };
    } catch (thrown) {
      return { kind: 'failed', failure: failureOf(thrown) };
    }
  }

  /** The names of a node's children. Never throws; a cancelled call gives a failure of kind `cancelled`. */
  async function namesOf(connectionId: string, path: string, signal: AbortSignal): Promise<PathNames> {
    const { model } = tree.of(connectionId);
    const place = model.locate(path);
    const listing = place === null ? undefined : model.listingOf(place);
    if (listing !== undefined && listing.names.length > 0) return { kind: 'names', names: listing.names };
    const key = `${connectionId}\n${path}`;
    const known = kept.get(key);
    if (known !== undefined && performance.now() - known.atMs < KEPT_MS) return known.found;
    const found = await fetchNames(connectionId, path, signal);
    if (found.kind === 'failed') return found;
    kept.delete(key);
    kept.set(key, { atMs: performance.now(), found });
    if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value as string);
    return found;
  }

  return { namesOf };
});
