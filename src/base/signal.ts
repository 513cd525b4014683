/** Cancellation, in the shape of the platform's AbortSignal, which the pure layers cannot name. */

export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Calls `fn` when the signal is cancelled, at once if it already is.
 *
 * @returns stops listening
 */
export function onCancel(signal: CancelSignal | undefined, fn: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    fn();
    return () => undefined;
  }
  signal.addEventListener('abort', fn);
  return () => signal.removeEventListener('abort', fn);
}
