/** How a local server ended, in words for a person: whole in English, and as a reason for other languages. */

import { reason } from '../../contract/reasons.ts';
import type { Reason } from '../../model/errors.ts';
import type { LocalServerExit } from '../ports.ts';
import { logCause } from './log-cause.ts';

/** @param started whether it served before */
export function endReason(id: number, { code, signal, logTail }: LocalServerExit, started: boolean): { readonly text: string; readonly reason: Reason } {
  const known = signal === null ? `exit code ${code ?? ''}` : `signal ${signal}`;
  const how = signal === null && code === null ? 'how is not known' : known;
  const text = `${started ? 'the server ended' : `server ${id} did not start: it ended`} (${how}). The end of its log:\n${logTail}`;
  // Nobody's log says why it was killed.
  if (signal !== null) return { text, reason: reason(started ? 'endedSignal' : 'startSignal', { id, signal }) };
  const cause = logCause(logTail) ?? '';
  if (code === null) return { text, reason: reason(started ? 'endedUnknown' : 'startUnknown', { id, cause }) };
  return { text, reason: reason(started ? 'endedCode' : 'startCode', { id, code, cause }) };
}
