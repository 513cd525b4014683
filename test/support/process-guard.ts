/**
 * Makes sure that what a test starts dies with the test, even when the test process is killed.
 * In: process ids and temporary directories. Out: nothing; at the end they are gone.
 * How: a small helper process holds a pipe from us. When the pipe closes, for whatever reason, it kills the
 * processes (SIGKILL also ends a stopped one) and removes the directories. An exit hook does the same sooner.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const guardScript = `
const { rmSync } = require('node:fs')
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {})
const pids = new Set(), dirs = new Set()
let rest = ''
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n')
  rest = lines.pop()
  for (const line of lines) {
    const [verb, kind, value] = JSON.parse(line)
    const set = kind === 'pid' ? pids : dirs
    if (verb === 'add') set.add(value); else set.delete(value)
  }
})
const finish = () => {
  for (const pid of pids) { try { process.kill(pid, 'SIGKILL') } catch {} }
  setTimeout(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
    process.exit(0)
  }, pids.size > 0 ? 200 : 0)
}
process.stdin.on('end', finish)
process.stdin.on('error', finish)
`;

const pids = new Set<number>();
const directories = new Set<string>();
let guard: ChildProcess | undefined;

/** Makes a temporary directory which is removed at the latest when this process ends. */
export function temporaryDirectory(prefix = 'zooscope-test-'): string {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  directories.add(directory);
  tell('add', 'dir', directory);
  return directory;
}

/** Removes such a directory now. */
export function removeTemporaryDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  directories.delete(directory);
  tell('remove', 'dir', directory);
}

/** Ties a child process to the life of this one, until it exits. */
export function guardProcess(child: ChildProcess): void {
  const pid = child.pid;
  if (pid === undefined) return;
  pids.add(pid);
  tell('add', 'pid', pid);
  child.once('exit', () => {
    pids.delete(pid);
    tell('remove', 'pid', pid);
  });
}

/** Ties a process that is nobody's child here to the life of this one. @returns unties it, once it is gone */
export function guardPid(pid: number): () => void {
  pids.add(pid);
  tell('add', 'pid', pid);
  return () => {
    pids.delete(pid);
    tell('remove', 'pid', pid);
  };
}

function tell(verb: 'add' | 'remove', kind: 'pid' | 'dir', value: number | string): void {
  guard ??= startGuard();
  guard.stdin?.write(`${JSON.stringify([verb, kind, value])}\n`);
}

function startGuard(): ChildProcess {
  // Detached: a Ctrl-C meant for the test run must not end the guard before its work is done.
  const child = spawn(process.execPath, ['-e', guardScript], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  child.stdin?.on('error', () => {});
  const pipe = child.stdin as unknown as { unref?: () => void } | null;
  pipe?.unref?.();
  process.once('exit', killAllNow);
  return child;
}

function killAllNow(): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
