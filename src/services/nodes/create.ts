/** Creating nodes of every kind, with their missing parents where that is asked for. */

import type { CancelSignal } from '../../base/signal.ts';
import type { Params, Result } from '../../contract/contract.ts';
import { OPEN_ACL } from '../../model/acl.ts';
import { CreateMode, isSequential, isTtl, TTL_MS_MAX } from '../../model/create-mode.ts';
import { UsageError } from '../../model/errors.ts';
import { createPathProblem, parentPath, pathLineage } from '../../model/zpath.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import { readInfoOf } from '../connections/read-info.ts';
import { isAnswer } from './read-write.ts';

type Kind = Params<'node.create'>['kind'];

const MODES: Readonly<Record<Kind, CreateMode>> = {
  persistent: CreateMode.PERSISTENT,
  ephemeral: CreateMode.EPHEMERAL,
  persistentSequential: CreateMode.PERSISTENT_SEQUENTIAL,
  ephemeralSequential: CreateMode.EPHEMERAL_SEQUENTIAL,
  container: CreateMode.CONTAINER,
  ttl: CreateMode.PERSISTENT_WITH_TTL,
  ttlSequential: CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL,
};

/**
 * Creates a node.
 *
 * @throws UsageError BadPath, BadTtl; KeeperError NodeExists, NoNode (a parent is missing and was not asked for), ...
 */
export async function createNode(
  connection: OpenConnection,
  params: Params<'node.create'>,
  signal: CancelSignal,
): Promise<Result<'node.create'>> {
  const { path, kind, data, parents } = params;
  const mode = MODES[kind];
  const problem = path === '/' ? 'the root is always there' : createPathProblem(path, isSequential(mode));
  if (problem !== null) throw new UsageError('BadPath', `${path}: ${problem}`);
  const options = { mode, acl: params.acl ?? OPEN_ACL, signal, ...ttlOption(mode, params.ttlMs) };
  const create = async (createdParents: string[]): Promise<Result<'node.create'>> => {
    const created = await connection.client.create(path, data, options);
    connection.feed.addWrite('create', created.path, created.reply, kind);
    return { path: created.path, stat: created.stat, read: readInfoOf(created.reply), createdParents };
  };
  try {
    return await create([]);
  } catch (error) {
    if (!parents || !isAnswer(error, 'NoNode')) throw error;
  }
  return create(await createParents(connection, path, signal));
}

function ttlOption(mode: CreateMode, ttlMs: bigint | null): { ttlMs?: bigint } {
  if (!isTtl(mode)) return {};
  if (ttlMs === null || ttlMs < 1n || ttlMs > TTL_MS_MAX) {
    throw new UsageError('BadTtl', `a time to live is 1 to ${TTL_MS_MAX} ms`);
  }
  return { ttlMs };
}

/** Makes what is missing above a path, as plain persistent nodes open to everybody. @returns what was made */
async function createParents(connection: OpenConnection, path: string, signal: CancelSignal): Promise<string[]> {
  const made: string[] = [];
  for (const parent of await missingAbove(connection, path, signal)) {
    try {
      const { reply } = await connection.client.create(parent, null, { signal });
      connection.feed.addWrite('create', parent, reply, 'missing parent');
      made.push(parent);
    } catch (error) {
      if (!isAnswer(error, 'NodeExists')) throw error;
    }
  }
  return made;
}

/** The missing ancestors, topmost first: looked for from the bottom, since most of a path is usually there. */
async function missingAbove(connection: OpenConnection, path: string, signal: CancelSignal): Promise<string[]> {
  const missing: string[] = [];
  const parent = parentPath(path);
  for (const ancestor of parent === null ? [] : pathLineage(parent).reverse()) {
    if (ancestor === '/') break;
    const { stat } = await connection.client.exists(ancestor, { signal });
    if (stat !== null) break;
    missing.unshift(ancestor);
  }
  return missing;
}
