/**
 * The role of a server without a quorum that serves clients which only read (facts 2.2; ReadOnlyRequestProcessor):
 * what changes something is refused with NotReadOnly, everything else is answered from the tree as it stands. Sessions
 * begin and end here without a transaction.
 */

import { ErrorCode } from '../model/error-code.ts';
import { NO_EFFECTS, type Effects, type Role, type RoleInput } from './effects.ts';
import { isWrite, Op } from './processors/request.ts';

/** They make no transaction here: this server alone knows its sessions. */
const OF_SESSIONS: ReadonlySet<number> = new Set([Op.createSession, Op.closeSession]);
/** Beside what is a write everywhere: neither can be kept without a leader. */
const REFUSED_TOO: ReadonlySet<number> = new Set([Op.sync, Op.check]);

export class ReadOnlyRole implements Role {
  readonly mode = 'read-only';
  readonly pending = 0;

  step(input: RoleInput): Effects {
    if (input.kind !== 'request') return NO_EFFECTS;
    const { request } = input;
    const { type } = request;
    const refused = REFUSED_TOO.has(type) || (isWrite(type) && !OF_SESSIONS.has(type));
    return { ...NO_EFFECTS, answer: [refused ? { ...request, refusal: ErrorCode.NotReadOnly } : request] };
  }
}
