/** Which lines of two short texts differ: those outside their longest common subsequence. Pure. */

/** Beyond this many pairs of lines everything between the common ends is called changed. */
const PAIRS_MAX = 250_000;

export interface ChangedLines {
  readonly before: ReadonlySet<number>;
  readonly after: ReadonlySet<number>;
}

export function changedLines(before: readonly string[], after: readonly string[]): ChangedLines {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let [endA, endB] = [before.length, after.length];
  while (endA > start && endB > start && before[endA - 1] === after[endB - 1]) {
    endA--;
    endB--;
  }
  const kept = keptPairs(before.slice(start, endA), after.slice(start, endB));
  const rest = (from: number, to: number, same: ReadonlySet<number>): Set<number> => {
    const out = new Set<number>();
    for (let at = from; at < to; at++) if (!same.has(at - from)) out.add(at);
    return out;
  };
  return { before: rest(start, endA, kept.a), after: rest(start, endB, kept.b) };
}

function keptPairs(a: readonly string[], b: readonly string[]): { a: Set<number>; b: Set<number> } {
  const kept = { a: new Set<number>(), b: new Set<number>() };
  if (a.length * b.length > PAIRS_MAX) return kept;
  // lengths[i][j]: the longest common subsequence of a from i and b from j, in one flat table.
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      kept.a.add(i++);
      kept.b.add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return kept;
}
