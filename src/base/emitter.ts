/** One kind of event, any number of listeners, called in the order in which they came. */

/** Ends a subscription; calling it twice does nothing. */
export type Unsubscribe = () => void;

export interface Event<T> {
  /** Calls `listener` for each event from now on. */
  on(listener: (value: T) => void): Unsubscribe;
}

export class Emitter<T> implements Event<T> {
  #listeners: ((value: T) => void)[] = [];

  on(listener: (value: T) => void): Unsubscribe {
    // A fresh function, so that one listener added twice is two subscriptions.
    const own = (value: T): void => listener(value);
    this.#listeners = [...this.#listeners, own];
    return () => {
      this.#listeners = this.#listeners.filter((entry) => entry !== own);
    };
  }

  /** Tells every listener that was there when the call began. What a listener throws reaches the caller. */
  emit(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }

  get size(): number {
    return this.#listeners.length;
  }

  clear(): void {
    this.#listeners = [];
  }
}
