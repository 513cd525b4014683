/**
 * `zooscope ensemble`: servers of one ensemble in the foreground. In: what was asked for, and a signal to end. Out: one
 * line when a write has succeeded, reports, an exit code.
 * Must hold: no server outlives this process, however it ends; nothing is started where something is in the way.
 */

import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError, ZooError } from '../../../model/errors.ts';
import { takeInstanceLock } from '../../../platform/instance-lock.ts';
import { checkIds, openEnsembleDirectory, type EnsembleDirectory } from '../../../platform/local-ensemble/directory.ts';
import { startGuard, type GuardCommand, type ProcessGuard } from '../../../platform/local-ensemble/guard.ts';
import { connectStringOf } from '../../../platform/local-ensemble/layout.ts';
import { findRunning } from '../../../platform/local-ensemble/running-record.ts';
import { checkPorts } from '../../../platform/local-ensemble/ports.ts';
import { EXIT_USAGE } from '../../exit-codes.ts';
import type { EnsembleCommand } from './command.ts';
import type { Engine } from '../../local-ensemble/engines.ts';
import { readConfigFacts } from '../../local-ensemble/read-config.ts';
import { plantSample, waitForWrite } from './clients.ts';
import { endText, jsonLine, peopleLines, startFailure, systemText, usualName } from './report.ts';
import { startServers, type ServerEnd, type Servers } from './servers.ts';

export interface RunEnsembleOptions {
  readonly command: EnsembleCommand;
  /** Where ensembles are that no directory was named for. */
  readonly usualDirectory: string;
  /** @throws UsageError when something of it is missing */
  readonly findEngine: () => Promise<Engine>;
  readonly guard: GuardCommand;
  readonly readSample: () => Promise<string>;
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Time to the first write, ms. */
  readonly startWithinMs?: number;
}

const EXIT_OK = 0;
const EXIT_FAILED = 1;
/** A large tree takes its time to read. */
const START_WITHIN_MS = 120_000;

/**
 * Runs until the signal comes or no server is left.
 *
 * @returns 0 after a clean stop, 1 when the ensemble did not go on, 2 when it could not begin
 */
export async function runEnsemble(options: RunEnsembleOptions): Promise<number> {
  const { command, usualDirectory, stderr } = options;
  const { dir, servers, observers } = command;
  let directory = resolve(dir ?? join(usualDirectory, usualName({ servers: servers ?? 3, observers: observers ?? 0 })));
  try {
    const engine = await options.findEngine();
    for (const clause of engine.passedOver ?? []) stderr(`zooscope: ${clause}\n`);
    const lock = await takeInstanceLock(directory);
    if (lock === null) throw new UsageError('AlreadyRunning', `${directory} is in use by another launcher: choose another directory with --dir`);
    try {
      directory = await realpath(directory);
      return await inDirectory(directory, engine, options);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (!(error instanceof UsageError) && !isSystemError(error)) throw error;
    const text = error instanceof UsageError ? error.message : systemText(directory, error);
    stderr(`zooscope: ${text.replace(/\s*\n\s*/g, ' ')}\n`);
    return error instanceof UsageError && error.code === 'NoQuorum' ? EXIT_FAILED : EXIT_USAGE;
  }
}

async function inDirectory(directory: string, engine: Engine, options: RunEnsembleOptions): Promise<number> {
  const { command, stderr } = options;
  const opened = await openEnsembleDirectory({ directory, ...command, readConfig: readConfigFacts });
  const guard = startGuard(options.guard, directory, () => {
    stderr('zooscope: the process that ends the servers when this one is killed could not be started: then they would go on\n');
  });
  try {
    // What was made a moment ago nobody can have servers in.
    if (!opened.fresh && !(await guard.alone)) {
      throw new UsageError('AlreadyRunning', `${directory}: servers of an earlier run are still ending; try again in a moment`);
    }
    await checkLeft(opened);
    if (!opened.fresh) await checkIds(opened.places);
    await checkPorts(opened.places);
    await opened.write();
    return await new Launch(directory, opened, engine, guard, options).run();
  } finally {
    await guard.release();
  }
}

/** The app may have left its servers running. @throws UsageError AlreadyRunning */
async function checkLeft({ places }: EnsembleDirectory): Promise<void> {
  for (const { id, configFile } of places) {
    const found = await findRunning(configFile);
    if (found !== null) throw new UsageError('AlreadyRunning', `server ${id} runs already (pid ${found.pid}), as the app was told to leave it: stop it in the app, or end that process`);
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

/** Servers from their start to the end of the last one. */
class Launch {
  readonly #directory: string;
  readonly #opened: EnsembleDirectory;
  readonly #engine: Engine;
  readonly #options: RunEnsembleOptions;
  readonly #servers: Servers;
  /** Comes when one ends before the ensemble works, and when the whole is to end. */
  readonly #givesUp = new AbortController();
  #state: 'starting' | 'works' | 'stopping' = 'starting';
  #firstEnd: ServerEnd | null = null;
  #tellNoneLeft: () => void = () => undefined;
  readonly #noneLeft = new Promise<void>((resolve) => {
    this.#tellNoneLeft = resolve;
  });

  constructor(directory: string, opened: EnsembleDirectory, engine: Engine, guard: ProcessGuard, options: RunEnsembleOptions) {
    this.#directory = directory;
    this.#opened = opened;
    this.#engine = engine;
    this.#options = options;
    const listenWithinMs = options.startWithinMs ?? START_WITHIN_MS;
    this.#servers = startServers(opened.places, { engine, guard, listenWithinMs, onEnd: (end) => this.#ended(end) });
  }

  async run(): Promise<number> {
    const { signal } = this.#options;
    const stop = (): void => this.#givesUp.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await this.#start();
      this.#tellReady();
      await Promise.race([aborted(signal), this.#noneLeft]);
      return signal.aborted ? EXIT_OK : EXIT_FAILED;
    } catch (error) {
      if (this.#firstEnd !== null) return this.#failedStart(this.#firstEnd);
      if (signal.aborted) return EXIT_OK;
      throw error;
    } finally {
      this.#state = 'stopping';
      signal.removeEventListener('abort', stop);
      await this.#servers.stop();
    }
  }

  async #start(): Promise<void> {
    const { command, startWithinMs = START_WITHIN_MS } = this.#options;
    const { places } = this.#opened;
    const { signal } = this.#givesUp;
    await untilAborted(signal, Promise.all([this.#servers.listening(), waitForWrite(places, startWithinMs, signal)]));
    if (command.sample) await untilAborted(signal, this.#plant());
    signal.throwIfAborted();
    this.#state = 'works';
  }

  async #plant(): Promise<void> {
    const { readSample, stderr } = this.#options;
    try {
      const planted = await plantSample(this.#opened.places, await readSample());
      if (!planted) stderr('zooscope: the sample tree was planted before\n');
    } catch (error) {
      if (!(error instanceof ZooError) || this.#givesUp.signal.aborted) throw error;
      stderr(`zooscope: the sample tree could not be planted: ${error.message}\n`);
    }
  }

  #tellReady(): void {
    const { command, stdout, stderr } = this.#options;
    const { shape, places } = this.#opened;
    if (command.json) {
      stdout(jsonLine(this.#servers, this.#engine.name));
      return;
    }
    stderr(peopleLines(this.#servers, shape, this.#engine.name, this.#directory));
    stdout(`${connectStringOf(places)}\n`);
  }

  #ended(end: ServerEnd): void {
    if (this.#state === 'stopping' || this.#options.signal.aborted) return;
    if (this.#state === 'starting') {
      this.#firstEnd ??= end;
      this.#givesUp.abort();
      return;
    }
    this.#options.stderr(`zooscope: ${endText(end, this.#servers, this.#opened.shape)}\n`);
    if (this.#servers.running() === 0) this.#tellNoneLeft();
  }

  #failedStart(end: ServerEnd): number {
    this.#options.stderr(`zooscope: ${startFailure(end)}\n`);
    return end.exit.code === EXIT_USAGE ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** The work's result. @throws the signal's reason, should it come first */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  // Both may fail; what fails second is of no interest.
  work.catch(() => undefined);
  await Promise.race([work, aborted(signal)]);
  signal.throwIfAborted();
  return work;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
