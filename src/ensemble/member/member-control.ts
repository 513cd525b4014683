/** What the AdminServer may do to a member. */

import { UsageError } from '../../model/errors.ts';
import type { AdminControl } from '../admin/admin-control.ts';
import type { AdminView } from '../admin/admin-view.ts';
import type { ServerEnvironment } from '../environment.ts';
import type { Storehouse } from './storehouse.ts';

/** @param view the server as it is now; null while it serves nobody */
export function memberControl({ clock, logger, snapshots }: ServerEnvironment, house: Storehouse, view: () => AdminView | null): AdminControl {
  return {
    get view() {
      return view();
    },
    nowMs: () => clock.monotonicMs(),
    warn: (message, reason) => logger.log('warn', message, { reason }),
    takeSnapshot: async () => {
      const { name, zxid } = await house.namedSnapshot();
      return { zxid, bytes: await snapshots.size(name), read: () => snapshots.stream(name) };
    },
    // A state that one member took over would not be the others'.
    restore: () => Promise.reject(new UsageError('Unsupported', 'a member of an ensemble cannot be restored alone')),
  };
}
