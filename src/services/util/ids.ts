/** Ids that nobody guesses and nobody chose: profiles, connections, previews. */

import type { Random } from '../../base/random.ts';

/** 16 lower-case hex digits. */
export function newId(random: Random): string {
  const word = (): string => random.uint32().toString(16).padStart(8, '0');
  return word() + word();
}
