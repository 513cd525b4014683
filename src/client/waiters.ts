/** Those who wait for one thing to happen. Must hold: each is told once. */

import { onCancel, type CancelSignal } from '../base/signal.ts';
import { CancelledError, type ZooError } from '../model/errors.ts';

interface Waiter {
  resolve(): void;
  reject(error: ZooError): void;
}

export class Waiters {
  readonly #waiting = new Set<Waiter>();

  /** Resolves or rejects when the others do; rejects with CancelledError when the signal comes first. */
  wait(signal: CancelSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      let unlisten = (): void => undefined;
      const waiter: Waiter = {
        resolve: () => {
          unlisten();
          resolve();
        },
        reject: (error) => {
          unlisten();
          reject(error);
        },
      };
      this.#waiting.add(waiter);
      unlisten = onCancel(signal, () => {
        this.#waiting.delete(waiter);
        waiter.reject(new CancelledError());
      });
    });
  }

  resolveAll(): void {
    for (const waiter of this.#take()) waiter.resolve();
  }

  rejectAll(error: () => ZooError): void {
    for (const waiter of this.#take()) waiter.reject(error());
  }

  #take(): Waiter[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }
}
