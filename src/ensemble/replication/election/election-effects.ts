/** What an election wants done, and what it ends with. */

import type { Membership } from '../quorum/membership.ts';
import type { Vote } from './vote.ts';

export interface Outcome {
  /** STATE.following, STATE.leading or STATE.observing. */
  readonly state: number;
  readonly vote: Vote;
  /** Who had cast this vote. */
  readonly supporters: ReadonlySet<bigint>;
}

export interface ElectionEffects {
  /** The address may be a server that is no member but is connected. */
  readonly send: readonly { readonly sid: bigint; readonly payload: Uint8Array }[];
  /** Nothing got through: try to connect to everybody. */
  readonly connectAll: boolean;
  /** A configuration that is newer than this server's: to be written to disk, and in force from now on. */
  readonly adopted: Membership | null;
  readonly outcome: Outcome | null;
  /** Servers that look for a leader while this one does not: a leader that still gathers its quorum wants to know. */
  readonly looking: readonly bigint[];
}

/** Effects that are being gathered. */
export interface MutableEffects {
  send: { sid: bigint; payload: Uint8Array }[];
  connectAll: boolean;
  adopted: Membership | null;
  outcome: Outcome | null;
  looking: bigint[];
}

export function emptyEffects(): MutableEffects {
  return { send: [], connectAll: false, adopted: null, outcome: null, looking: [] };
}
