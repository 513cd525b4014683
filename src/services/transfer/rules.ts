/** Which subtrees a job may not touch, refused by name before anything is read or written. */

import type { ZooKeeper } from '../../client/api.ts';
import { UsageError } from '../../model/errors.ts';
import { isWithin } from '../../model/zpath.ts';

/** The servers' own nodes, below the real root (facts 1.16). */
const SYSTEM = '/zookeeper';

/** Whether a path, without the chroot, is one of the servers' own. */
export function isSystemPath(client: Pick<ZooKeeper, 'chroot'>, path: string): boolean {
  return isWithin(`${client.chroot}${path}`, SYSTEM);
}

/** Nothing is written at or below the servers' own nodes. @throws UsageError SystemPath */
export function refuseSystem(client: Pick<ZooKeeper, 'chroot'>, path: string): void {
  if (isSystemPath(client, path)) {
    throw new UsageError('SystemPath', `${path} belongs to the servers themselves: it is not written to`);
  }
}

/** The root stays. @throws UsageError RootRefused */
export function refuseRoot(path: string, what: string): void {
  if (path === '/') throw new UsageError('RootRefused', `the root cannot be ${what}: choose the nodes below it`);
}

/** Where a subtree lies. */
export interface Place {
  readonly client: Pick<ZooKeeper, 'chroot' | 'servers'>;
  readonly path: string;
}

/** Whether both connect strings name a server of the other by the same host and port: then they lead to one ensemble. */
export function shareServer(a: Place, b: Place): boolean {
  const names = new Set(a.client.servers.map(({ host, port }) => `${host}:${port}`));
  return b.client.servers.some(({ host, port }) => names.has(`${host}:${port}`));
}

/** A place's path with the chroot. */
export const realPath = ({ client, path }: Place): string =>
  path === '/' ? (client.chroot === '' ? '/' : client.chroot) : `${client.chroot}${path}`;

/**
 * Why a subtree is not copied or moved to a place of the same ensemble: the walk would find what it wrote, and a move
 * would delete what it had just "copied".
 *
 * @param removes whether nodes of the target, or of the source, are removed: then the source must not lie in it either
 * @returns null where both are apart
 */
export function overlapOf(from: Place, to: Place, removes: boolean): string | null {
  const source = realPath(from);
  const target = realPath(to);
  if (target === source) return `${to.path} is the source itself`;
  if (isWithin(target, source)) return `${to.path} is below the source ${from.path}`;
  if (removes && isWithin(source, target)) return `the source ${from.path} is below ${to.path}, where nodes would be removed`;
  return null;
}
