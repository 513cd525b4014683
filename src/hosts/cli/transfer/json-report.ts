/** The report for programs: JSON, one object a line, 64-bit ids as hex text (docs/transfer.md). */

import { formatId } from '../../../model/zxid.ts';
import type { JobEnd, JobProgress } from '../../../services/transfer/api.ts';
import type { Report } from './report.ts';

/** Characters of names that some readers (Node's readline, Python's splitlines) take for the end of a line. */
const SEPARATORS = /[\u2028\u2029]/g;
/** Between two lines of progress. */
const PROGRESS_MS = 1_000;

export interface JsonReport extends Report {
  progress(progress: JobProgress): void;
  /** What keeps a command from being begun. */
  refused(code: string, message: string): void;
}

/** A report of JSON lines. */
export function jsonReport(write: (text: string) => void, nowMs: () => number): JsonReport {
  const line = (fields: Readonly<Record<string, unknown>>): void => write(`${JSON.stringify(fields).replace(SEPARATORS, (each) => `\\u${each.charCodeAt(0).toString(16)}`)}\n`);
  let shownAtMs = nowMs();
  return {
    items(items) {
      for (const item of items) line({ type: 'item', ...item });
    },
    progress(progress) {
      if (nowMs() - shownAtMs < PROGRESS_MS) return;
      shownAtMs = nowMs();
      line({ type: 'progress', ...progress });
    },
    end({ state, failure, progress, zxidBefore, zxidAfter, changed }: JobEnd, goesOn: boolean) {
      line({
        type: 'end', state, resumable: goesOn, changed, zxidBefore: idText(zxidBefore), zxidAfter: idText(zxidAfter),
        failure: failure === null ? null : { code: failure.code, message: failure.message }, progress,
      });
    },
    refused: (code, message) => line({ type: 'end', state: 'refused', resumable: false, failure: { code, message } }),
  };
}

const idText = (id: bigint | null): string | null => (id === null ? null : formatId(id));
