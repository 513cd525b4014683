/** The version of the server that a session is on, which decides what may be asked of it (facts 1.17). */

import { formatServer } from '../../client/connect-string.ts';
import { UsageError } from '../../model/errors.ts';
import { parseSrvr } from '../cluster/parse-srvr.ts';
import type { AskServer } from '../ports.ts';
import type { OpenConnection } from './open-connection.ts';

const VERSION_TIMEOUT_MS = 2_000;

/**
 * The version by `srvr`, as in `3.8.0`; asked once for each server.
 *
 * @returns null when the server answers without telling it
 * @throws ZooError when there is no server, or it does not answer
 */
export async function serverVersion(askServer: AskServer, connection: OpenConnection): Promise<string | null> {
  const { server } = connection.client;
  if (server === null) throw new UsageError('NoServer', 'the session has no server yet');
  const name = formatServer(server);
  const known = connection.notes.versions.get(name);
  if (known !== undefined) return known;
  const text = await askServer(server, 'srvr', { timeoutMs: VERSION_TIMEOUT_MS });
  const version = parseSrvr(text)?.version ?? null;
  // "Not serving" and "not allowed" may both end; only a version is worth keeping.
  if (version !== null) connection.notes.versions.set(name, version);
  return version;
}

/** Whether a version is major.minor or later; false for one that is not known. */
export function isAtLeast(version: string | null, major: number, minor: number): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '');
  if (match === null) return false;
  const [haveMajor, haveMinor] = [Number(match[1]), Number(match[2])];
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}
