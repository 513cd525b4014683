/** What was asked for, as the job engine takes it: sessions, files, rules. */

import type { Logger } from '../../../base/logger.ts';
import { fileExportInput } from '../../../platform/transfer/export-input.ts';
import { fileExportOutput } from '../../../platform/transfer/export-output.ts';
import { anew } from '../../../services/transfer/anew.ts';
import type { FileSide, JobOptions, LiveSide, Side, Work } from '../../../services/transfer/api.ts';
import type { AuthText, FileText, LiveText, SideText, TransferCommand, TransferSettings } from './command.ts';
import { ensembleSource } from './ensemble.ts';
import { kindsOnDisk } from './kinds-on-disk.ts';

/** What every job is told besides its work. */
export function jobOptionsOf({ dryRun, ephemerals, acl, rate }: TransferSettings): JobOptions {
  return { dryRun, ephemerals, acl, nodesPerSecondMax: rate };
}

/**
 * The work of a command.
 *
 * @param goesOn whether an interrupted run is gone on with: then what is left of its file counts
 */
export async function workOf({ task, settings }: TransferCommand, goesOn: boolean, logger: Logger): Promise<Work> {
  const live = async ({ connect, path }: LiveText, own: readonly AuthText[]): Promise<LiveSide> => ({
    kind: 'live', path, source: await ensembleSource(connect, [...settings.auth, ...own], settings, logger),
  });
  const kinds = settings.dataDir === null ? null : await kindsOnDisk(settings.dataDir);
  const from = async (side: LiveText): Promise<LiveSide> => ({ ...(await live(side, settings.authFrom)), kinds });
  const to = (side: LiveText): Promise<LiveSide> => live(side, settings.authTo);
  const either = (side: SideText, ofLive: (side: LiveText) => Promise<LiveSide>): Side | Promise<Side> =>
    side.kind === 'file' ? fileSide(side) : ofLive(side);
  switch (task.verb) {
    case 'export': {
      const output = fileExportOutput({ file: task.file, compression: task.compression, overwrite: task.overwriteFile });
      return { kind: 'export', from: await from(task.from), to: goesOn ? output : anew(output) };
    }
    case 'import':
      return { kind: 'write', from: fileSide(task.from), to: await to(task.to), policy: task.policy, removeExtra: task.removeExtra, only: null };
    case 'copy':
      return { kind: 'write', from: await from(task.from), to: await to(task.to), policy: task.policy, removeExtra: task.removeExtra, only: null };
    case 'move':
      return { kind: 'move', from: await from(task.from), to: await to(task.to), policy: task.policy };
    case 'delete':
      return { kind: 'delete', at: await to(task.at) };
    case 'diff':
      return { kind: 'compare', a: await either(task.a, from), b: await either(task.b, to) };
  }
}

const fileSide = ({ file, part }: FileText): FileSide => ({ kind: 'file', input: fileExportInput(file), below: part });
