/** How many bytes of large requests a server takes on at once (ZooKeeperServer.checkRequestSize...). */

export class LargeRequests {
  readonly #from: number;
  readonly #max: number;
  #bytes = 0;

  /**
   * @param from a request above this is large, in bytes; -1: none is
   * @param max large requests in all, in bytes
   */
  constructor(from: number, max: number) {
    this.#from = from;
    this.#max = max;
  }

  /** Whether a request of this length may come in now; asked when its length is known, and nothing else of it. */
  mayCome(bytes: number): boolean {
    return !this.#isLarge(bytes) || this.#bytes + bytes <= this.#max;
  }

  /** A request has come: its bytes count until `done`. @returns false when there are too many */
  take(bytes: number): boolean {
    if (!this.mayCome(bytes)) return false;
    if (this.#isLarge(bytes)) this.#bytes += bytes;
    return true;
  }

  /** A request that was taken is answered, or given up. */
  done(bytes: number): void {
    if (this.#isLarge(bytes)) this.#bytes -= bytes;
  }

  #isLarge(bytes: number): boolean {
    return this.#from !== -1 && bytes > this.#from;
  }
}
