/**
 * What an interrupted run leaves behind to be gone on with: a folder below the app's own, named after the command.
 * Must hold: one process at a time for each command; a run that came to its end leaves nothing.
 */

import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../../../model/errors.ts';
import { takeInstanceLock } from '../../../platform/instance-lock.ts';
import { fileAppendLog } from '../../../platform/transfer/append-log.ts';
import type { AppendLog } from '../../../services/transfer/ports.ts';
import type { SideText, TransferCommand, TransferTask } from './command.ts';

export interface JobFolder {
  readonly folder: string;
  readonly log: AppendLog;
  /** Whether an earlier run stands in the log. */
  readonly interrupted: boolean;
  /** Whether the log holds more than what the job is. */
  holdsProgress(): Promise<boolean>;
  /** Lets go of it. @param keep whether there is something left to go on with */
  release(keep: boolean): Promise<void>;
}

/**
 * The folder of a command, taken for this process.
 *
 * @param home the app's directory (ZOOSCOPE_HOME)
 * @throws UsageError AlreadyRunning when the same command runs just now; the system's error when it cannot be made
 */
export async function openJobFolder(home: string, command: TransferCommand): Promise<JobFolder> {
  const folder = join(home, 'transfers', await keyOf(command));
  const lock = await takeInstanceLock(folder);
  if (lock === null) throw new UsageError('AlreadyRunning', 'the same command is running already');
  const log = fileAppendLog(join(folder, 'job.log'));
  return {
    folder,
    log,
    interrupted: (await log.size()) > 0,
    holdsProgress: () => hasLines(log, 2),
    async release(keep) {
      await log.close();
      // While it is ours: behind the release it may be that of the next run of the command.
      if (!keep) await rm(folder, { recursive: true, force: true });
      await lock.release();
    },
  };
}

async function hasLines(log: AppendLog, wanted: number): Promise<boolean> {
  let lines = 0;
  for await (const _line of log.read()) if (++lines === wanted) return true;
  return false;
}

/** The same for the same work on the same files; credentials, speed and how it is reported do not count. */
async function keyOf({ task, settings }: TransferCommand): Promise<string> {
  const { acl, ephemerals } = settings;
  const files = await Promise.all(filesOf(task).map(fingerprint));
  const text = JSON.stringify([{ ...task, yes: undefined }, { acl, ephemerals }, files]);
  return `${task.verb}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

function filesOf(task: TransferTask): readonly string[] {
  if (task.verb === 'export') return [task.file];
  const sides: readonly SideText[] = task.verb === 'import' ? [task.from] : task.verb === 'diff' ? [task.a, task.b] : [];
  return sides.flatMap((side) => (side.kind === 'file' ? [side.file] : []));
}

/** A file that was changed meanwhile is another one. */
async function fingerprint(file: string): Promise<readonly (string | number)[]> {
  const path = resolve(file);
  const found = await stat(path).catch(() => null);
  return found === null ? [path] : [path, found.size, Math.floor(found.mtimeMs)];
}
