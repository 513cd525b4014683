/** What carries frames between the view and the host. Frames are plain values (birpc's messages). */

/**
 * - connecting: not open yet, for the first time
 * - open: frames pass
 * - lost: it was open or should be; another attempt comes at `retryAtMs`, or only by hand when that is null
 * - closed: the end, by `close()` or because the host does not accept this page any more
 */
export interface LinkState {
  readonly kind: 'connecting' | 'open' | 'lost' | 'closed';
  /** One clause for a person, in English; null where nothing is wrong. */
  readonly reason: string | null;
  /** How often it has been open, this time included: above 1, events may have been missed meanwhile. */
  readonly opened: number;
  /** When the next attempt comes, wall clock in ms. */
  readonly retryAtMs: number | null;
}

export interface Link {
  readonly state: LinkState;
  /** @returns stops listening */
  onState(listener: (state: LinkState) => void): () => void;
  /** Sends one frame; only while open. @throws LinkSendError when the frame cannot be carried */
  send(frame: unknown): void;
  /** @returns stops listening */
  onFrame(listener: (frame: unknown) => void): () => void;
  /** Tries again at once, where it is lost; otherwise does nothing. */
  reconnect(): void;
  /** Ends it for good. */
  close(): void;
}

/** A frame that this link cannot carry: too long, or the link is not open. */
export class LinkSendError extends Error {
  override readonly name = 'LinkSendError';
  readonly code: 'TooLarge' | 'NotOpen';

  constructor(code: 'TooLarge' | 'NotOpen', message: string) {
    super(message);
    this.code = code;
  }
}

/** Listeners of one kind; one that throws does not keep the others from hearing. */
export class Listeners<T> {
  readonly #all = new Set<{ readonly fn: (value: T) => void }>();

  add(fn: (value: T) => void): () => void {
    const entry = { fn };
    this.#all.add(entry);
    return () => {
      this.#all.delete(entry);
    };
  }

  /** Tells everyone, then throws the first thing that a listener threw. */
  tell(value: T): void {
    let failed = false;
    let thrown: unknown;
    for (const { fn } of [...this.#all]) {
      try {
        fn(value);
      } catch (error) {
        if (!failed) thrown = error;
        failed = true;
      }
    }
    if (failed) throw thrown;
  }

  clear(): void {
    this.#all.clear();
  }
}
