/** A transfer in this process: its signals, its terminal, its text routines. */

import { setMaxListeners } from 'node:events';
import { constants } from 'node:os';
import { installNodeText } from '../../../platform/node-text.ts';
import { createJob } from '../../../services/transfer/job.ts';
import { processTerminal } from './ask.ts';
import { runTransfer, type RunTransferOptions } from './run-transfer.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What a shell gives for a program that a signal ended. */
const SIGNAL_EXIT = 128;
const COLUMNS = 80;
/** Each request that is under way listens to the job's signal; Node suspects a leak above 10. */
const SIGNAL_LISTENERS_MAX = 1_000;

/** Runs it to its end. @returns the exit code */
export function transferFromHere(
  options: Pick<RunTransferOptions, 'command' | 'dataDirectory' | 'logger' | 'stdout' | 'stderr'>,
): Promise<number> {
  installNodeText();
  setMaxListeners(SIGNAL_LISTENERS_MAX);
  return runTransfer({
    ...options,
    createJob,
    // Some terminals do not tell.
    columns: process.stderr.isTTY ? process.stderr.columns || COLUMNS : null,
    terminal: processTerminal(),
    onSignal,
    exitNow: (exitCode) => process.exit(exitCode),
  });
}

function onSignal(fn: (exitCode: number) => void): () => void {
  const listeners = SIGNALS.map((name) => {
    const listener = (): void => fn(SIGNAL_EXIT + constants.signals[name]);
    process.on(name, listener);
    return () => void process.off(name, listener);
  });
  return () => listeners.forEach((stop) => stop());
}
