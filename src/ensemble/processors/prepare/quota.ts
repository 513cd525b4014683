/** Limits of quotas (facts 1.16; ZooKeeperServer.checkQuota): soft ones are told of in the log, hard ones refuse. */

import { decodeUtf8 } from '../../../base/text.ts';
import { ErrorCode } from '../../../model/error-code.ts';
import { pathLineage } from '../../../model/zpath.ts';
import type { TreeReader } from '../../tree/api.ts';
import type { PrepareContext } from './context.ts';
import { refuse } from './refusal.ts';

const QUOTA = '/zookeeper/quota';

/** What limits and stats nodes say: `count=1,bytes=2=;byteHardLimit=3;countHardLimit=4` (StatsTrack). -1: not said. */
export function parseQuota(text: string): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const part of text.split(/[,;]+/)) {
    const [key, value] = part.split('=');
    if (key === undefined || value === undefined || !/^-?\d+$/.test(value)) continue;
    out.set(key, Number(value));
  }
  return out;
}

/**
 * Refuses what would go over a hard limit, when enforceQuota is on; a soft one counts where no hard one is set.
 *
 * @param bytesMore how many bytes of data more there would be
 * @param countMore how many nodes more there would be
 * @throws KeeperError QuotaExceeded
 */
export function checkQuota(context: PrepareContext, path: string, bytesMore: number, countMore: number): void {
  if (!context.options.enforceQuota) return;
  const top = quotaAbove(context.tree, path);
  if (top === null) return;
  const limits = quotaAt(context.tree, `${QUOTA}${top}/zookeeper_limits`);
  const stats = quotaAt(context.tree, `${QUOTA}${top}/zookeeper_stats`);
  if (limits === null || stats === null) return;
  const check = (what: 'count' | 'bytes', hardLimit: string, more: number): void => {
    const hard = limits.get(hardLimit) ?? -1;
    const limit = hard > -1 ? hard : (limits.get(what) ?? -1);
    const used = (stats.get(what) ?? -1) + more;
    if (more === 0 || limit < 0 || used <= limit) return;
    context.quotaPassed?.(top, what, used, limit, hard > -1);
    if (hard > -1) refuse(ErrorCode.QuotaExceeded, top);
  };
  check('count', 'countHardLimit', countMore);
  check('bytes', 'byteHardLimit', bytesMore);
}

/** The deepest path at or above this one that has a quota. */
function quotaAbove(tree: TreeReader, path: string): string | null {
  const lineage = pathLineage(path);
  for (let i = lineage.length - 1; i > 0; i--) {
    const at = lineage[i] as string;
    if (tree.node(`${QUOTA}${at}/zookeeper_limits`) !== undefined) return at;
  }
  return null;
}

function quotaAt(tree: TreeReader, path: string): ReadonlyMap<string, number> | null {
  const node = tree.node(path);
  if (node === undefined) return null;
  return parseQuota(node.data === null ? '' : decodeUtf8(node.data));
}
