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

/** Where a subtree lies, as far as it can be told: ensembles that share a server are one. */
export interface Place {
  readonly client: Pick<ZooKeeper, 'chroot' | 'servers'>;
  readonly path: string;
}

/** Whether both places are on one ensemble. Connect strings that share no server by name and port count as two. */
export function sameEnsemble(a: Place, b: Place): boolean {
  const names = new Set(a.client.servers.map(({ host, port }) => `${host}:${port}`));
  return b.client.servers.some(({ host, port }) => names.has(`${host}:${port}`));
}

const realPath = ({ client, path }: Place): string =>
  path === '/' ? (client.chroot === '' ? '/' : client.chroot) : `${client.chroot}${path}`;

/**
 * A subtree is not copied into itself: the walk would find what it wrote.
 *
 * @param removes whether nodes of the target, or of the source, are removed: then the source must not lie in it either
 * @throws UsageError IntoItself
 */
export function refuseOverlap(from: Place, to: Place, removes: boolean): void {
  if (!sameEnsemble(from, to)) return;
  const source = realPath(from);
  const target = realPath(to);
  if (isWithin(target, source)) {
    throw new UsageError('IntoItself', `${to.path} is ${target === source ? 'the source itself' : `below the source ${from.path}`}`);
  }
  if (removes && isWithin(source, target)) {
    throw new UsageError('IntoItself', `the source ${from.path} is below ${to.path}, where nodes would be removed`);
  }
}
