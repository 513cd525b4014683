/**
 * The guard's own program (guard.ts says what for). In: a directory, processes that run, and on standard input lines `add PID` and
 * `remove PID`; the end of the input says that the launcher is gone. Out: one line, whether the directory was free.
 */

import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { takeInstanceLock, type InstanceLock } from '../instance-lock.ts';

export const GUARD_READY = 'ready';
const GUARD_BUSY = 'busy';

/** Time to end cleanly. */
const STOP_WITHIN_MS = 4_000;
const KILL_WITHIN_MS = 2_000;
const POLL_MS = 20;
/** Longer than a guard needs to end what an earlier launcher left. */
const LOCK_WITHIN_MS = STOP_WITHIN_MS + KILL_WITHIN_MS + 2_000;

/**
 * Runs until the input ends and every process it was told of is gone.
 *
 * @param argv the directory, and numbers of processes
 * @returns the exit code
 */
export async function guardMain([directory = '.', ...running]: readonly string[]): Promise<number> {
  // Its work begins when others are told to end.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.stdout.on('error', () => undefined);
  const pids = new Set<number>();
  for (const pid of running) note(pids, `add ${pid}`);
  const ended = new Promise<void>((resolve) => {
    const lines = createInterface({ input: process.stdin });
    lines.on('line', (line) => note(pids, line)).once('close', resolve);
    process.stdin.once('error', () => resolve());
  });
  const lock = await takeLock(join(directory, '.guard'), ended);
  process.stdout.write(lock === null ? `${GUARD_BUSY}\n` : `${GUARD_READY}\n`);
  await ended;
  await endAll(pids);
  await lock?.release();
  return 0;
}

function note(pids: Set<number>, line: string): void {
  const [verb, text] = line.split(' ');
  const pid = Number(text);
  // 0 and below are whole groups to the system.
  if (!Number.isSafeInteger(pid) || pid < 2) return;
  if (verb === 'add') pids.add(pid);
  else pids.delete(pid);
}

async function takeLock(directory: string, ended: Promise<void>): Promise<InstanceLock | null> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const deadline = performance.now() + LOCK_WITHIN_MS;
  for (;;) {
    try {
      const lock = await takeInstanceLock(directory);
      if (lock !== null) return lock;
    } catch {
      return null;
    }
    if (over || performance.now() > deadline) return null;
    await delay(POLL_MS);
  }
}

async function endAll(pids: ReadonlySet<number>): Promise<void> {
  // On Windows every signal is a kill: there, servers get their time to see that their input ended.
  if (process.platform !== 'win32') {
    send(pids, 'SIGTERM');
    // One that was paused hears it only when it goes on.
    send(pids, 'SIGCONT');
  }
  if (await areGone(pids, STOP_WITHIN_MS)) return;
  send(pids, 'SIGKILL');
  await areGone(pids, KILL_WITHIN_MS);
}

function send(pids: ReadonlySet<number>, signal: NodeJS.Signals): void {
  for (const pid of pids) isSent(pid, signal);
}

async function areGone(pids: ReadonlySet<number>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while ([...pids].some((pid) => isSent(pid, 0))) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** @param signal 0: only asks whether the process is there */
function isSent(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
