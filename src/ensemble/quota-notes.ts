/** Lines in the log about quotas that are passed (ZooKeeperServer.checkQuota, RateLogger): seldom, however often that happens. */

import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { QuotaNote } from './processors/prepare/context.ts';

const EVERY_MS = 60_000;
/** Beyond so many paths at one time, the oldest may be told of twice. */
const REMEMBERED_MAX = 1000;

/** One line a minute for each path with a quota and each thing that it limits. */
export function quotaNotes(logger: Logger, clock: Clock): QuotaNote {
  const toldMs = new Map<string, number>();
  return (path, what, used, limit, hard) => {
    const key = `${what} ${path}`;
    const nowMs = clock.monotonicMs();
    if (nowMs - (toldMs.get(key) ?? -EVERY_MS) < EVERY_MS) return;
    toldMs.delete(key);
    toldMs.set(key, nowMs);
    const [oldest] = toldMs.keys();
    if (toldMs.size > REMEMBERED_MAX && oldest !== undefined) toldMs.delete(oldest);
    logger.log('warn', hard ? 'a quota is used up: what would go over it is refused' : 'a quota is passed', { path, what, used, limit });
  };
}
