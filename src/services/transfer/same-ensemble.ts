/**
 * Whether two connect strings lead to one ensemble, whatever its servers are called in them: `zk1` and `zk2`, a name
 * and an address. A move that takes its own source for the copy deletes it. Must hold: no doubt ends in "two".
 */

import type { Stat } from '../../model/stat.ts';
import { parentPath } from '../../model/zpath.ts';
import type { LiveSide } from './api.ts';
import { Endpoint } from './endpoint.ts';
import { realPath, type Place } from './rules.ts';

/** One end and its subtree. */
export interface End {
  readonly endpoint: Endpoint;
  readonly side: LiveSide;
}

/**
 * Connects `from`, and finds out. A new session is a transaction of its ensemble, which the other end sees go by
 * exactly when it is the same one: the last zxids of to, from and to again, each behind a sync, then go up. Where
 * sessions are no transactions (localSessionsEnabled) a node decides that both can see.
 *
 * @param from not connected yet, or its session is the one of `to`
 * @throws as Endpoint.prepare
 */
export async function isSameEnsemble(from: End, to: End): Promise<boolean> {
  if (from.endpoint === to.endpoint) return true;
  const before = await zxidOf(to);
  await from.endpoint.prepare();
  const between = await zxidOf(from);
  const after = await zxidOf(to);
  if (between !== before) return before < between && between <= after;
  // Both stand at the same count, by chance or because sessions do not count: one more tells which.
  await openOne(from);
  const now = await zxidOf(from);
  return now === between ? seeTheSame(from, to) : now <= (await zxidOf(to));
}

const zxidOf = ({ endpoint, side }: End): Promise<bigint> => endpoint.syncedZxid(side.path);

async function openOne({ endpoint: { source, clock, signal } }: End): Promise<void> {
  const endpoint = new Endpoint(source, clock, signal);
  try {
    await endpoint.client();
  } finally {
    await endpoint.close();
  }
}

async function seeTheSame(from: End, to: End): Promise<boolean> {
  const [a, b] = await Promise.all([placeOf(from), placeOf(to)]);
  const [realA, realB] = [realPath(a), realPath(b)];
  // The deeper of both is, or would be, within reach of either session.
  for (let path: string | null = realA.length > realB.length ? realA : realB; path !== null; path = parentPath(path)) {
    const [here, there] = await Promise.all([statAt(from, a, path), statAt(to, b, path)]);
    if (here === undefined || there === undefined) return true;
    if (here === null && there === null) continue;
    return here !== null && there !== null && isSame(here, there);
  }
  return true;
}

const placeOf = async ({ endpoint, side }: End): Promise<Place> => ({ client: await endpoint.client(), path: side.path });

/** @returns undefined where the path is above the session's chroot */
async function statAt({ endpoint }: End, { client: { chroot } }: Place, path: string): Promise<Stat | null | undefined> {
  if (path !== chroot && !path.startsWith(`${chroot}/`)) return undefined;
  const { stat } = await endpoint.read('read', (client) => client.exists(path === chroot ? '/' : path.slice(chroot.length)));
  return stat;
}

function isSame(a: Stat, b: Stat): boolean {
  return a.czxid === b.czxid && a.ctime === b.ctime && a.mzxid === b.mzxid && a.mtime === b.mtime && a.pzxid === b.pzxid;
}
