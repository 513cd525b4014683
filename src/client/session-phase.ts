/** The phases of a session as the client lives them, and the moves between them that are legal. */

import { invariant } from '../base/invariant.ts';
import type { ClientState } from './api.ts';

/**
 * - resting: no connection; waiting to try the next server
 * - opening: the socket is being connected
 * - greeting: the handshake was sent, its answer is awaited
 * - connected, connectedReadOnly: requests are answered
 * - closing: closeSession was sent
 * - expired, authFailed, closed: the end
 */
export type Phase =
  | 'resting'
  | 'opening'
  | 'greeting'
  | 'connected'
  | 'connectedReadOnly'
  | 'closing'
  | 'expired'
  | 'authFailed'
  | 'closed';

const LEGAL: Readonly<Record<Phase, readonly Phase[]>> = {
  resting: ['opening', 'expired', 'closed'],
  opening: ['greeting', 'resting', 'expired', 'closed'],
  greeting: ['connected', 'connectedReadOnly', 'resting', 'expired', 'closed'],
  connected: ['resting', 'closing', 'authFailed', 'closed'],
  connectedReadOnly: ['resting', 'closing', 'authFailed', 'closed'],
  closing: ['closed'],
  expired: [],
  authFailed: [],
  closed: [],
};

/** @throws InvariantError when no such move is in the table */
export function checkMove(from: Phase, to: Phase): void {
  invariant(LEGAL[from].includes(to), `a session cannot go from ${from} to ${to}`);
}

/** True when nothing leads out of the phase. */
export function isEnded(phase: Phase): phase is 'expired' | 'authFailed' | 'closed' {
  return LEGAL[phase].length === 0;
}

/** True when requests may be sent. */
export function isServing(phase: Phase): phase is 'connected' | 'connectedReadOnly' {
  return phase === 'connected' || phase === 'connectedReadOnly';
}

/**
 * What the caller is told.
 *
 * @param before the state until now, which a session that is closing keeps
 */
export function publicState(phase: Phase, before: ClientState): ClientState {
  if (phase === 'resting' || phase === 'opening' || phase === 'greeting') return 'connecting';
  return phase === 'closing' ? before : phase;
}
