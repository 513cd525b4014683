/**
 * Ephemeral nodes as readers saw them behind a `sync`: there while their session lives, gone once when it is over.
 * In: what the owners know, and lists of names with their times. Out: complaints.
 */

export interface Ephemeral {
  readonly name: string;
  /** When its creation was acknowledged, ms; Infinity when it never was. */
  readonly createdMs: number;
  /** The owner asked something at this time and was answered in the same session; ms. */
  aliveMs: number;
}

export interface Listing {
  readonly calledMs: number;
  readonly answeredMs: number;
  readonly names: ReadonlySet<string>;
}

/** @param listings by one reader, in order */
export function complainOfPresence(ephemerals: readonly Ephemeral[], listings: readonly Listing[]): string[] {
  const complaints: string[] = [];
  for (const { name, createdMs, aliveMs } of ephemerals) {
    let was: 'not yet' | 'there' | 'gone' = 'not yet';
    for (const { calledMs, answeredMs, names } of listings) {
      const there = names.has(name);
      if (there && was === 'gone') complaints.push(`${name} was gone and is there again at ${calledMs.toFixed(1)} ms`);
      if (!there && createdMs < calledMs && answeredMs < aliveMs) complaints.push(`${name} is not there at ${calledMs.toFixed(1)} ms, and its session lives`);
      if (there) was = 'there';
      else if (was === 'there') was = 'gone';
    }
  }
  return complaints;
}
