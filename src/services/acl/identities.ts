/**
 * Who a session is. The digests come from its own credentials; the rest from whoAmI, which must not be sent to
 * servers before 3.7: they answer an unknown operation by closing the connection (facts 1.17).
 */

import type { Id } from '../../model/acl.ts';
import type { Identities } from '../connections/notes.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import type { Logger } from '../../base/logger.ts';
import { isAtLeast, serverVersion } from '../connections/server-version.ts';
import type { AskServer, Hash } from '../ports.ts';
import { digestId } from './digest.ts';

export interface IdentityParts {
  readonly hash: Hash;
  readonly askServer: AskServer;
  readonly logger: Logger;
}

/** The session's identities; found out once, and again after credentials were added or the session changed. */
export function identitiesOf(parts: IdentityParts, connection: OpenConnection): Promise<Identities> {
  const { notes } = connection;
  if (notes.identities !== null) return notes.identities;
  const mine = findOut(parts, connection).then(({ identities, settled }) => {
    // What was not learnt because a server did not answer is asked for again next time.
    if (!settled && notes.identities === mine) notes.identities = null;
    return identities;
  });
  notes.identities = mine;
  return mine;
}

interface Found {
  readonly identities: Identities;
  /** Whether asking again would give the same. */
  readonly settled: boolean;
}

async function findOut(parts: IdentityParts, connection: OpenConnection): Promise<Found> {
  const own: Id[] = [];
  for (const { scheme, user, secret } of connection.credentials) {
    if (scheme === 'digest') own.push({ scheme, id: await digestId(parts.hash, user, secret) });
  }
  try {
    const reported = isAtLeast(await serverVersion(parts.askServer, connection), 3, 7) ? await whoAmI(connection) : null;
    return { identities: { own, reported }, settled: true };
  } catch (error) {
    parts.logger.log('debug', 'the server did not tell who this session is', { reason: String(error) });
    return { identities: { own, reported: null }, settled: false };
  }
}

async function whoAmI(connection: OpenConnection): Promise<Id[]> {
  const infos = await connection.client.whoAmI();
  return infos.map(({ authScheme, user }) => ({ scheme: authScheme, id: user }));
}
