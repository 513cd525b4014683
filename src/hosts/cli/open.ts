/** `open`: the desktop app where it can be, else the browser, and one line that says why. */

import type { WebHost } from '../web/web-host.ts';
import { openBrowser } from './browser.ts';
import { runDesktop } from './desktop.ts';
import { hasDisplay, type Machine } from './machine.ts';
import { runServe, type ServeOptions } from './serve.ts';

export interface OpenOptions extends Pick<ServeOptions, 'files' | 'dataDirectory' | 'logger' | 'stdout' | 'stderr' | 'signal'> {
  readonly machine: Machine;
}

/** Runs to the end of the app. @returns the exit code */
export async function runOpen(options: OpenOptions): Promise<number> {
  const { machine, files, stderr, signal } = options;
  const tell = (line: string): void => stderr(`zooscope: ${line}\n`);
  const end = await runDesktop({ machine, files, tell, signal });
  if (end.kind === 'ended') return end.exitCode;
  tell(`${end.what}: serving to the browser instead`);
  return runServe({ ...options, host: '127.0.0.1', port: null, connect: null, ready: (host) => show(machine, host) });
}

async function show(machine: Machine, host: WebHost): Promise<void> {
  if (hasDisplay(machine)) await openBrowser(machine, host.ticketUrl());
}
