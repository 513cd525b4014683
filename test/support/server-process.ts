/**
 * One ZooKeeper server as a child process, whoever made it: started from a standard zoo.cfg, ready when `srvr`
 * answers with a mode. Knows nothing of Java or of our own server: a launcher turns a zoo.cfg into a command line.
 * Must hold: no process and no temporary directory outlives the test.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, existsSync } from 'node:fs';
import { once } from 'node:events';
import { pauseProcess } from './paused.ts';
import { guardProcess } from './process-guard.ts';
import { fourLetterWord } from './raw-client.ts';

/** Turns a configuration file and `-Dname=value` properties into a command line. */
export type Launcher = (configFile: string, jvm: readonly string[]) => LaunchCommand;

export interface LaunchCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface StartOptions {
  /** False: return once the process is started. A server without a quorum never serves. Default true. */
  readonly waitServing?: boolean;
  readonly timeoutMs?: number;
}

/** Whose server it is. */
export interface Engine {
  readonly kind: 'apache' | 'embedded';
  readonly launcher: Launcher;
}

/** One server of a test's ensemble. */
export interface ServerHandle {
  readonly id: number;
  readonly kind: Engine['kind'];
  readonly host: string;
  readonly clientPort: number;
  /** `host:port` of this server alone. */
  readonly connectString: string;
  readonly dataDir: string;
  readonly configFile: string;
  /** Undefined while it is not running. */
  readonly pid: number | undefined;
  readonly running: boolean;
  start(options?: StartOptions): Promise<void>;
  /** SIGTERM, then SIGKILL when it does not end in time. Also ends a paused server. */
  stop(): Promise<void>;
  /** SIGKILL: no goodbye, no flush. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. Resolves when it really stands still. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): void;
  /** Stops it if it runs and starts it on the same data, configuration and ports. */
  restart(options?: StartOptions): Promise<void>;
  /** From its next start on, its files are served by this engine. @throws when it is running */
  become(engine: Engine): void;
  /** Everything it has printed. */
  log(): string;
  /** The reply to a four-letter word. */
  fourLetterWord(word: string, timeoutMs?: number): Promise<string>;
  /** `standalone`, `leader`, `follower`, `observer` or `read-only`; undefined when it is not serving. */
  mode(): Promise<string | undefined>;
  /** Resolves when it serves; rejects with the end of its log. */
  waitServing(timeoutMs?: number): Promise<void>;
}

export interface ServerSpec extends Engine {
  readonly id: number;
  readonly clientPort: number;
  readonly dataDir: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly jvm: readonly string[];
}

const host = '127.0.0.1';
const startTimeoutMs = 40_000;
const stopTimeoutMs = 8_000;
const pollMs = 25;

/** A handle on a server that is not started yet. */
export function createServerProcess(spec: ServerSpec): ServerHandle {
  let child: ChildProcess | undefined;
  let engine: Engine = spec;
  const alive = (): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const log = (): string => (existsSync(spec.logFile) ? readFileSync(spec.logFile, 'utf8') : '');

  const failure = (what: string): Error => {
    const tail = log().split('\n').slice(-40).join('\n');
    return new Error(`${engine.kind} server ${spec.id} (${host}:${spec.clientPort}) ${what}. The end of its log:\n${tail}`);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    if (ending === undefined || !alive()) return;
    const exit = once(ending, 'exit');
    ending.kill(signal);
    // A stopped process acts on SIGTERM only when it goes on; it does on SIGKILL at once.
    if (signal !== 'SIGKILL') ending.kill('SIGCONT');
    const timer = setTimeout(() => ending.kill('SIGKILL'), stopTimeoutMs);
    await exit;
    clearTimeout(timer);
  };
  const runningPid = (signal: NodeJS.Signals): number => {
    if (child?.pid === undefined || !alive()) throw failure(`is not running, cannot send ${signal}`);
    return child.pid;
  };

  const handle: ServerHandle = {
    id: spec.id,
    get kind() {
      return engine.kind;
    },
    host,
    clientPort: spec.clientPort,
    connectString: `${host}:${spec.clientPort}`,
    dataDir: spec.dataDir,
    configFile: spec.configFile,
    get pid() {
      return alive() ? child?.pid : undefined;
    },
    get running() {
      return alive();
    },
    async start(options = {}) {
      if (alive()) throw failure('is already running');
      child = launch({ ...spec, ...engine });
      await once(child, 'spawn');
      guardProcess(child);
      if (options.waitServing !== false) await handle.waitServing(options.timeoutMs);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: async () => pauseProcess(runningPid('SIGSTOP')),
    resume: () => void process.kill(runningPid('SIGCONT'), 'SIGCONT'),
    async restart(options) {
      await handle.stop();
      await handle.start(options);
    },
    become(next) {
      if (alive()) throw failure('is running, and cannot change its engine');
      engine = next;
    },
    log,
    fourLetterWord: (word, timeoutMs) => fourLetterWord(host, spec.clientPort, word, timeoutMs),
    async mode() {
      try {
        return /^Mode: (\S+)/m.exec(await fourLetterWord(host, spec.clientPort, 'srvr', 1_000))?.[1];
      } catch {
        return undefined;
      }
    },
    async waitServing(timeoutMs = startTimeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (Date.now() < deadline) {
        if (!alive()) throw failure(`ended with ${child?.exitCode ?? child?.signalCode ?? 'no process'} before it served`);
        if ((await handle.mode()) !== undefined) return;
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
      throw failure(`did not serve within ${timeoutMs} ms`);
    },
  };
  return handle;
}

function launch(spec: ServerSpec): ChildProcess {
  const { command, args, env } = spec.launcher(spec.configFile, spec.jvm);
  const output = openSync(spec.logFile, 'a');
  try {
    return spawn(command, args, { stdio: ['ignore', output, output], env: { ...process.env, ...env } });
  } finally {
    closeSync(output);
  }
}
