/** Chance for conversations: the same from the same seed, everywhere. */

/** An opcode and the body of its request. */
export type Asked = readonly [number, Uint8Array];

/** xorshift32: the same numbers everywhere. */
function chance(seed: number): (bound: number) => number {
  let state = seed * 0x9e3779b1 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

export class Dice {
  readonly below: (bound: number) => number;

  constructor(seed: number) {
    this.below = chance(seed);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  version(): number {
    return this.pick([-1, -1, -1, 0, 1, 2]);
  }

  data(): string | null {
    return this.pick([null, '', 'x', 'longer data']);
  }
}
