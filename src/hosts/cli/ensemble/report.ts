/** What the launcher says: to programs on standard output, to people on standard error. */

import type { EngineName } from '../../../contract/lab.ts';
import type { ProcessExit } from '../../../platform/node-processes.ts';
import { clientAddress, connectStringOf, shapeText, type EnsembleShape } from '../../../platform/local-ensemble/layout.ts';
import { logCause } from '../../../services/lab/log-cause.ts';
import type { RunningServer, ServerEnd, Servers } from './servers.ts';

/** One line of JSON. */
export function jsonLine(servers: Servers, engine: EngineName): string {
  const shown = servers.all.map(({ place, pid }) => ({ id: place.id, pid, client: clientAddress(place), config: place.configFile, engine }));
  return `${JSON.stringify({ connect: connectStringOf(servers.all.map(({ place }) => place)), servers: shown })}\n`;
}

/** The servers, a line each, for people. */
export function peopleLines(servers: Servers, shape: EnsembleShape, engine: EngineName, directory: string): string {
  const line = ({ place, pid }: RunningServer): string => `  ${place.id}  ${clientAddress(place)}  pid ${pid}${place.observer ? '  observer' : ''}\n`;
  return `zooscope: ${shapeText(shape)} (${engine}) in ${directory}; Ctrl-C stops ${servers.all.length === 1 ? 'it' : 'them'}\n${servers.all.map(line).join('')}`;
}

/** A server that ended before the ensemble worked. */
export function startFailure({ place, exit }: ServerEnd): string {
  return `server ${place.id} did not start: ${howText(exit)}${causeText(exit)}; its log: ${place.logFile}`;
}

/** A server that ended by itself afterwards, and what that means for the rest. */
export function endText({ place, pid, exit }: ServerEnd, servers: Servers, shape: EnsembleShape): string {
  const what = `server ${place.id} (pid ${pid}) ended by itself: ${howText(exit)}${causeText(exit)}; its log: ${place.logFile}`;
  const running = servers.running();
  if (running === 0) return `${what}. No server runs any more`;
  const rest = `${running} of ${shape.servers + shape.observers} run on, and it is not started again`;
  const quorum = servers.voters() * 2 > shape.servers ? '' : '; these are no majority, and serve nothing until others are started';
  return `${what}. ${rest}${quorum}`;
}

function howText({ code, signal }: ProcessExit): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
}

/** Nobody's log says why it was killed. */
function causeText({ signal, logTail }: ProcessExit): string {
  const cause = signal === null ? logCause(logTail) : null;
  return cause === null ? '' : `: ${cause}`;
}

/** Where an ensemble is when nobody says: one for each shape, so that another shape does not meet its files. */
export function usualName({ servers, observers }: EnsembleShape): string {
  return observers === 0 ? `servers-${servers}` : `servers-${servers}-observers-${observers}`;
}

/** Errors of the system, for a person: what was to be done, and the system's own words. */
export function systemText(directory: string, error: Error): string {
  return `${directory} cannot be used: ${error.message}`;
}

