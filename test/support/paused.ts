/** A process that was told to stop goes on for a moment: the system stops each of its threads when it next looks at it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processFacts } from '../../src/platform/process-facts.ts';

const POLL_MS = 2;
const WITHIN_MS = 10_000;

/** Sends SIGSTOP, and waits until no thread of the process runs any more. */
export async function pauseProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const deadline = Date.now() + WITHIN_MS;
  while (!(await isPaused(pid))) {
    if (Date.now() > deadline) throw new Error(`process ${pid} does not stop`);
    await delay(POLL_MS);
  }
}

async function isPaused(pid: number): Promise<boolean> {
  const threads = `/proc/${pid}/task`;
  if (!existsSync(threads)) return (await processFacts(pid))?.paused === true;
  // proc(5): the state is the field behind the name in parentheses.
  return readdirSync(threads).every((thread) => /^[^]*\) [Tt]/.test(statOf(`${threads}/${thread}/stat`)));
}

/** One that has ended meanwhile runs no more. */
function statOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ') T';
  }
}
