/** The `zooscope` command as a child process. Needs a build; bin/zooscope.js makes one where there is none. */

import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { guardProcess } from '../support/process-guard.ts';

/** The launcher; ZOOSCOPE_CLI names another. */
const CLI = process.env['ZOOSCOPE_CLI'] ?? fileURLToPath(new URL('../../bin/zooscope.js', import.meta.url));

export interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  /** Without the launcher's line that it builds, which comes when a source was touched since. */
  readonly err: () => string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** Starts the command with a data directory of its own, without a display unless `env` gives one. */
export function zooscope(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...rest } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...rest, ZOOSCOPE_HOME: home, ZOOSCOPE_EXPORTS: join(home, 'exports'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  guardProcess(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'gone'));
  });
  return { child, out: () => out, err: () => err.replace(/^zooscope: building the app.*\n/, ''), ended };
}

/** The address in the line that a serving command prints. */
export function addressIn(text: string): string | undefined {
  return /^Zooscope: (http:\/\/\S+)$/m.exec(text)?.[1];
}
