/** Paths as the caller sees them, and as the server does: with the chroot in front (facts 2.3). */

import type { MultiOp, MultiReadOp, MultiResult } from '../wire/operations/multi.ts';

/** The server's path. @param chroot empty, or a path */
export function withChroot(chroot: string, path: string): string {
  if (chroot === '') return path;
  return path === '/' ? chroot : chroot + path;
}

/** The caller's path; one that lies outside of the chroot (the configuration node) stays as it is. */
export function withoutChroot(chroot: string, path: string): string {
  if (chroot === '' || !path.startsWith(chroot)) return path;
  if (path.length === chroot.length) return '/';
  return path[chroot.length] === '/' ? path.slice(chroot.length) : path;
}

/** The same for the parts of a multi. */
export function opsWithChroot<Op extends MultiOp | MultiReadOp>(chroot: string, ops: readonly Op[]): readonly Op[] {
  if (chroot === '') return ops;
  return ops.map((op) => ({ ...op, request: { ...op.request, path: withChroot(chroot, op.request.path) } }));
}

/** The same for the results of a multi. */
export function resultsWithoutChroot(chroot: string, results: readonly MultiResult[]): readonly MultiResult[] {
  if (chroot === '') return results;
  return results.map((result) =>
    result.type === 1 || result.type === 15 ? { ...result, path: withoutChroot(chroot, result.path) } : result,
  );
}
