/** What goes wrong in a run: a plan made beforehand from the seed, so that single faults can be left out. */

import { below, type Random } from '../../../../src/base/random.ts';

/** What happens to one process, or to all of them. */
export type ProcessFault =
  | 'kill' | 'powerCut' | 'silentPowerCut' | 'restart' | 'blackout' | 'stall' | 'leaderPowerCut' | 'leaderKill' | 'leaderStall';

export type FaultKind =
  | ProcessFault | 'diskFull' | 'clockJump' | 'part' | 'alone' | 'cut' | 'heal' | 'slowDisk' | 'badSync' | 'clientsAway' | 'leaderAlone';

export interface Fault {
  readonly atMs: number;
  readonly kind: FaultKind;
  /** Indices among the members. */
  readonly a: number;
  readonly b: number;
  readonly forMs: number;
}

const KINDS: readonly FaultKind[] = [
  'kill', 'powerCut', 'powerCut', 'silentPowerCut', 'part', 'part', 'alone', 'alone', 'cut', 'heal', 'heal', 'stall', 'slowDisk', 'badSync',
  'blackout', 'diskFull', 'clockJump', 'clientsAway', 'restart', 'leaderPowerCut', 'leaderKill', 'leaderAlone', 'leaderAlone', 'leaderStall',
];

export function planFaults(random: Random, members: number, untilMs: number): Fault[] {
  const count = 3 + below(random, 14);
  return Array.from({ length: count }, () => ({
    atMs: below(random, untilMs),
    kind: KINDS[below(random, KINDS.length)] as FaultKind,
    a: below(random, members),
    b: below(random, members),
    forMs: 50 + below(random, below(random, 3) === 0 ? 6_000 : 1_500),
  }));
}
