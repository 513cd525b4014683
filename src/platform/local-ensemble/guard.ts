/**
 * A second process that ends servers when this one cannot: killed, or crashed. It also holds a lock on their directory
 * for as long as one of them may run, so that nobody starts others on the same files before.
 * Must hold: a server told of is ended at the latest a few seconds after this process is gone, however that ended.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { GUARD_READY } from './guard-main.ts';

export interface GuardCommand {
  /** Runs JavaScript: process.execPath. */
  readonly command: string;
  /** Leads to `guardMain`; the directory, and the processes that run, are added. */
  readonly args: readonly string[];
  /** What makes `command` a plain Node, where it is Electron. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProcessGuard {
  /** Whether nobody else runs servers in the directory; waits for those of an earlier run that are still ending. */
  readonly alone: Promise<boolean>;
  add(pid: number): void;
  /** Once it is gone: its number may be given to another program. */
  remove(pid: number): void;
  /** Lets the guard go, which it does when nothing it was told of runs. */
  release(): Promise<void>;
}

/** A guard that is killed is replaced, but not without end. */
const STARTS_MAX = 5;

/**
 * Starts a guard.
 *
 * @param onLost called when there is none any more and no other could be started
 */
export function startGuard(command: GuardCommand, directory: string, onLost: () => void): ProcessGuard {
  const guard = new Guard(command, directory, onLost);
  guard.start();
  return guard;
}

class Guard implements ProcessGuard {
  readonly alone: Promise<boolean>;
  readonly #command: GuardCommand;
  readonly #directory: string;
  readonly #onLost: () => void;
  readonly #pids = new Set<number>();
  #child: ChildProcess | null = null;
  #starts = 0;
  #released = false;
  #tellAlone: (alone: boolean) => void = () => undefined;

  constructor(command: GuardCommand, directory: string, onLost: () => void) {
    this.#command = command;
    this.#directory = directory;
    this.#onLost = onLost;
    this.alone = new Promise((resolve) => {
      this.#tellAlone = resolve;
    });
  }

  start(): void {
    this.#starts++;
    const { command, args, env } = this.#command;
    // A group of its own: what ends this process by its group must not end the guard as well.
    // What runs already stands in the command, so that there is no moment in which this guard does not know of it.
    const child = spawn(command, [...args, this.#directory, ...[...this.#pids].map(String)], {
      env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true, detached: process.platform !== 'win32',
    });
    this.#child = child;
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('\n')) this.#tellAlone(said.startsWith(GUARD_READY));
    });
    child.stdin?.on('error', () => undefined);
    let over = false;
    const ended = (): void => {
      if (over) return;
      over = true;
      this.#ended();
    };
    child.once('error', ended).once('close', ended);
  }

  add(pid: number): void {
    this.#pids.add(pid);
    this.#say(`add ${pid}`);
  }

  remove(pid: number): void {
    this.#pids.delete(pid);
    this.#say(`remove ${pid}`);
  }

  async release(): Promise<void> {
    this.#released = true;
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
    child.stdin?.end();
    await gone;
  }

  /** What is written goes to the pipe at once, also before the guard has begun to read. */
  #say(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }

  #ended(): void {
    this.#child = null;
    this.#tellAlone(false);
    if (this.#released) return;
    if (this.#starts < STARTS_MAX) this.start();
    else this.#onLost();
  }
}
