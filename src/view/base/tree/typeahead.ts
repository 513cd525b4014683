/** Finding a row by typing the beginning of its name. */

/** Keys typed closer together than this belong to one word. */
export const TYPEAHEAD_PAUSE_MS = 700;

/**
 * The row to go to: the next one after `current` whose name begins with `typed`, around the end. One letter typed
 * again and again walks through all names with it.
 *
 * @param nameOf the name of a row, or null for a row without one
 * @returns -1 when there is none
 */
export function typeaheadRow(count: number, nameOf: (row: number) => string | null, current: number, typed: string): number {
  const repeated = typed.length > 1 && [...typed].every((letter) => letter === typed[0]);
  const wanted = (repeated ? (typed[0] as string) : typed).toLowerCase();
  // A longer word may still fit the row it has led to.
  const first = wanted.length === 1 ? 1 : 0;
  for (let step = first; step < count + first; step++) {
    const row = (((current + step) % count) + count) % count;
    if (nameOf(row)?.slice(0, wanted.length).toLowerCase() === wanted) return row;
  }
  return -1;
}
