/**
 * What is written down beside a server while it runs, so that a later start of the app finds it again. Must hold: a
 * process counts as that server only when it is the very one that was started: same number, same time of start, and its
 * command names the server's configuration. One that is just ending has no command any more, but its ports still.
 */

import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../node-store.ts';
import { processFacts, type ProcessFacts } from '../process-facts.ts';

export interface RunningRecord {
  readonly pid: number;
  /** As processFacts says. */
  readonly started: string;
  /** That it was started to listen on. */
  readonly clientPort: number;
}

/** A server that runs, with what the system says of its process now. */
export interface FoundServer extends RunningRecord {
  readonly paused: boolean;
}

const NAME = 'running.json';

/**
 * Writes down a process that was started a moment ago.
 *
 * @param configFile of the server, absolute
 * @returns false when the system does not tell enough to find it again
 * @throws the system's error when it cannot be written
 */
export async function writeRunning(configFile: string, pid: number, clientPort: number): Promise<RunningRecord | null> {
  const facts = await processFacts(pid);
  if (facts === null) return null;
  const record: RunningRecord = { pid, started: facts.started, clientPort };
  await replaceFile(fileOf(configFile), `${JSON.stringify(record)}\n`);
  return record;
}

/** Forgets a process that has ended; another one's record stays. */
export async function forgetRunning(configFile: string, pid: number): Promise<void> {
  if ((await readRecord(configFile))?.pid === pid) await rm(fileOf(configFile), { force: true });
}

/** The server of a configuration, if the process that was written down still is one. */
export async function findRunning(configFile: string): Promise<FoundServer | null> {
  const record = await readRecord(configFile);
  const facts = record === null ? null : await factsOf(configFile, record);
  return record === null || facts === null ? null : { ...record, paused: facts.paused };
}

/** Whether the process of a record is still there, and still that server. */
export async function isRunning(configFile: string, record: RunningRecord): Promise<boolean> {
  return (await factsOf(configFile, record)) !== null;
}

async function factsOf(configFile: string, { pid, started }: RunningRecord): Promise<ProcessFacts | null> {
  const facts = await processFacts(pid);
  const isIt = facts?.started === started && (facts.command.includes(configFile) || facts.command === '');
  return isIt ? facts : null;
}

async function readRecord(configFile: string): Promise<RunningRecord | null> {
  try {
    const value: unknown = JSON.parse(await readFile(fileOf(configFile), 'utf8'));
    const { pid, started, clientPort } = value as Partial<RunningRecord>;
    return typeof pid === 'number' && typeof started === 'string' && typeof clientPort === 'number' ? { pid, started, clientPort } : null;
  } catch {
    return null;
  }
}

const fileOf = (configFile: string): string => join(dirname(configFile), NAME);
