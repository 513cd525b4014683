/**
 * The names of a node's children, kept as the server sent them and read when their turn comes: a node may have a
 * million. Must hold: in the order of ../order.ts.
 */

import { decodeUtf8 } from '../../../base/text.ts';

/** Names in order. */
export interface Names {
  readonly count: number;
  /** The name at an index from 0 to count - 1. */
  at(index: number): string;
  /** The index of the first name that does not come before this one; count when all do. */
  firstFrom(name: string): number;
}

/** A few names, as they are. @param names in any order */
export function shortNames(names: readonly string[]): Names {
  // Names hold no surrogates, so that the order of code units is that of bytes.
  const sorted = [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    count: sorted.length,
    at: (index) => sorted[index] as string,
    firstFrom: (name) => {
      const index = sorted.findIndex((each) => each >= name);
      return index < 0 ? sorted.length : index;
    },
  };
}

export class NameList implements Names {
  readonly #bytes: Uint8Array;
  /** Where each name begins, in order. Its length stands in the four bytes before. */
  readonly #starts: Uint32Array;

  /** @param bytes the jute vector: a count, then length and UTF-8 of each */
  constructor(bytes: Uint8Array, count: number) {
    this.#bytes = bytes;
    const starts = new Uint32Array(count);
    let at = 4;
    for (let i = 0; i < count; i++) {
      starts[i] = at + 4;
      at += 4 + lengthAt(bytes, at);
    }
    this.#starts = starts.sort((a, b) => compareNames(bytes, a, b));
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The name at an index from 0 to count - 1. */
  at(index: number): string {
    const start = this.#starts[index] as number;
    return decodeUtf8(this.#bytes, start, start + lengthAt(this.#bytes, start - 4));
  }

  /** The index of the first name that does not come before this one; count when all do. */
  firstFrom(name: string): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
}

function compareNames(bytes: Uint8Array, a: number, b: number): number {
  const lengthA = lengthAt(bytes, a - 4);
  const lengthB = lengthAt(bytes, b - 4);
  const shorter = Math.min(lengthA, lengthB);
  for (let i = 0; i < shorter; i++) {
    const difference = (bytes[a + i] as number) - (bytes[b + i] as number);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}
