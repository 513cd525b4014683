/**
 * The order in which Java walks a HashSet, where it shows in what a server answers: by bin of the hash table, in one
 * bin as the items were added.
 */

const FIRST_BINS = 16;
const LOAD = 0.75;

/** String.hashCode */
export function javaHashOfText(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The size of a HashMap's table after so many items were added one by one. @param from its size before */
export function binsOfHashMap(count: number, from = FIRST_BINS): number {
  let bins = from;
  while (count > bins * LOAD) bins *= 2;
  return bins;
}

/**
 * The items in the order of their bins.
 *
 * @param items in the order in which they were added
 * @param bins a power of two
 */
export function inHashOrder<T>(items: readonly T[], hashOf: (item: T) => number, bins: number): T[] {
  const placed = items.map((item) => {
    const hash = hashOf(item);
    return { item, bin: (hash ^ (hash >>> 16)) & (bins - 1) };
  });
  return placed.sort((a, b) => a.bin - b.bin).map(({ item }) => item);
}

/**
 * The texts in the order of a HashSet's clone to which more were added. A clone's table is made large enough at
 * once, which for few items is smaller than the original's.
 *
 * @param cloned in the order in which they were added to the original
 */
export function inOrderOfClone(cloned: readonly string[], more: readonly string[] = []): string[] {
  let bins = 1;
  while (bins < Math.floor(cloned.length / LOAD + 1)) bins *= 2;
  const original = inHashOrder(cloned, javaHashOfText, binsOfHashMap(cloned.length));
  return inHashOrder([...original, ...more], javaHashOfText, binsOfHashMap(cloned.length + more.length, bins));
}
