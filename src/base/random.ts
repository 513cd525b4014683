/** Chance, handed in by the host; a seeded source for tests and simulations. */

export interface Random {
  /** A whole number, 0 <= n < 2^32. */
  uint32(): number;
}

/**
 * A whole number, 0 <= n < bound.
 *
 * @param bound 1 to 2^32
 */
export function below(random: Random, bound: number): number {
  return Math.floor((random.uint32() / 0x1_0000_0000) * bound);
}

/** The items in a random order (Fisher-Yates); the given list is left as it is. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    const swap = out[i] as T;
    out[i] = out[j] as T;
    out[j] = swap;
  }
  return out;
}

/**
 * A repeatable source: the same seed gives the same numbers on every machine (splitmix32).
 *
 * @param seed any whole number
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return {
    uint32() {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      z ^= z >>> 15;
      return z >>> 0;
    },
  };
}
