/** Chunks that are pushed in at one end and awaited at the other. Must hold: it says when it has too much. */

const FULL_BYTES = 4 * 1024 * 1024;

export class ByteQueue implements AsyncIterable<Uint8Array> {
  readonly #onFull: (full: boolean) => void;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #full = false;
  #wake: () => void = () => undefined;

  constructor(onFull: (full: boolean) => void) {
    this.#onFull = onFull;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#setFull(this.#bytes > FULL_BYTES);
    this.#wake();
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** What has come and was not awaited. */
  takeAll(): Uint8Array[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length;
        this.#setFull(this.#bytes > FULL_BYTES);
        yield chunk;
      } else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #setFull(full: boolean): void {
    if (full === this.#full) return;
    this.#full = full;
    this.#onFull(full);
  }
}
