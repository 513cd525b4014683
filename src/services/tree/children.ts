/**
 * Listing a node: one getChildren2, however many children it has. Where the caller would be asked about a wide node,
 * the number of children comes from the row's stat if that is fresh, else from one exists before.
 */

import type { CancelSignal } from '../../base/signal.ts';
import type { Children } from '../../contract/nodes.ts';
import type { Params } from '../../contract/contract.ts';
import { ErrorCode } from '../../model/error-code.ts';
import { KeeperError } from '../../model/errors.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import { readInfoOf } from '../connections/read-info.ts';
import { plainBytes } from '../util/plain-bytes.ts';

/** A count older than this is asked for again before a listing relies on it. */
const COUNT_FRESH_MS = 30_000;

/**
 * The children of a node, or that there are too many to list unasked.
 *
 * @throws KeeperError NoNode, NoAuth; what the client throws
 */
export async function listChildren(
  connection: OpenConnection,
  { path, wideAbove, watch }: Params<'tree.children'>,
  nowMs: number,
  signal: CancelSignal,
): Promise<Children> {
  const { client, notes } = connection;
  const known = notes.counts.get(path);
  const surelyNarrow = wideAbove !== null && known !== undefined && known.count <= wideAbove && nowMs - known.atMs < COUNT_FRESH_MS;
  if (wideAbove !== null && !surelyNarrow) {
    const { stat, reply } = await client.exists(path, { signal });
    if (stat === null) throw new KeeperError(ErrorCode.NoNode, path);
    notes.counts.set(path, { count: stat.numChildren, atMs: nowMs });
    if (stat.numChildren > wideAbove) {
      return { kind: 'wide', count: stat.numChildren, stat, read: readInfoOf(reply) };
    }
  }
  const { names, count, stat, reply } = await client.getChildrenRaw(path, {
    signal,
    watch: connection.stale.watcherFor(path, watch),
  });
  notes.counts.set(path, { count, atMs: nowMs });
  return { kind: 'listed', count, names: plainBytes(names), stat, read: readInfoOf(reply) };
}
