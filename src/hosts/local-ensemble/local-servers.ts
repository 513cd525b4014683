/**
 * Local servers as processes of their own, embedded or Apache's. A directory for each ensemble, laid out as `zooscope
 * ensemble` does it, so that either opens what the other made.
 * Must hold: servers of one directory are run by one process at a time, this one or a launcher; a server that is to end
 * with the app is known to the guard before it can do anything; one that stays is written down before.
 */

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { reason } from '../../contract/reasons.ts';
import { UsageError, ZooError } from '../../model/errors.ts';
import type { Surroundings } from '../../platform/apache/search.ts';
import { findJava } from '../../platform/apache/java.ts';
import { findZooKeeper } from '../../platform/apache/zookeeper.ts';
import { openEnsembleDirectory } from '../../platform/local-ensemble/directory.ts';
import { takeUpServer } from '../../platform/local-ensemble/found-server.ts';
import type { GuardCommand } from '../../platform/local-ensemble/guard.ts';
import { findRunning, forgetRunning, writeRunning } from '../../platform/local-ensemble/running-record.ts';
import { ProcessFailedError, spawnServerProcess, type ServerProcess, type StartedProcess } from '../../platform/node-processes.ts';
import { endReason } from '../../services/lab/end-reason.ts';
import type { LocalServerExit, LocalServerProcess, LocalServers, LocalServerStart } from '../../services/ports.ts';
import { createAppGuard, type AppGuard } from './app-guard.ts';
import { createDirectoryLocks } from './directory-locks.ts';
import { apacheEngine, lastingEngine, type Engine } from './engines.ts';
import { checkChosenPorts, checkPeerPorts, failed, filesOf, placeOf, placesOf, reasonOf, settledPort, type Place } from './places.ts';
import { readConfigFacts } from './read-config.ts';

export interface LocalServersOptions {
  /** Holds a directory for each ensemble. */
  readonly directory: string;
  /** Runs JavaScript: process.execPath. */
  readonly command: string;
  /** The built server entry. */
  readonly entry: string;
  /** What makes `command` a plain Node, where it is Electron. */
  readonly env?: Readonly<Record<string, string>>;
  readonly guard: GuardCommand;
  /** Holds the guard's lock. */
  readonly guardDirectory: string;
  /** process.env and process.platform, unless a test says otherwise. */
  readonly surroundings?: Surroundings;
  /** Called when servers would outlive a kill of the app. */
  readonly onGuardLost?: () => void;
}

const LAB_ID = /^[A-Za-z0-9]{1,64}$/;
const REMOVE_TRIES = 5;
/** A JVM on a busy machine takes its time. */
const LISTEN_WITHIN_MS = { embedded: 20_000, apache: 60_000 };

/** The local servers of one data directory. */
export function localServers(options: LocalServersOptions): LocalServers {
  return new OwnServers(options);
}

class OwnServers implements LocalServers {
  readonly #options: LocalServersOptions;
  readonly #surroundings: Surroundings;
  readonly #locks = createDirectoryLocks();
  readonly #guard: AppGuard;
  /** By configuration: the record of a process that has ended, until it is removed. */
  readonly #forgetting = new Map<string, Promise<void>>();

  constructor(options: LocalServersOptions) {
    this.#options = options;
    this.#surroundings = options.surroundings ?? { env: process.env, platform: process.platform };
    this.#guard = createAppGuard(options.guard, options.guardDirectory, options.onGuardLost ?? (() => undefined));
  }

  async create(labId: string, { servers, observers, clientPort }: Parameters<LocalServers['create']>[1]): Promise<{ dir: string }> {
    if (!LAB_ID.test(labId)) throw new UsageError('BadLabId', `not an id of a local server: ${labId}`);
    if (clientPort !== null) await checkChosenPorts(clientPort, servers + observers);
    const dir = join(this.#options.directory, labId);
    const isNew = !existsSync(dir);
    try {
      const ensemble = await openEnsembleDirectory({ directory: dir, servers, observers, clientPort: clientPort ?? 0, readConfig: readConfigFacts });
      await ensemble.write();
    } catch (error) {
      // Nobody would list what was made of it.
      if (isNew) await rm(dir, { recursive: true, force: true }).catch(() => undefined);
      if (error instanceof ZooError) throw error;
      const why = reasonOf(error);
      throw new UsageError('FileFailed', `the files of the local servers could not be made in ${dir}: ${why}`, reason('notMade', { dir, why }));
    }
    return { dir };
  }

  async read(dir: string): ReturnType<LocalServers['read']> {
    return (await placesOf(dir)).map(({ id, clientPort, observer }) => ({ id, clientPort, observer }));
  }

  async start(dir: string, id: number, how: LocalServerStart, onExit: (exit: LocalServerExit) => void): Promise<LocalServerProcess> {
    const place = await placeOf(dir, id);
    const release = await this.#locks.take(dir);
    try {
      if ((await findRunning(place.configFile)) !== null) throw failed(`server ${id} runs already, started by another program`, reason('runsAlready', { id }));
      const engine = await this.#engine(how);
      const clientPort = await settledPort(place, how.movesPort);
      await checkPeerPorts(place);
      const started = await this.#launch({ ...place, clientPort }, engine, how, (exit) => {
        release();
        onExit(exit);
      });
      await started.listening();
      return this.#handle(started, clientPort);
    } catch (error) {
      release();
      if (error instanceof ProcessFailedError) throw startFailed(id, how, error);
      throw error;
    }
  }

  async find(dir: string, id: number, stays: boolean, onExit: (exit: LocalServerExit) => void): ReturnType<LocalServers['find']> {
    const { configFile, logFile } = await placeOf(dir, id);
    if ((await findRunning(configFile)) === null) return null;
    // An app that was killed has a guard that may be about to end it.
    await this.#guard.alone();
    const found = await findRunning(configFile);
    if (found === null) return null;
    const release = await this.#locks.take(dir);
    const server = takeUpServer({ configFile, logFile }, found, (exit) => {
      this.#gone(configFile, found.pid);
      release();
      onExit(exit);
    });
    this.#guard.add(found.pid, stays);
    return { ...this.#handle(server, found.clientPort), paused: found.paused };
  }

  async files(dir: string, id: number): ReturnType<LocalServers['files']> {
    return filesOf(await placeOf(dir, id));
  }

  async findApache(zookeeper: string | null): ReturnType<LocalServers['findApache']> {
    const jars = findZooKeeper(this.#surroundings, zookeeper);
    const java = await findJava(this.#surroundings);
    return {
      java: java.found,
      javaLooked: [...java.looked],
      zookeeper: jars.found === null ? null : { folder: jars.found.folder, version: jars.found.version },
      zookeeperLooked: [...jars.looked],
    };
  }

  async remove(dir: string): Promise<void> {
    const own = resolve(dir);
    // What is removed for good is named by a stored document, which anything may have changed.
    if (dirname(own) !== resolve(this.#options.directory) || !LAB_ID.test(basename(own))) throw failed(`${dir} is not a directory that was made here`);
    if (!existsSync(own)) return;
    (await this.#locks.take(own))();
    await this.#locks.idle(own);
    await Promise.all(this.#forgetting.values());
    try {
      await rm(own, { recursive: true, maxRetries: REMOVE_TRIES });
    } catch (error) {
      throw failed(`${own} could not be removed: ${reasonOf(error)}`);
    }
  }

  close(): Promise<void> {
    return this.#guard.close();
  }

  async #engine({ engine, zookeeper }: LocalServerStart): Promise<Engine> {
    const { command, entry } = this.#options;
    if (engine === 'embedded') return lastingEngine(this.#surroundings.platform, command, entry);
    return apacheEngine(this.#surroundings, zookeeper);
  }

  /** The process, which does nothing before it is known to those who have to end it or to find it. */
  async #launch(place: Place, engine: Engine, { stays }: LocalServerStart, onExit: (exit: LocalServerExit) => void): Promise<StartedProcess> {
    const { configFile, directory, logFile, clientPort } = place;
    const { env = {} } = this.#options;
    // Elections and the like are few lines, and what a person who breaks servers wants to read.
    const logging = { ZOOSCOPE_LOG: this.#surroundings.env['ZOOSCOPE_LOG'] ?? 'info' };
    const command = {
      command: engine.command, args: engine.argsFor(configFile), cwd: directory, logFile, port: clientPort,
      listenWithinMs: LISTEN_WITHIN_MS[engine.name], ownGroup: true, outlives: true, env: { ...logging, ...env },
    };
    const started = spawnServerProcess(command, (exit) => {
      this.#gone(configFile, started.pid);
      onExit(exit);
    });
    if (started.pid === 0) return started;
    this.#guard.add(started.pid, stays);
    try {
      await this.#forgetting.get(configFile);
      await writeRunning(configFile, started.pid, clientPort);
    } catch (error) {
      await started.kill();
      throw failed(`${directory} cannot be written: ${reasonOf(error)}`);
    }
    if (engine.waitsForLine) started.tell('go');
    return started;
  }

  #gone(configFile: string, pid: number): void {
    this.#guard.remove(pid);
    // What is left behind means a process that is not there: it is not taken for one.
    const done = forgetRunning(configFile, pid).catch(() => undefined).finally(() => this.#forgetting.delete(configFile));
    this.#forgetting.set(configFile, done);
  }

  #handle(server: ServerProcess, clientPort: number): LocalServerProcess {
    const { pid } = server;
    const work = async (doing: Promise<void>): Promise<void> => {
      try {
        await doing;
      } catch (error) {
        throw error instanceof ProcessFailedError ? failed(error.message) : error;
      }
    };
    return {
      pid,
      clientPort,
      stop: () => work(server.stop()),
      kill: () => work(server.kill()),
      pause: () => work(server.pause()),
      resume: () => work(server.resume()),
      setStays: (stays) => this.#guard.setStays(pid, stays),
    };
  }
}

function startFailed(id: number, { engine }: LocalServerStart, { message, exit }: ProcessFailedError): UsageError {
  const seconds = LISTEN_WITHIN_MS[engine] / 1_000;
  const why = exit === null ? reason('startSilent', { id, seconds }) : endReason(id, exit, false).reason;
  return failed(`server ${id} did not start: ${message}`, why);
}
