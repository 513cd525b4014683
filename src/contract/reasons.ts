/** What messages of failures say, as keys that the view has a text for: `reason.<word>`. */

import type { Reason } from '../model/errors.ts';

/** With `id`, it is of that local server; `cause` is a line of its log, shown beside the text. */
export const REASONS = [
  'endedCode', 'endedSignal', 'endedUnknown', 'startCode', 'startSignal', 'startUnknown', 'startSilent', 'noWrite', 'runsAlready', 'notMade',
  'portClient', 'portQuorum', 'portElection', 'portChosen', 'portForbidden', 'portsTooHigh',
] as const;
export type ReasonName = (typeof REASONS)[number];

/** @param params what fills the text in */
export function reason(name: ReasonName, params: Reason['params']): Reason {
  return { key: `reason.${name}`, params };
}
