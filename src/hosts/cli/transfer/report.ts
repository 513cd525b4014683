/** The report on standard output, for people: what becomes of single nodes where that is worth a line, then the sums. */

import type { JobEnd, JobItem } from '../../../services/transfer/api.ts';
import { formatId } from '../../../model/zxid.ts';
import type { SideText, TransferTask } from './command.ts';
import { bytesText, countText, nodesText, oneLine, pathText, timeText } from './words.ts';

export interface Report {
  items(items: readonly JobItem[]): void;
  /** @param goesOn whether `--resume` has something to go on with */
  end(end: JobEnd, goesOn: boolean): void;
}

export interface ReportOptions {
  readonly task: TransferTask;
  readonly dryRun: boolean;
  readonly write: (text: string) => void;
}

/** Left by rule: counted, not listed. */
const NOT_LISTED = ['ephemeral', 'system', 'vanished'];

/** A report of plain lines. */
export function textReport({ task, dryRun, write }: ReportOptions): Report {
  return {
    items(items) {
      for (const item of items) {
        const line = lineOf(item, task, dryRun);
        if (line !== null) write(`${line}\n`);
      }
    },
    end: (end, goesOn) => write(endLines(end, task, dryRun, goesOn).map((line) => `${line}\n`).join('')),
  };
}

function lineOf(item: JobItem, task: TransferTask, dryRun: boolean): string | null {
  const { action, path, differences, reason, message, dataLength, kind } = item;
  const name = pathText(`/${path}`);
  if (action === 'fail') return `failed   ${name}  ${why(reason, message)}`;
  if (action === 'leave') return NOT_LISTED.includes(reason ?? '') ? null : `left     ${name}  ${why(reason, message)}`;
  if (action === 'same') return null;
  const detail = [differences.join(', '), kind === 'persistent' ? '' : kind, reason ?? ''].filter((text) => text !== '').join('; ');
  const behind = detail === '' ? '' : `  ${detail}`;
  if (task.verb === 'diff') {
    const word = { create: 'only in B', remove: 'only in A', change: 'differs' }[action];
    return `${word.padEnd(9)}  ${name}${behind}`;
  }
  if (!dryRun) return reason === null ? null : `${action.padEnd(7)}  ${name}  ${why(reason, message)}`;
  return `${action.padEnd(7)}  ${name}  ${bytesText(dataLength)}${behind}`;
}

function why(reason: string | null, message: string | null): string {
  const parts = [reason, message === null ? null : oneLine(message)].filter((text) => text !== null);
  return pathText(parts.join(': '));
}

function endLines(end: JobEnd, task: TransferTask, dryRun: boolean, goesOn: boolean): string[] {
  const { progress, state, failure, changed, zxidBefore, zxidAfter } = end;
  const { counts, leftOut, nodes, bytes, elapsedMs, sessionsLost } = progress;
  const rate = elapsedMs > 0 ? `, ${countText((nodes * 1000) / elapsedMs)}/s` : '';
  const lines = [
    `${titleOf(task)}: ${dryRun ? 'dry run, nothing was written: ' : ''}${state}`,
    `  ${nodesText(nodes)}, ${bytesText(bytes)}, in ${timeText(elapsedMs)}${rate}`,
    `  ${countsText(task, counts)}`,
  ];
  const reasons = Object.entries(leftOut).filter(([, count]) => count > 0);
  if (reasons.length > 0) lines.push(`  left: ${reasons.map(([reason, count]) => `${countText(count)} ${reason}`).join(', ')}`);
  if (zxidBefore !== null && zxidAfter !== null) lines.push(`  read from zxid ${formatId(zxidBefore)} to ${formatId(zxidAfter)}`);
  if (changed > 0) lines.push(`  ${nodesText(changed)} changed while being read: this is not the state of one moment`);
  if (sessionsLost > 0) lines.push(`  sessions lost on the way: ${countText(sessionsLost)}`);
  if (failure !== null) lines.push(`  ${failure.code}: ${oneLine(failure.message)}`);
  if (goesOn) lines.push('  the same command with --resume goes on');
  return lines;
}

function countsText(task: TransferTask, counts: JobEnd['progress']['counts']): string {
  const words: readonly (readonly [number, string])[] =
    task.verb === 'diff'
      ? [[counts.same, 'same'], [counts.change, 'differ'], [counts.remove, 'only in A'], [counts.create, 'only in B'], [counts.leave, 'left'], [counts.fail, 'failed']]
      : [[counts.create, task.verb === 'export' ? 'written' : 'created'], [counts.change, 'changed'], [counts.remove, 'removed'], [counts.same, 'the same'], [counts.leave, 'left'], [counts.fail, 'failed']];
  const shown = words.filter(([count]) => count > 0).map(([count, word]) => `${countText(count)} ${word}`);
  return shown.length === 0 ? 'nothing to do' : shown.join(', ');
}

const sideText = (side: SideText): string =>
  side.kind === 'file' ? `${side.file}${side.part === '' ? '' : ` (${side.part})`}` : `${side.connect} ${side.path}`;

function titleOf(task: TransferTask): string {
  if (task.verb === 'export') return `export ${sideText(task.from)} to ${task.file}`;
  if (task.verb === 'delete') return `delete ${sideText(task.at)}`;
  if (task.verb === 'diff') return `diff A ${sideText(task.a)}, B ${sideText(task.b)}`;
  return `${task.verb} ${sideText(task.from)} to ${sideText(task.to)}`;
}
