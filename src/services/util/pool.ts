/** Many small tasks, a bounded number of them at a time. */

import type { CancelSignal } from '../../base/signal.ts';
import { throwIfCancelled } from './cancel.ts';

/**
 * Runs `task` on each item, at most `atOnceMax` at a time, started in the order of the items.
 *
 * @returns the results in the order of the items
 * @throws what a task throws first, after which no further one is started; CancelledError
 */
export async function mapPooled<T, R>(
  items: readonly T[],
  atOnceMax: number,
  signal: CancelSignal | undefined,
  task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      throwIfCancelled(signal);
      const index = next++;
      try {
        results[index] = await task(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  throwIfCancelled(signal);
  await Promise.all(Array.from({ length: Math.min(atOnceMax, items.length) }, worker));
  return results;
}
