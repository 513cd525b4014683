/**
 * The desktop app, started from a checkout: Electron's binary is looked for, fetched when it is not there, and run.
 * Whatever does not work is a reason to go on in the browser, never an error.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DESKTOP_FAILED } from '../exit-codes.ts';
import type { AppFiles } from '../app-files.ts';
import { hasDisplay, type Machine } from './machine.ts';

export type DesktopEnd =
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** One clause for a person: what is missing. */
  | { readonly kind: 'missing'; readonly what: string };

export interface DesktopOptions {
  readonly machine: Machine;
  readonly files: AppFiles;
  /** Says what takes a while. */
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
  readonly fetchWithinMs?: number;
}

/** About 120 MB. */
const FETCH_WITHIN_MS = 180_000;
/** One that ends badly sooner than this never showed a window: no sandbox, a library that is missing. */
const NEVER_RAN_MS = 8_000;

const missing = (what: string): DesktopEnd => ({ kind: 'missing', what });

/** Runs the desktop app to its end, or says why it cannot be run. */
export async function runDesktop(options: DesktopOptions): Promise<DesktopEnd> {
  const { machine, files, signal } = options;
  if (!hasDisplay(machine)) return missing('there is no display for a window');
  if (!existsSync(files.desktopEntry)) return missing('the desktop app is not built');
  const found = electronBinary(files, machine.env) ?? (await fetchElectron(options));
  if (signal.aborted) return { kind: 'ended', exitCode: 0 };
  if (found === null) return missing("Electron's program is not here and could not be fetched");
  const end = await machine.run(found, [files.desktopEntry], { output: 'shared', signal });
  if (signal.aborted) return { kind: 'ended', exitCode: 0 };
  const neverRan = end.code === DESKTOP_FAILED || (end.code !== 0 && end.ranMs < NEVER_RAN_MS);
  return neverRan ? missing("Electron's program does not run here") : { kind: 'ended', exitCode: end.code ?? 1 };
}

/** The binary that the `electron` package keeps, when it is there: path.txt names it. */
export function electronBinary({ root }: AppFiles, env: Machine['env']): string | null {
  const folder = join(root, 'node_modules', 'electron');
  const override = env['ELECTRON_OVERRIDE_DIST_PATH'];
  try {
    const name = existsSync(join(folder, 'path.txt')) ? readFileSync(join(folder, 'path.txt'), 'utf8').trim() : 'electron';
    const file = join(override ?? join(folder, 'dist'), name);
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

/** Runs the package's own installer, which checks what it fetches against its list of checksums. */
async function fetchElectron({ machine, files, tell, signal, fetchWithinMs = FETCH_WITHIN_MS }: DesktopOptions): Promise<string | null> {
  const installer = join(files.root, 'node_modules', 'electron', 'install.js');
  const skipped = (machine.env['ELECTRON_SKIP_BINARY_DOWNLOAD'] ?? '') !== '';
  if (skipped || !existsSync(installer)) return null;
  tell("fetching Electron's program, about 120 MB, once");
  await machine.run(process.execPath, [installer], { output: 'quiet', withinMs: fetchWithinMs, signal });
  return electronBinary(files, machine.env);
}
