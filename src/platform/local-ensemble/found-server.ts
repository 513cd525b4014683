/**
 * A server that an earlier start of the app left running: watched, stopped and killed although it is nobody's child here.
 * Must hold: no signal goes to a process that is not, at that moment, the one that was written down.
 */

import { ProcessFailedError, refusePauseOn, STOP_WITHIN_MS, tailOf, type ProcessExit, type ServerProcess } from '../node-processes.ts';
import { isRunning, type FoundServer } from './running-record.ts';

/** How soon its end is noticed. */
const WATCH_MS = 250;
const POLL_MS = 20;

export interface FoundServerFiles {
  readonly configFile: string;
  readonly logFile: string;
}

/**
 * Takes it up.
 *
 * @param onExit called once when it is gone, also after stop(); how it ended nobody can tell
 */
export function takeUpServer({ configFile, logFile }: FoundServerFiles, found: FoundServer, onExit: (exit: ProcessExit) => void): ServerProcess {
  const { pid } = found;
  let over = false;
  let tellGone: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    tellGone = resolve;
  });
  const look = async (): Promise<boolean> => {
    if (!over && !(await isRunning(configFile, found)) && !over) {
      over = true;
      clearInterval(watch);
      onExit({ code: null, signal: null, logTail: tailOf(logFile) });
      tellGone();
    }
    return over;
  };
  const watch = setInterval(() => void look(), WATCH_MS);
  watch.unref();
  const send = async (...signals: readonly NodeJS.Signals[]): Promise<void> => {
    if (await look()) return;
    for (const signal of signals) sendSignal(pid, signal);
  };
  const untilGone = async (withinMs: number): Promise<void> => {
    const deadline = performance.now() + withinMs;
    while (!(await look()) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  };
  const kill = async (): Promise<void> => {
    await send('SIGKILL');
    await untilGone(STOP_WITHIN_MS);
    if (!over) throw new ProcessFailedError(`process ${pid} does not end`);
    await gone;
  };
  return {
    pid,
    async stop() {
      // One that was paused hears it only when it goes on.
      await send('SIGTERM', ...(process.platform === 'win32' ? [] : (['SIGCONT'] as const)));
      await untilGone(STOP_WITHIN_MS);
      if (!over) await kill();
    },
    kill,
    async pause() {
      refusePauseOn(process.platform);
      await send('SIGSTOP');
    },
    resume: () => send('SIGCONT'),
  };
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in this moment.
  }
}
