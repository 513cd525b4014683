/** What is refused before anything is sent: paths, versions, sizes that no server would take. */

import { createPathProblem, pathProblem } from '../model/zpath.ts';
import { isSequential, isTtl, TTL_MS_MAX, type CreateMode } from '../model/create-mode.ts';
import { KeeperError, UsageError } from '../model/errors.ts';
import { ErrorCode } from '../model/error-code.ts';
import type { MultiOp } from './api.ts';

/** @throws UsageError BadPath */
export function checkPath(path: string): void {
  const problem = pathProblem(path);
  if (problem !== null) throw new UsageError('BadPath', `${problem}: '${path}'`);
}

/** The same for a path to be created. @throws UsageError BadPath */
export function checkCreatePath(path: string, mode: CreateMode): void {
  const problem = createPathProblem(path, isSequential(mode));
  if (problem !== null) throw new UsageError('BadPath', `${problem}: '${path}'`);
}

/** A version is a signed 32-bit number; -1 stands for any. @throws UsageError BadArguments */
export function checkVersion(version: number): void {
  if (Number.isInteger(version) && version >= -0x8000_0000 && version <= 0x7fff_ffff) return;
  throw new UsageError('BadArguments', `a version is a whole 32-bit number, or -1 for any: ${version}`);
}

/** The time to live that a mode takes, and no other does. @throws UsageError BadTtl */
export function checkTtl(mode: CreateMode, ttlMs: bigint | undefined): bigint {
  if (!isTtl(mode)) {
    if (ttlMs !== undefined) throw new UsageError('BadTtl', 'only a node of a TTL mode has a time to live');
    return 0n;
  }
  if (ttlMs === undefined || ttlMs < 1n || ttlMs > TTL_MS_MAX) {
    throw new UsageError('BadTtl', `a time to live is 1 to ${TTL_MS_MAX} ms`);
  }
  return ttlMs;
}

/** The paths and versions of a multi's parts. @throws UsageError BadPath or BadArguments */
export function checkParts(ops: readonly MultiOp[]): void {
  for (const op of ops) {
    if (op.type === 2 || op.type === 5 || op.type === 13) {
      checkPath(op.request.path);
      checkVersion(op.request.version);
    } else {
      checkCreatePath(op.request.path, op.request.flags as CreateMode);
    }
  }
}

/** What the server would answer to a watch that this client does not hold. */
export function noWatcher(path: string): KeeperError {
  return new KeeperError(ErrorCode.NoWatcher, path);
}
