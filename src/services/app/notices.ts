/** What people should know that belongs to no call. The newest hundred are kept for views that come later. */

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Notice } from '../../contract/app.ts';
import type { Tell } from '../context.ts';
import { newId } from '../util/ids.ts';

const NOTICES_MAX = 100;

export interface Notices {
  /** @param message whole sentences, in English */
  add(level: Notice['level'], code: string, message: string): void;
  list(): Notice[];
}

/** The notices of this run. */
export function createNotices(clock: Clock, random: Random, logger: Logger, tell: Tell): Notices {
  let notices: Notice[] = [];
  return {
    add(level, code, message) {
      const notice: Notice = { id: newId(random), atMs: clock.wallMs(), level, code, message };
      notices = [...notices, notice].slice(-NOTICES_MAX);
      logger.log(level === 'warning' ? 'warn' : level, message, { code });
      tell('app.notice', notice);
    },
    list: () => notices,
  };
}
