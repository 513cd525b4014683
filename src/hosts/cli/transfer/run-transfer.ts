/**
 * One transfer from the command line, to its end. Must hold: a signal leaves a state that is known and can be gone on
 * with; what an interrupted run left is neither dropped nor gone on with unless that was said.
 */

import type { Logger } from '../../../base/logger.ts';
import { UsageError } from '../../../model/errors.ts';
import { nodeClock } from '../../../platform/node-clock.ts';
import { nodeTransferTools } from '../../../platform/transfer/tools.ts';
import type { CreateJob, Job, JobItem } from '../../../services/transfer/api.ts';
import { EXIT_USAGE } from '../../exit-codes.ts';
import { confirmDelete, type Terminal } from './ask.ts';
import type { TransferCommand } from './command.ts';
import { exitCodeOf } from './exit.ts';
import { openJobFolder, type JobFolder } from './job-folder.ts';
import { jsonReport } from './json-report.ts';
import { progressLine } from './progress.ts';
import { textReport } from './report.ts';
import { oneLine } from './words.ts';
import { jobOptionsOf, workOf } from './work.ts';

export interface RunTransferOptions {
  readonly command: TransferCommand;
  readonly createJob: CreateJob;
  /** The app's directory. */
  readonly dataDirectory: string;
  readonly logger: Logger;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Columns of the terminal that standard error is; null when it is none. */
  readonly columns: number | null;
  readonly terminal: Terminal;
  /** Calls `fn` for a signal to end, with the exit code that stands for it. @returns what ends that */
  readonly onSignal: (fn: (exitCode: number) => void) => () => void;
  /** Ends the process now. */
  readonly exitNow: (exitCode: number) => void;
}

const nowMs = (): number => nodeClock.monotonicMs();

/** Runs it. @returns the exit code */
export async function runTransfer(options: RunTransferOptions): Promise<number> {
  const { command, stdout, stderr } = options;
  try {
    await confirm(options);
    const folder = await folderOf(options);
    if (folder === null) return (await runJob(options, null)).exitCode;
    let keep = true;
    try {
      await settleResumption(options, folder);
      const outcome = await runJob(options, folder);
      keep = outcome.keep;
      return outcome.exitCode;
    } finally {
      await folder.release(keep);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (command.settings.json) jsonReport(stdout, nowMs).refused(error.code, error.message);
    stderr(`zooscope: ${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function confirm({ command: { task, settings }, terminal }: RunTransferOptions): Promise<void> {
  if (task.verb !== 'delete' || task.yes || settings.dryRun) return;
  if (!terminal.isTty) throw new UsageError('NotConfirmed', 'a deletion needs --yes where nobody can be asked (--dry-run shows what would go)');
  const { connect, path } = task.at;
  if (!(await confirmDelete(terminal, connect, path))) throw new UsageError('NotConfirmed', 'that is not its name: nothing was deleted');
}

/** Where the run is written down; null for one that has nothing to go on with. */
async function folderOf({ command, dataDirectory }: RunTransferOptions): Promise<JobFolder | null> {
  const { task, settings } = command;
  return settings.dryRun || task.verb === 'diff' ? null : openJobFolder(dataDirectory, command);
}

async function settleResumption({ command: { settings }, stderr }: RunTransferOptions, folder: JobFolder): Promise<void> {
  if (settings.resume === 'go-on' && !folder.interrupted) stderr('zooscope: no interrupted run of this command is left: it begins anew\n');
  if (!folder.interrupted || settings.resume === 'go-on') return;
  if (settings.resume === 'none') {
    throw new UsageError('Interrupted', 'an earlier run of this command did not come to its end: --resume goes on with it, --anew begins again');
  }
  await folder.log.replace([]);
}

/** It was read or written, but its ACL could not be. */
function isWithoutAcl({ action, reason }: JobItem): boolean {
  return (action === 'create' || action === 'change') && (reason === 'aclMasked' || reason === 'aclNotSet');
}

interface Outcome {
  readonly exitCode: number;
  /** Whether there is something to go on with. */
  readonly keep: boolean;
}

async function runJob(options: RunTransferOptions, folder: JobFolder | null): Promise<Outcome> {
  const { command, createJob, logger, stdout, stderr, columns, onSignal, exitNow } = options;
  const { task, settings } = command;
  const goesOn = folder !== null && folder.interrupted && settings.resume === 'go-on';
  const work = await workOf(command, goesOn, logger);
  const line = progressLine({ columns, write: stderr, nowMs });
  const machine = settings.json ? jsonReport(stdout, nowMs) : null;
  const report = machine ?? textReport({ task, dryRun: settings.dryRun, write: stdout });
  const count = { skipped: 0, withoutAcl: 0 };
  const job: Job = createJob(work, jobOptionsOf(settings), {
    clock: nodeClock,
    tools: nodeTransferTools,
    log: folder?.log ?? null,
    before: null,
    onItems(items: readonly JobItem[]) {
      if ('policy' in task && task.policy === 'skip') count.skipped += items.filter(({ action, reason }) => action === 'leave' && reason === 'exists').length;
      count.withoutAcl += items.filter(isWithoutAcl).length;
      line.clear();
      report.items(items);
    },
    onProgress(progress) {
      machine?.progress(progress);
      if (!settings.quiet) line.show(progress);
    },
  });
  let interrupted: number | null = null;
  const stopListening = onSignal((exitCode) => {
    if (interrupted !== null) return exitNow(exitCode);
    interrupted = exitCode;
    line.clear();
    stderr('zooscope: ending when what is under way is finished (again: at once)\n');
    job.cancel();
  });
  try {
    const end = await job.run();
    // A run that wrote down no more than what it is leaves nothing to go on with, and is simply run again.
    const keep = end.state !== 'done' && end.resumable && folder !== null && (await folder.holdsProgress());
    line.clear();
    const exitCode = end.state === 'cancelled' && interrupted !== null ? interrupted : exitCodeOf({ end, isDiff: task.verb === 'diff', readsFile: task.verb === 'import' || task.verb === 'diff', ...count });
    // Of what was never begun there is nothing to report but why.
    const begun = Object.values(end.progress.counts).some((nodes) => nodes > 0);
    if (machine !== null || exitCode !== EXIT_USAGE || begun) report.end(end, keep);
    if (end.failure !== null && end.state === 'stopped') stderr(`zooscope: ${oneLine(end.failure.message)}\n`);
    return { exitCode, keep };
  } finally {
    stopListening();
  }
}
