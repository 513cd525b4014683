/** How a job's end becomes the exit code of the command (docs/transfer.md). */

import type { JobEnd } from '../../../services/transfer/api.ts';
import { EXIT_USAGE } from '../../exit-codes.ts';

export const EXIT_DONE = 0;
/** diff: something differs. Else: nodes failed, or were left where they should not have been. */
export const EXIT_NOT_ALL = 1;
/** Ended before its end; `--resume` goes on. */
export const EXIT_STOPPED = 3;
/** Ended before its end, and cannot be gone on with. */
export const EXIT_FAILED = 4;

/** Left by a rule that the person knows of, or asked for: nothing is wrong. */
const BY_RULE = ['ephemeral', 'system', 'vanished'];

/** Codes of what was asked for in a wrong way, so that nothing was begun. */
const USAGE_CODES = [
  'BadExport', 'FileExists', 'SystemPath', 'RootRefused', 'IntoItself', 'BadConnectString', 'BadPath', 'InvalidPath', 'BadOptions', 'AlreadyRunning',
  'LogMismatch', 'NotInFile', 'NoNode',
];

export interface EndFacts {
  readonly end: JobEnd;
  readonly isDiff: boolean;
  /** A file is read: one that cannot be is refused as a damaged one is. */
  readonly readsFile: boolean;
  /** Nodes that were left because they were there, which the policy `skip` asks for. */
  readonly skipped: number;
  /** Nodes that are there, but without their own ACL. */
  readonly withoutAcl: number;
}

/** The exit code of a job that was not interrupted. */
export function exitCodeOf({ end, isDiff, readsFile, skipped, withoutAcl }: EndFacts): number {
  const { state, failure, resumable, progress } = end;
  const { counts, leftOut } = progress;
  if (state === 'stopped' || state === 'cancelled') {
    // A file that is changed while it is imported is refused half way: that is no refusal of what was asked for.
    const begun = counts.create + counts.change + counts.remove > 0;
    const refused = failure !== null && (USAGE_CODES.includes(failure.code) || (readsFile && failure.code === 'FileFailed'));
    if (refused && !begun) return EXIT_USAGE;
    return resumable ? EXIT_STOPPED : EXIT_FAILED;
  }
  const byRule = BY_RULE.reduce((sum, reason) => sum + (leftOut[reason] ?? 0), 0);
  const differs = isDiff && counts.create + counts.change + counts.remove > 0;
  return differs || counts.fail > 0 || withoutAcl > 0 || counts.leave > byRule + skipped ? EXIT_NOT_ALL : EXIT_DONE;
}
