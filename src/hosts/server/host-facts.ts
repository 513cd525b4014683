/** What this machine and process say about themselves, for the words that show it. */

import { readdirSync, readFileSync } from 'node:fs';
import { arch, freemem, homedir, hostname, release, tmpdir, totalmem, type, userInfo } from 'node:os';
import type { HostFacts } from '../../ensemble/environment.ts';

const MIB = 1024 * 1024;

export const hostFacts: HostFacts = {
  environment: () => [
    ['host.name', hostname()],
    ['node.version', process.version],
    ['node.home', process.execPath],
    ['os.name', type()],
    ['os.arch', arch()],
    ['os.version', release()],
    ['user.name', userName()],
    ['user.home', homedir()],
    ['user.dir', process.cwd()],
    ['java.io.tmpdir', tmpdir()],
    ['os.memory.free', `${Math.floor(freemem() / MIB)}MB`],
    ['os.memory.max', `${Math.floor(totalmem() / MIB)}MB`],
    ['os.memory.total', `${Math.floor(process.memoryUsage.rss() / MIB)}MB`],
  ],
  openFiles,
  formatDate,
};

/** A container may run as a user without an entry in passwd. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

/** Linux tells; elsewhere there is no answer without starting a program. */
function openFiles(): { readonly open: number; readonly max: number } | null {
  try {
    const max = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return max === undefined ? null : { open: readdirSync('/proc/self/fd').length, max: Number(max) };
  } catch {
    return null;
  }
}

/** `Sat Nov 21 00:56:05 UTC 2026` */
function formatDate(wallMs: number): string {
  const date = new Date(wallMs);
  const [day, month, dayOfMonth, year, time] = date.toString().split(' ');
  const zone = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date);
  const name = zone.find((part) => part.type === 'timeZoneName')?.value ?? 'UTC';
  return `${day} ${month} ${dayOfMonth} ${time} ${name} ${year}`;
}
