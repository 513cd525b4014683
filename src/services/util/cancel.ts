/** Cancellation made here: a source, a source that follows another, and waiting that can be cut short. */

import type { Clock } from '../../base/clock.ts';
import { onCancel, type CancelSignal } from '../../base/signal.ts';
import { CancelledError } from '../../model/errors.ts';

export interface CancelSource {
  readonly signal: CancelSignal;
  /** Later calls do nothing. */
  cancel(reason?: unknown): void;
}

/** @param parent cancels this one too */
export function createCancel(parent?: CancelSignal): CancelSource & { readonly release: () => void } {
  let aborted = false;
  let reason: unknown;
  let listeners: (() => void)[] = [];
  const signal: CancelSignal = {
    get aborted() {
      return aborted;
    },
    get reason() {
      return reason;
    },
    addEventListener(_type, listener) {
      listeners.push(listener);
    },
    removeEventListener(_type, listener) {
      listeners = listeners.filter((entry) => entry !== listener);
    },
  };
  const cancel = (why?: unknown): void => {
    if (aborted) return;
    aborted = true;
    reason = why;
    const told = listeners;
    listeners = [];
    for (const listener of told) listener();
  };
  // The parent may outlive this one by far: whoever made it lets go of the parent when the work is done.
  const release = onCancel(parent, () => cancel(parent?.reason));
  return { signal, cancel, release };
}

/** @throws CancelledError when the signal has come */
export function throwIfCancelled(signal: CancelSignal | undefined): void {
  if (signal?.aborted === true) throw new CancelledError();
}

/**
 * The work's result, or `late` when it takes longer. The work is cancelled when its time is up.
 *
 * @param timeoutMs ms
 * @throws CancelledError when the caller's own signal came; what the work throws
 */
export async function withTimeout<T, L>(
  clock: Clock,
  timeoutMs: number,
  signal: CancelSignal | undefined,
  work: (signal: CancelSignal) => Promise<T>,
  late: L,
): Promise<T | L> {
  throwIfCancelled(signal);
  const source = createCancel(signal);
  let stopTimer: () => void = () => undefined;
  let stopListening: () => void = () => undefined;
  const timeUp = new Promise<L>((resolve, reject) => {
    stopTimer = clock.after(timeoutMs, () => resolve(late));
    stopListening = onCancel(signal, () => reject(new CancelledError()));
  });
  try {
    return await Promise.race([work(source.signal), timeUp]);
  } finally {
    stopTimer();
    stopListening();
    source.cancel();
    source.release();
  }
}

/** Waits. @throws CancelledError when the signal comes first */
export function pause(clock: Clock, delayMs: number, signal?: CancelSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopTimer: () => void = () => undefined;
    const stopListening = onCancel(signal, () => {
      stopTimer();
      reject(new CancelledError());
    });
    if (signal?.aborted === true) return;
    stopTimer = clock.after(delayMs, () => {
      stopListening();
      resolve();
    });
  });
}
