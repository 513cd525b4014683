/**
 * The newest entries of a numbered list that arrives in batches, some of which may be skipped. Pure.
 * Must hold: numbers ascend; at most `entriesMax` rows; what was skipped and could not be fetched stands as a `Missing` row.
 */

export interface Numbered {
  readonly seq: number;
}

/** Entries that existed and can no longer be had. */
export interface Missing {
  readonly missing: true;
  readonly fromSeq: number;
  readonly toSeq: number;
}

export interface EntryLog<T extends Numbered> {
  readonly rows: readonly (T | Missing)[];
  /** The highest number seen; 0 before the first. */
  readonly lastSeq: number;
}

export const EMPTY_LOG: EntryLog<never> = { rows: [], lastSeq: 0 };

export const isMissing = (row: object): row is Missing => 'missing' in row;

/** The number after which entries are missing before this batch, or null when it joins on. */
export function gapBefore<T extends Numbered>(log: EntryLog<T>, batch: readonly T[]): number | null {
  const first = batch.find(({ seq }) => seq > log.lastSeq);
  return first !== undefined && first.seq > log.lastSeq + 1 ? log.lastSeq : null;
}

/**
 * Adds entries, in any order, some perhaps known already.
 *
 * @param marksFirst whether numbers missing before the very first entry are a hole; they are not when the list
 *   had already dropped its oldest entries before it was first looked at
 */
export function append<T extends Numbered>(log: EntryLog<T>, batch: readonly T[], entriesMax: number, marksFirst = true): EntryLog<T> {
  const fresh = batch.filter(({ seq }) => seq > log.lastSeq).sort((a, b) => a.seq - b.seq);
  if (fresh.length === 0) return log;
  const rows: (T | Missing)[] = [...log.rows];
  let last = log.lastSeq;
  for (const entry of fresh) {
    if (entry.seq === last) continue;
    if (entry.seq > last + 1 && (last > 0 || marksFirst)) rows.push({ missing: true, fromSeq: last + 1, toSeq: entry.seq - 1 });
    rows.push(entry);
    last = entry.seq;
  }
  return { rows: rows.length > entriesMax ? rows.slice(-entriesMax) : rows, lastSeq: last };
}
