/**
 * The processes of an ensemble: started, watched, stopped. In: where each server is and how the engine starts it. Out:
 * their numbers, and the end of each as it comes. Must hold: every process is known to the guard before it can do anything.
 */

import { ProcessFailedError, spawnServerProcess, type ProcessExit, type StartedProcess } from '../../../platform/node-processes.ts';
import type { ProcessGuard } from '../../../platform/local-ensemble/guard.ts';
import type { ServerPlace } from '../../../platform/local-ensemble/layout.ts';
import type { Engine } from '../../local-ensemble/engines.ts';

export interface RunningServer {
  readonly place: ServerPlace;
  readonly pid: number;
}

export interface ServerEnd {
  readonly place: ServerPlace;
  readonly pid: number;
  readonly exit: ProcessExit;
}

export interface Servers {
  readonly all: readonly RunningServer[];
  /** How many of those that vote run. */
  voters(): number;
  running(): number;
  /** Resolves when each accepts connections of clients, which is when it has read its data; also when one ended. */
  listening(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServersOptions {
  readonly engine: Engine;
  readonly guard: ProcessGuard;
  readonly listenWithinMs: number;
  /** Each once, in the order in which they end; also of those that `stop` ends. */
  readonly onEnd: (end: ServerEnd) => void;
}

/** Starts them all. */
export function startServers(places: readonly ServerPlace[], options: ServersOptions): Servers {
  const live = new Map<number, StartedProcess>();
  const all = places.map((place) => start(place, live, options));
  return {
    all: all.map(({ place, process }) => ({ place, pid: process.pid })),
    voters: () => places.filter(({ id, observer }) => !observer && live.has(id)).length,
    running: () => live.size,
    async listening() {
      await Promise.all(all.map(({ process }) => process.listening().catch(onlyFailed)));
    },
    async stop() {
      await Promise.all([...live.values()].map((process) => process.stop()));
    },
  };
}

function start(place: ServerPlace, live: Map<number, StartedProcess>, options: ServersOptions): { place: ServerPlace; process: StartedProcess } {
  const { engine, guard, listenWithinMs, onEnd } = options;
  const process = spawnServerProcess(
    {
      command: engine.command, args: engine.argsFor(place.configFile), cwd: place.directory,
      logFile: place.logFile, port: place.clientPort, listenWithinMs, ownGroup: true,
    },
    (exit) => {
      guard.remove(process.pid);
      live.delete(place.id);
      onEnd({ place, pid: process.pid, exit });
    },
  );
  guard.add(process.pid);
  if (engine.waitsForLine) process.tell('go');
  live.set(place.id, process);
  return { place, process };
}

/** Its end is told where all ends are. */
function onlyFailed(error: unknown): void {
  if (!(error instanceof ProcessFailedError)) throw error;
}
