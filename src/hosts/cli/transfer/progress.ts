/** Progress for people: one line that is written over on a terminal, a line now and then elsewhere. */

import type { JobProgress } from '../../../services/transfer/api.ts';
import { bytesText, countText, nodesText, timeText } from './words.ts';

/** Between two lines where they stay. */
const SPARSE_MS = 10_000;

const BEGINS_MS = 2_000;

export interface ProgressLine {
  show(progress: JobProgress): void;
  /** Takes the line away, so that something else can be printed. */
  clear(): void;
}

export interface ProgressLineOptions {
  /** A terminal that can be written over, and its columns; null for none. */
  readonly columns: number | null;
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
}

/** Shows progress on standard error. */
export function progressLine({ columns, write, nowMs }: ProgressLineOptions): ProgressLine {
  let shownAtMs = nowMs();
  let shown = '';
  let state = '';
  return {
    show(progress) {
      const text = progressText(progress);
      if (columns !== null) {
        shown = text.slice(0, Math.max(1, columns - 1));
        write(`\r${shown}\u001b[K`);
        return;
      }
      // A connection is always waited for at first.
      const begins = progress.nodes === 0 && progress.elapsedMs < BEGINS_MS;
      const changed = !begins && progress.state !== state && (progress.state === 'waiting' || state === 'waiting');
      state = progress.state;
      if (!changed && nowMs() - shownAtMs < SPARSE_MS) return;
      shownAtMs = nowMs();
      write(`zooscope: ${text}\n`);
    },
    clear() {
      if (columns !== null && shown !== '') write('\r\u001b[K');
      shown = '';
    },
  };
}

const PHASES: Readonly<Record<JobProgress['phase'], string>> = {
  checking: 'checking', running: '', verifying: 'verifying', removing: 'removing the source', finished: '',
};

/** One line, without its end. */
export function progressText(progress: JobProgress): string {
  const { state, phase, nodes, nodesTotal, bytes, nodesPerSecond, remainingMs, counts } = progress;
  const share = nodesTotal === null || nodesTotal === 0 ? '' : ` of ${countText(nodesTotal)} (${Math.floor((nodes / nodesTotal) * 100)}%)`;
  const parts = [
    PHASES[phase],
    `${nodesText(nodes)}${share}`,
    `${countText(nodesPerSecond)}/s`,
    bytes > 0 ? bytesText(bytes) : '',
    remainingMs === null || phase === 'finished' ? '' : `${timeText(remainingMs)} left`,
    counts.leave > 0 ? `${countText(counts.leave)} left out` : '',
    counts.fail > 0 ? `${countText(counts.fail)} failed` : '',
    state === 'waiting' ? 'waiting for the ensemble' : state === 'paused' ? 'paused' : '',
  ];
  return parts.filter((text) => text !== '').join(', ');
}
