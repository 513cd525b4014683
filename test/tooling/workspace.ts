/**
 * A small repository in a temporary folder for the checkers to judge. In: files by path.
 * Out: what a checker printed and how it ended. Must hold: the folder is gone after the test.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Verdict {
  readonly exitCode: number | null;
  readonly output: string;
}

const repository = join(import.meta.dirname, '..', '..');

/** Writes the files below a new folder and returns its path. */
export function workspaceWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'zooscope-tooling-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Runs one of the scripts over a folder, as `npm run check` does over the repository. */
export function judge(script: string, root: string, ...options: readonly string[]): Verdict {
  const run = spawnSync(process.execPath, [join(repository, 'scripts', script), '--root', root, ...options], {
    encoding: 'utf8',
  });
  return { exitCode: run.status, output: run.stdout + run.stderr };
}
