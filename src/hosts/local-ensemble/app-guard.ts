/**
 * The one guard of the app: it ends the servers that are to end with the app when the app cannot, killed or crashed. In:
 * the servers that run, and which of them stay. Must hold: one that stays is never told to it.
 */

import { startGuard, type GuardCommand, type ProcessGuard } from '../../platform/local-ensemble/guard.ts';

export interface AppGuard {
  /** Started by the app a moment ago, or found; `stays` may change. */
  add(pid: number, stays: boolean): void;
  setStays(pid: number, stays: boolean): void;
  /** It has ended. */
  remove(pid: number): void;
  /** Resolves when the guard of an earlier app, which may still be ending servers, is gone. */
  alone(): Promise<void>;
  /** Ends those that do not stay. */
  close(): Promise<void>;
}

/**
 * A guard that is started when there is something to guard.
 *
 * @param directory holds its lock; one for each home of the app
 * @param onLost called when the guard was killed again and again
 */
export function createAppGuard(command: GuardCommand, directory: string, onLost: () => void): AppGuard {
  let guard: ProcessGuard | null = null;
  const guarded = new Set<number>();
  const started = (): ProcessGuard => (guard ??= startGuard(command, directory, onLost));
  const setStays = (pid: number, stays: boolean): void => {
    if (stays === !guarded.has(pid)) return;
    if (stays) {
      guarded.delete(pid);
      guard?.remove(pid);
    } else {
      guarded.add(pid);
      started().add(pid);
    }
  };
  return {
    add: setStays,
    setStays,
    remove: (pid) => setStays(pid, true),
    async alone() {
      await started().alone;
    },
    async close() {
      const last = guard;
      guard = null;
      guarded.clear();
      await last?.release();
    },
  };
}
