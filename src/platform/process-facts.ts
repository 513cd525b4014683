/**
 * What process a number means now. Numbers are given anew: whoever wrote one down has to be able to tell whether it
 * still means the same process. In: a number. Out: when it was started and by what command; null for none.
 */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export interface ProcessFacts {
  /** The same for the whole life of a process, also across exec, and never the same for another of this number. */
  readonly started: string;
  /** With its arguments. */
  readonly command: string;
  /** SIGSTOP has come and SIGCONT has not. */
  readonly paused: boolean;
}

const ASK_WITHIN_MS = 5_000;
/** stat, the time of the start, the command. */
const PS_LINE = /^\s*(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(\S[^]*)$/;

/**
 * Asks the system.
 *
 * @param platform process.platform
 * @returns null when there is no such process, when it has ended and only its parent has not heard of it yet, or when the
 *   system does not tell
 */
export async function processFacts(pid: number, platform: string = process.platform): Promise<ProcessFacts | null> {
  // 0 and below are whole groups to the system.
  if (!Number.isSafeInteger(pid) || pid < 2) return null;
  if (platform === 'linux') return fromProc(pid);
  return platform === 'win32' ? fromPowerShell(pid) : fromPs(pid);
}

async function fromProc(pid: number): Promise<ProcessFacts | null> {
  try {
    const [boot, stat, line] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'), readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // proc(5): the name in parentheses may hold anything; state is the field behind it, starttime the 20th from there.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = ''] = fields;
    const ticks = fields[19];
    if (ticks === undefined || /^[ZXx]/.test(state)) return null;
    return { started: `${boot.trim()} ${ticks}`, command: line.replaceAll('\0', ' ').trimEnd(), paused: /^[Tt]/.test(state) };
  } catch {
    return null;
  }
}

async function fromPs(pid: number): Promise<ProcessFacts | null> {
  const [, state = '', started, command] = PS_LINE.exec(await said('ps', ['-ww', '-o', 'stat=,lstart=,command=', '-p', String(pid)])) ?? [];
  if (started === undefined || command === undefined || state.startsWith('Z')) return null;
  return { started: started.replace(/\s+/g, ' '), command: command.trimEnd(), paused: state.startsWith('T') };
}

async function fromPowerShell(pid: number): Promise<ProcessFacts | null> {
  const script = `$p = Get-CimInstance Win32_Process -Filter "ProcessId=${pid}"; if ($p) { $p.CreationDate.ToFileTimeUtc(); $p.CommandLine }`;
  const [started, ...command] = (await said('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script])).split(/\r?\n/);
  return started === undefined || !/^\d+$/.test(started) ? null : { started, command: command.join(' ').trim(), paused: false };
}

/** What it prints; nothing when it fails. */
function said(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, LC_ALL: 'C' }, timeout: ASK_WITHIN_MS, windowsHide: true };
    execFile(command, args, options, (error, stdout) => resolve(error === null ? stdout : ''));
  });
}
