/** The running sum of the nodes' digests, mod 2^64, in two halves so that moving it makes no bigint (Apache's AdHash). */

const HALF = 0x1_0000_0000;

export class DigestSum {
  readonly enabled: boolean;
  #low = 0;
  #high = 0;

  constructor(enabled: boolean) {
    this.enabled = enabled;
  }

  /** Signed 64-bit, as the log and proposals carry it; 0 when digests are off. */
  get value(): bigint {
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low));
  }

  /** @param removed a node's digest before (0: it was not there) @param added its digest after (0: it is gone) */
  move(removed: number, added: number): void {
    let low = this.#low + (added - removed);
    if (low < 0) {
      low += HALF;
      this.#high = this.#high === 0 ? HALF - 1 : this.#high - 1;
    } else if (low >= HALF) {
      low -= HALF;
      this.#high = this.#high === HALF - 1 ? 0 : this.#high + 1;
    }
    this.#low = low;
  }

  clear(): void {
    this.#low = 0;
    this.#high = 0;
  }
}
