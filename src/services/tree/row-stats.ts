/**
 * Stats of the rows on screen, and whether each is locked. In: paths. Out: one answer for each, in the same order;
 * a row that cannot be read says why and spoils no other.
 *
 * A row costs an exists and, the first time its ACL is seen, a getACL beside it: exists needs no permission before
 * 3.8.4 and would call every node readable, while getACL needs READ or ADMIN (facts 1.15). What was found holds until
 * the node's aversion changes.
 */

import type { CancelSignal } from '../../base/signal.ts';
import type { RowStat } from '../../contract/nodes.ts';
import type { InferOutput } from 'valibot';
import { KeeperError } from '../../model/errors.ts';
import type { Stat } from '../../model/stat.ts';
import { rightsOf } from '../acl/rights.ts';
import type { Identities } from '../connections/notes.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import { mapPooled } from '../util/pool.ts';

type Row = InferOutput<typeof RowStat>;

/** Rows under way at once; each has at most two requests in flight. */
const ROWS_AT_ONCE_MAX = 48;

/**
 * Stats of rows, pipelined.
 *
 * @param nowMs monotonic
 * @throws CancelledError, ConnectionLostError and other weather: that concerns every row
 */
export async function readRowStats(
  connection: OpenConnection,
  identities: () => Promise<Identities>,
  paths: readonly string[],
  nowMs: number,
  signal: CancelSignal,
): Promise<Row[]> {
  return mapPooled(paths, ROWS_AT_ONCE_MAX, signal, async (path) => {
    const known = connection.notes.locks.get(path);
    // Both requests leave together: a row is a single round trip.
    const [stat, lock] = await Promise.all([
      readStat(connection, path, signal),
      known === undefined ? readLock(connection, identities, path, signal) : undefined,
    ]);
    if (typeof stat === 'string') return { stat: null, locked: stat === 'NoAuth' ? true : null, error: stat };
    connection.notes.counts.set(path, { count: stat.numChildren, atMs: nowMs });
    const isSame = known !== undefined && known.czxid === stat.czxid && known.aversion === stat.aversion;
    if (isSame) return { stat, locked: known.locked, error: null };
    const locked = lock === undefined ? await readLock(connection, identities, path, signal) : lock;
    connection.notes.locks.set(path, { czxid: stat.czxid, aversion: stat.aversion, locked });
    return { stat, locked, error: null };
  });
}

/** @returns the stat, or the name of the server's answer why there is none */
async function readStat(connection: OpenConnection, path: string, signal: CancelSignal): Promise<Stat | string> {
  try {
    const { stat } = await connection.client.exists(path, { signal });
    return stat ?? 'NoNode';
  } catch (error) {
    if (error instanceof KeeperError) return error.code;
    throw error;
  }
}

async function readLock(
  connection: OpenConnection,
  identities: () => Promise<Identities>,
  path: string,
  signal: CancelSignal,
): Promise<boolean | null> {
  try {
    const { acl } = await connection.client.getACL(path, { signal });
    const { read } = rightsOf(acl, await identities());
    return read === null ? null : !read;
  } catch (error) {
    if (!(error instanceof KeeperError)) throw error;
    return error.code === 'NoAuth' ? true : null;
  }
}
