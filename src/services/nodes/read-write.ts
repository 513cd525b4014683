/** Reading and writing a node's data. A write names the version that was shown; a conflict brings what stands there now. */

import type { CancelSignal } from '../../base/signal.ts';
import type { Params } from '../../contract/contract.ts';
import type { NodeValue, WriteOutcome } from '../../contract/nodes.ts';
import { KeeperError } from '../../model/errors.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import type { Kept } from '../history/keep.ts';
import { readInfoOf } from '../connections/read-info.ts';
import { plainData } from '../util/plain-bytes.ts';

/** Data and stat. @param watch whether the view wants to be told when it changes */
export async function readNode(connection: OpenConnection, path: string, watch: boolean, signal: CancelSignal): Promise<NodeValue> {
  const { data, stat, reply } = await connection.client.getData(path, {
    signal,
    watch: connection.stale.watcherFor(path, watch),
  });
  return { path, data: plainData(data), stat, read: readInfoOf(reply) };
}

/** The stat alone; null when there is no such node. */
export async function readStat(
  connection: OpenConnection,
  path: string,
  signal: CancelSignal,
): Promise<Pick<NodeValue, 'stat' | 'read'> | null> {
  const { stat, reply } = await connection.client.exists(path, { signal });
  return stat === null ? null : { stat, read: readInfoOf(reply) };
}

/**
 * Sets a node's data if its version is still the one that was shown. What stands there goes to the journal first; when
 * the journal's disk refuses, nothing is written.
 *
 * @throws KeeperError other than BadVersion and NoNode; ConnectionLostError, after which it is not known whether
 *   the data was set unless the error says that a retry is safe
 */
export async function writeNode(
  connection: OpenConnection,
  kept: Kept,
  { path, data, version }: Params<'node.write'>,
  signal: CancelSignal,
): Promise<WriteOutcome> {
  try {
    const { stat, reply } = await kept.whileKept(connection, path, { action: 'setData', version, data }, signal, () =>
      connection.client.setData(path, data, version, { signal }));
    connection.feed.addWrite('setData', path, reply, `version ${stat.version}, ${stat.dataLength} bytes`);
    return { kind: 'written', stat, read: readInfoOf(reply) };
  } catch (error) {
    if (isAnswer(error, 'NoNode')) return { kind: 'gone' };
    if (!isAnswer(error, 'BadVersion')) throw error;
  }
  try {
    return { kind: 'conflict', current: await readNode(connection, path, false, signal) };
  } catch (error) {
    if (isAnswer(error, 'NoNode')) return { kind: 'gone' };
    throw error;
  }
}

/** Whether the server answered with this code. */
export function isAnswer(error: unknown, code: string): error is KeeperError {
  return error instanceof KeeperError && error.code === code;
}
