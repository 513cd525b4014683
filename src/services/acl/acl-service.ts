/** Reading and setting ACLs, with what they allow this session. */

import type { CancelSignal } from '../../base/signal.ts';
import type { Params, Result } from '../../contract/contract.ts';
import type { Acl } from '../../model/acl.ts';
import { UsageError } from '../../model/errors.ts';
import type { Stat } from '../../model/stat.ts';
import type { ReplyInfo } from '../../client/api.ts';
import type { ConnectionsService } from '../connections/connections-service.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import { readInfoOf } from '../connections/read-info.ts';
import type { HandlersOf } from '../context.ts';
import type { Kept } from '../history/keep.ts';
import { isAnswer } from '../nodes/read-write.ts';
import { digestId } from './digest.ts';
import { identitiesOf, type IdentityParts } from './identities.ts';
import { isMasked, rightsOf } from './rights.ts';

type AclValue = Result<'acl.read'>;

/** The ACL of a node. @throws KeeperError NoNode, NoAuth (neither READ nor ADMIN) */
async function readAcl(
  parts: IdentityParts,
  connection: OpenConnection,
  path: string,
  signal: CancelSignal,
): Promise<AclValue> {
  const { acl, stat, reply } = await connection.client.getACL(path, { signal });
  return valueOf(parts, connection, path, acl, stat, reply);
}

async function valueOf(
  parts: IdentityParts,
  connection: OpenConnection,
  path: string,
  acl: readonly Acl[],
  stat: Stat,
  reply: ReplyInfo,
): Promise<AclValue> {
  const identities = await identitiesOf(parts, connection);
  const rights = rightsOf(acl, identities);
  return {
    path,
    acl: acl.map(({ perms, id }) => ({ perms, id: { ...id } })),
    stat,
    rights,
    identities: identities.reported?.map(({ scheme, id }) => `${scheme}:${id}`) ?? null,
    // An administrator gets the ids whole, even one that ends like a masked one.
    masked: rights.admin !== true && isMasked(acl),
    read: readInfoOf(reply),
  };
}

/**
 * Sets a node's ACL if its aversion is still the one that was shown.
 *
 * @throws UsageError MaskedAcl; KeeperError InvalidAcl, NoAuth, ...; weather
 */
async function writeAcl(
  parts: IdentityParts,
  connection: OpenConnection,
  kept: Kept,
  { path, acl, aversion }: Params<'acl.write'>,
  signal: CancelSignal,
): Promise<Result<'acl.write'>> {
  if (isMasked(acl)) {
    throw new UsageError('MaskedAcl', 'the ACL holds masked digest ids (user:x): saving it would lock those users out');
  }
  const { client } = connection;
  try {
    // -1 is "any" to the server, and the present aversion of nodes that were made by it alone.
    if (aversion === -1 && (await client.getACL(path, { signal })).stat.aversion !== -1) {
      return { kind: 'conflict', current: await readAcl(parts, connection, path, signal) };
    }
    const { stat, reply } = await kept.whileKept(connection, path, { action: 'setAcl', aversion }, signal, () =>
      client.setACL(path, acl, aversion, { signal }));
    connection.feed.addWrite('setACL', path, reply, `aversion ${stat.aversion}`);
    connection.notes.locks.delete(path);
    return { kind: 'written', value: await readBack(parts, connection, path, acl, stat, reply) };
  } catch (error) {
    if (isAnswer(error, 'NoNode')) return { kind: 'gone' };
    if (!isAnswer(error, 'BadVersion')) throw error;
  }
  try {
    return { kind: 'conflict', current: await readAcl(parts, connection, path, signal) };
  } catch (error) {
    if (isAnswer(error, 'NoNode')) return { kind: 'gone' };
    throw error;
  }
}

/**
 * What the server made of it: it replaces `auth` entries by the session's ids and drops duplicates. It may have
 * locked this session out, and is written all the same: then what was sent has to do.
 */
async function readBack(
  parts: IdentityParts,
  connection: OpenConnection,
  path: string,
  acl: readonly Acl[],
  stat: Stat,
  reply: ReplyInfo,
): Promise<AclValue> {
  try {
    const now = await connection.client.getACL(path);
    return await valueOf(parts, connection, path, now.acl, now.stat, now.reply);
  } catch {
    return valueOf(parts, connection, path, acl, stat, reply);
  }
}

/** The handlers of `acl.*`. */
export function aclHandlers(
  connections: ConnectionsService,
  parts: IdentityParts,
  kept: Kept,
): HandlersOf<'acl.read' | 'acl.write' | 'acl.digest'> {
  return {
    'acl.read': ({ connectionId, path }, { signal }) => readAcl(parts, connections.get(connectionId), path, signal),
    'acl.write': (params, { signal }) => writeAcl(parts, connections.get(params.connectionId), kept, params, signal),
    'acl.digest': async ({ user, password }) => ({ id: await digestId(parts.hash, user, password) }),
  };
}
