/**
 * Child processes that serve a port on 127.0.0.1.
 * Must hold: a child outlives this process only where that was said. Else it is told by SIGTERM when this process stops
 * it, killed when this process exits on its own, and reads the end of its standard input when this process is killed.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readSync, fstatSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const LOOPBACK = '127.0.0.1';
const LISTEN_WITHIN_MS = 20_000;
const POLL_MS = 25;
/** How long a server has to end by itself before it is killed. */
export const STOP_WITHIN_MS = 8_000;
const TAIL_BYTES = 4_096;
const OWNER_ONLY = 0o600;
const PORT_LOWEST = 20_000;
const PORT_HIGHEST = 31_999;
const PORT_TRIES = 40;

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** What it prints goes here; begun anew at each start. */
  readonly logFile: string;
  /** The port that it is going to listen on. */
  readonly port: number;
  /** How long that may take, ms. Default 20,000. */
  readonly listenWithinMs?: number;
  /** Out of reach of what a terminal sends to everything that runs in it; it then ends only as this process says. */
  readonly ownGroup?: boolean;
  /** This process ends without it, and does not wait for it. */
  readonly outlives?: boolean;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly logTail: string;
}

export interface ServerProcess {
  readonly pid: number;
  /** SIGTERM, after a while SIGKILL; resolves when it is gone. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. Safe to call twice. */
  kill(): Promise<void>;
  /** SIGSTOP: it does nothing, and its connections stay. @throws ProcessFailedError where the system has no such signal */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
}

/** A process that was started a moment ago; `pid` is 0 when it could not be. */
export interface StartedProcess extends ServerProcess {
  /** Resolves when its port accepts connections. Call it once. @throws ProcessFailedError */
  listening(): Promise<void>;
  /** A line for its standard input. */
  tell(line: string): void;
}

/** A child ended, or kept silent, before its port accepted connections. The message ends with what it printed last. */
export class ProcessFailedError extends Error {
  override readonly name = 'ProcessFailedError';
  readonly code = 'ProcessFailed';
  /** How it ended; null: it has not, or was ended from here. */
  readonly exit: ProcessExit | null;

  constructor(message: string, exit: ProcessExit | null = null) {
    super(message);
    this.exit = exit;
  }
}

const children = new Set<ChildProcess>();

/**
 * Starts a server and waits until its port accepts connections.
 *
 * @param onExit called once when it ends, also after stop() and after a failed start
 * @throws ProcessFailedError
 */
export async function startServerProcess(server: ServerCommand, onExit: (exit: ProcessExit) => void): Promise<ServerProcess> {
  const started = spawnServerProcess(server, onExit);
  await started.listening();
  return started;
}

/**
 * Starts a server.
 *
 * @param onExit called once when it ends, also after stop() and when it could not be started
 */
export function spawnServerProcess(server: ServerCommand, onExit: (exit: ProcessExit) => void): StartedProcess {
  const child = launch(server);
  let ended: ProcessExit | null = null;
  const gone = new Promise<void>((resolve) => {
    const end = (code: number | null, signal: string | null, note = ''): void => {
      if (ended !== null) return;
      children.delete(child);
      ended = { code, signal, logTail: [tailOf(server.logFile), note].filter((part) => part !== '').join('\n') };
      onExit(ended);
      resolve();
    };
    child.once('exit', (code, signal) => end(code, signal));
    child.once('error', (error) => end(null, null, error.message));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    // One that was paused hears it only when it goes on.
    if (process.platform !== 'win32') child.kill('SIGCONT');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  const pause = async (): Promise<void> => {
    refusePauseOn(process.platform);
    child.kill('SIGSTOP');
  };
  const resume = async (): Promise<void> => void child.kill('SIGCONT');
  const listening = async (): Promise<void> => {
    const withinMs = server.listenWithinMs ?? LISTEN_WITHIN_MS;
    const deadline = performance.now() + withinMs;
    while (!(await accepts(server.port))) {
      const exit = ended as ProcessExit | null;
      if (exit !== null) throw failed(`it ended with ${exit.signal ?? `exit code ${exit.code ?? '?'}`}`, exit.logTail, exit);
      if (performance.now() > deadline) {
        await stop();
        throw failed(`port ${server.port} did not accept connections within ${withinMs} ms`, tailOf(server.logFile));
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const tell = (line: string): void => void child.stdin?.write(`${line}\n`);
  return { pid: child.pid ?? 0, stop, kill, pause, resume, listening, tell };
}

/** @throws ProcessFailedError on a system that cannot pause a process */
export function refusePauseOn(platform: string): void {
  if (platform === 'win32') throw new ProcessFailedError('Windows cannot pause a process');
}

/**
 * A port on 127.0.0.1 that nobody listens on: the given one, if it is free; else one below those that systems give
 * to outgoing connections, so that it is still free at the next start.
 *
 * @param preferred 0 for any
 */
export async function freeLoopbackPort(preferred: number): Promise<number> {
  if (preferred !== 0 && (await tryListen(preferred)) !== null) return preferred;
  for (let tries = 0; tries < PORT_TRIES; tries++) {
    const port = randomInt(PORT_LOWEST, PORT_HIGHEST + 1);
    if ((await tryListen(port)) !== null) return port;
  }
  return (await tryListen(0)) ?? 0;
}

function launch({ command, args, env, cwd, logFile, ownGroup, outlives }: ServerCommand): ChildProcess {
  const output = openSync(logFile, 'w', OWNER_ONLY);
  try {
    // The end of the pipe to its input tells the child that this process is gone.
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', output, output],
      windowsHide: true,
      // On Windows this would open a console window of its own.
      detached: ownGroup === true && process.platform !== 'win32',
    });
    child.stdin?.on('error', () => undefined);
    if (outlives === true) {
      child.unref();
      (child.stdin as Socket | null)?.unref();
      return child;
    }
    if (children.size === 0) process.once('exit', killChildren);
    children.add(child);
    return child;
  } finally {
    closeSync(output);
  }
}

function killChildren(): void {
  for (const child of children) child.kill('SIGKILL');
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function tryListen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: LOOPBACK, port }, () => {
      const { port: own } = server.address() as AddressInfo;
      server.close(() => resolve(own));
    });
  });
}

/** The end of a log, whole lines where there are any; nothing when it cannot be read. */
export function tailOf(file: string, bytesMax = TAIL_BYTES): string {
  try {
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      const bytes = new Uint8Array(Math.min(size, bytesMax));
      const read = readSync(handle, bytes, 0, bytes.length, size - bytes.length);
      const text = new TextDecoder().decode(bytes.subarray(0, read));
      return (size > bytesMax ? text.slice(text.indexOf('\n') + 1) : text).trimEnd();
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
}

function failed(what: string, tail: string, exit: ProcessExit | null = null): ProcessFailedError {
  return new ProcessFailedError(tail === '' ? what : `${what}: ${tail}`, exit);
}
