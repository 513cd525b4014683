/**
 * Who a session is. The digests come from its own credentials; the rest from whoAmI, which must not be sent to
 * servers before 3.7: they answer an unknown operation by closing the connection (facts 1.17).
 */

import type { Id } from '../../model/acl.ts';
import { UsageError } from '../../model/errors.ts';
import { parseSrvr } from '../cluster/parse-srvr.ts';
import type { Identities } from '../connections/notes.ts';
import type { OpenConnection } from '../connections/open-connection.ts';
import type { Logger } from '../../base/logger.ts';
import type { AskServer, Hash } from '../ports.ts';
import { digestId } from './digest.ts';

const VERSION_TIMEOUT_MS = 2_000;

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
    const reported = (await knowsWhoAmI(parts, connection)) ? await whoAmI(connection) : null;
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

/** @throws ZooError when the session's server does not tell its version */
async function knowsWhoAmI(parts: IdentityParts, connection: OpenConnection): Promise<boolean> {
  const { server } = connection.client;
  if (server === null) throw new UsageError('NoServer', 'the session has no server yet');
  const text = await parts.askServer(server, 'srvr', { timeoutMs: VERSION_TIMEOUT_MS });
  return isAtLeast(parseSrvr(text)?.version ?? null, 3, 7);
}

function isAtLeast(version: string | null, major: number, minor: number): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '');
  if (match === null) return false;
  const [haveMajor, haveMinor] = [Number(match[1]), Number(match[2])];
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}
