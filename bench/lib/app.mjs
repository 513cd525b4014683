/** The app as a person has it: the web host in a process of its own, and a page in Chromium. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const bin = new URL('../../bin/zooscope.js', import.meta.url).pathname;

/** Starts `zooscope serve --connect HOSTS` with an empty home. @param {string} hosts */
export async function serveApp(hosts) {
  const home = mkdtempSync(join(tmpdir(), 'zooscope-bench-'));
  const child = spawn(process.execPath, [bin, 'serve', '--connect', hosts], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ZOOSCOPE_HOME: home },
  });
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) });
  const [line] = await once(lines, 'line');
  const url = /https?:\/\/\S+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error(`no address in: ${String(line)}`);
  return {
    url,
    hostBytes: () => residentBytes(child.pid ?? 0),
    async stop() {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Chromium without a window. */
export async function launchBrowser() {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('Chromium is not installed');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
}

/** Resident memory of a process. @param {number} pid */
export function residentBytes(pid) {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** Resident memory of the renderer processes of this browser: the largest one. */
export function largestRendererBytes() {
  let largest = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      if (command.includes('--type=renderer')) largest = Math.max(largest, residentBytes(Number(entry)));
    } catch {
      // The process ended while we looked.
    }
  }
  return largest;
}
