/** The requests that register all watches again on a new connection (facts 2.3, 3.3; SendThread.primeConnection). */

import type { SetWatches2Request } from '../wire/operations/watches.ts';
import type { WatchKind, WatchRegistry } from './watch-registry.ts';

/** A request is cut when its paths reach this many bytes, far below what any server takes. */
export const RENEWAL_BYTES_MAX = 128 * 1024;

export interface RenewalBatch {
  /** setWatches2 is needed: older servers know only setWatches. */
  readonly persistent: boolean;
  readonly request: SetWatches2Request;
}

type Lists = Record<WatchKind, string[]>;

const emptyLists = (): Lists => ({ data: [], exist: [], child: [], persistent: [], recursive: [] });

/**
 * All watches in as few requests as the limit allows.
 *
 * @param relativeZxid the last zxid this client has seen: what changed since fires at once
 */
export function renewalBatches(
  watches: WatchRegistry,
  relativeZxid: bigint,
  bytesMax = RENEWAL_BYTES_MAX,
): RenewalBatch[] {
  const batches: RenewalBatch[] = [];
  let lists = emptyLists();
  let bytes = 0;
  const finish = (): void => {
    if (bytes === 0) return;
    batches.push(batchOf(lists, relativeZxid));
    lists = emptyLists();
    bytes = 0;
  };
  for (const kind of ['data', 'exist', 'child', 'persistent', 'recursive'] as const) {
    for (const path of watches.paths(kind)) {
      // At most three bytes a unit, and the length in front.
      const size = path.length * 3 + 4;
      if (bytes + size > bytesMax) finish();
      lists[kind].push(path);
      bytes += size;
    }
  }
  finish();
  return batches;
}

function batchOf(lists: Lists, relativeZxid: bigint): RenewalBatch {
  return {
    persistent: lists.persistent.length > 0 || lists.recursive.length > 0,
    request: {
      relativeZxid,
      dataWatches: lists.data,
      existWatches: lists.exist,
      childWatches: lists.child,
      persistentWatches: lists.persistent,
      persistentRecursiveWatches: lists.recursive,
    },
  };
}
