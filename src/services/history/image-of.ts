/** A node as it is now, for the journal. */

import type { CancelSignal } from '../../base/signal.ts';
import type { ZooKeeper } from '../../client/api.ts';
import { KeeperError } from '../../model/errors.ts';
import { isMasked } from '../acl/rights.ts';
import type { BeforeImage } from '../transfer/api.ts';

/**
 * Reads a node with its ACL. Container and TTL nodes look persistent: the protocol does not tell them (facts 1.10).
 *
 * @returns null when it is not there, or may not be read: what cannot be read cannot be kept
 * @throws KeeperError other than NoNode and NoAuth; weather; CancelledError
 */
export async function imageOf(
  client: ZooKeeper,
  path: string,
  action: BeforeImage['action'],
  signal: CancelSignal,
): Promise<BeforeImage | null> {
  const [node, rights] = await Promise.all([
    refusedAsNull(client.getData(path, { signal })),
    refusedAsNull(client.getACL(path, { signal })),
  ]);
  if (node === null) return null;
  const { data, stat } = node;
  const acl = rights?.acl ?? null;
  const kind = stat.ephemeralOwner === 0n ? 'persistent' : 'ephemeral';
  return { path, action, data, acl, aclMasked: acl !== null && isMasked(acl), kind, ttlMs: null, stat };
}

async function refusedAsNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof KeeperError && (error.code === 'NoNode' || error.code === 'NoAuth')) return null;
    throw error;
  }
}
