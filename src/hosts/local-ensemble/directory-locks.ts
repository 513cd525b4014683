/** One lock for each directory, held as long as one of its servers is known to run. The launcher holds the same one. */

import { join } from 'node:path';
import { takeInstanceLock } from '../../platform/instance-lock.ts';
import { failed, reasonOf } from './places.ts';

export interface DirectoryLocks {
  /** @returns lets go, once however often it is called @throws UsageError LocalServerFailed when another process has it */
  take(dir: string): Promise<() => void>;
  /** Resolves when what was let go of last is free for others. */
  idle(dir: string): Promise<void>;
}

/** The locks of this process. */
export function createDirectoryLocks(): DirectoryLocks {
  const held = new Map<string, { users: number; readonly lock: ReturnType<typeof takeInstanceLock> }>();
  const releasing = new Map<string, Promise<void>>();
  return {
    idle: async (dir) => releasing.get(dir),
    async take(dir) {
      await releasing.get(dir);
      const entry = held.get(dir) ?? { users: 0, lock: takeInstanceLock(join(dir, '.guard')) };
      held.set(dir, entry);
      entry.users++;
      let over = false;
      const release = (): void => {
        if (over) return;
        over = true;
        if (--entry.users > 0) return;
        held.delete(dir);
        const done = entry.lock.then((lock) => lock?.release(), () => undefined).finally(() => releasing.delete(dir));
        releasing.set(dir, done);
      };
      const lock = await entry.lock.catch((error: unknown) => {
        release();
        throw failed(`${dir} cannot be written: ${reasonOf(error)}`);
      });
      if (lock !== null) return release;
      release();
      throw failed(`the servers in ${dir} are run by another program (zooscope ensemble?)`);
    },
  };
}
