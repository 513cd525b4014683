/**
 * The order in which Apache lists the members of a configuration: that of a HashMap of Longs, filled in the order of
 * java.util.Properties. For ids below 12 that is ascending; configurations are compared as text, so it must be the same.
 */

import { binsOfHashMap, inHashOrder, javaHashOfText } from '../../../base/java-hash.ts';

/** Properties begins with 16 bins; its ConcurrentHashMap grows one item earlier than a HashMap does. */
const FIRST_BINS = 16;

/** Long.hashCode */
function javaHashOfLong(value: bigint): number {
  return Number(BigInt.asIntN(32, value ^ (BigInt.asUintN(64, value) >> 32n)));
}

/** Keys as java.util.Properties walks them. @param keys in the order in which they were read */
export function inPropertiesOrder(keys: readonly string[]): string[] {
  return inHashOrder(keys, javaHashOfText, binsOfHashMap(keys.length + 1, FIRST_BINS));
}

/** Numbers as a HashMap<Long, ...> walks them. @param ids in the order in which they were put in */
export function inLongMapOrder(ids: readonly bigint[]): bigint[] {
  return inHashOrder(ids, javaHashOfLong, binsOfHashMap(ids.length));
}
