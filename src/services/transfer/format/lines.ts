/** Chunks to lines, each as its bytes. Must hold: a line is bounded, and nothing is copied that lies in one chunk. */

import { concatBytes } from '../../../base/bytes.ts';
import { badExport, LINE_BYTES_MAX } from './layout.ts';

const LINE_FEED = 0x0a;

export class LineSplitter {
  readonly #lineBytesMax: number;
  #parts: Uint8Array[] = [];
  #held = 0;
  #lines = 0;

  constructor(lineBytesMax: number = LINE_BYTES_MAX) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Lines that were given out. */
  get lines(): number {
    return this.#lines;
  }

  /** Bytes behind the last line end. */
  get held(): number {
    return this.#held;
  }

  /** What stands behind the last line end. */
  rest(): Uint8Array {
    return concatBytes(this.#parts);
  }

  /**
   * Takes a chunk and gives the lines that it ends, each with its line feed. They are views of the chunk.
   *
   * @throws UsageError BadExport when a line is too long
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const out: Uint8Array[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      const tail = chunk.subarray(start, end + 1);
      out.push(this.#held === 0 ? tail : concatBytes([...this.#parts, tail]));
      this.#parts = [];
      this.#held = 0;
      this.#lines++;
      start = end + 1;
    }
    if (start < chunk.length) {
      // Whoever gives chunks may use their memory again.
      this.#parts.push(chunk.slice(start));
      this.#held += chunk.length - start;
      if (this.#held > this.#lineBytesMax) throw badExport(this.#lines + 1, `longer than ${this.#lineBytesMax} bytes`);
    }
    return out;
  }
}
