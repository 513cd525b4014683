/** What the commands need of the machine that they run on, so that tests can stand in for it. */

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** How a program ended; `code` is null when it could not be started or a signal ended it. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly ranMs: number;
}

export interface RunOptions {
  /** `quiet`: prints nothing. `shared`: prints where we print. */
  readonly output: 'quiet' | 'shared';
  /** Killed when it takes longer, ms. */
  readonly withinMs?: number;
  readonly signal?: AbortSignal;
}

export interface Machine {
  /** process.platform */
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program, absolute, if it can be run. @param name a word looked for on PATH, or an absolute path */
  find(name: string): string | null;
  /** Runs it to its end. */
  run(command: string, args: readonly string[], options: RunOptions): Promise<ProgramEnd>;
  /** Starts it and forgets it. @returns false when it could not be started */
  start(command: string, args: readonly string[]): Promise<boolean>;
}

/** This machine. */
export function thisMachine(): Machine {
  const { platform, env } = process;
  return {
    platform,
    env,
    find: (name) => candidates(name, platform, env).find(isExecutable) ?? null,
    run,
    start,
  };
}

/** Whether a window can be shown. */
export function hasDisplay({ platform, env }: Pick<Machine, 'platform' | 'env'>): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  return [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((name) => name !== undefined && name !== '');
}

function candidates(name: string, platform: string, env: Machine['env']): string[] {
  if (isAbsolute(name)) return [name];
  const file = platform === 'win32' ? `${name}.exe` : name;
  return (env['PATH'] ?? '').split(delimiter).filter(isAbsolute).map((folder) => join(folder, file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, args: readonly string[], { output, withinMs, signal }: RunOptions): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(command, args, { stdio: output === 'quiet' ? 'ignore' : 'inherit', windowsHide: output === 'quiet' });
    const stop = (): void => void child.kill('SIGTERM');
    const timer = withinMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), withinMs);
    const end = (code: number | null, name: string | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      resolve({ code, signal: name, ranMs: performance.now() - began });
    };
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    child.once('error', () => end(null, null));
    child.once('exit', end);
  });
}

function start(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
