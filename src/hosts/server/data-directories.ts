/** The directories of a server: made, locked, opened. */

import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import type { Storage } from '../../ensemble/log/storage.ts';
import { takeInstanceLock, type InstanceLock } from '../../platform/instance-lock.ts';
import { makeDirectory } from '../../platform/make-directory.ts';
import { nodeStorage } from '../../platform/node-storage.ts';

export interface DataDirectories {
  readonly snapshots: Storage;
  /** The same object as `snapshots` when both share a directory. */
  readonly logs: Storage;
  readonly snapshotDirectory: string;
  readonly logDirectory: string;
  release(): Promise<void>;
}

/** Where files lie below dataDir: the version of the format. */
const VERSION = 'version-2';

/**
 * Takes the directories for this process alone; two servers on one directory would ruin it.
 *
 * @throws UsageError one line, when one cannot be used or another server has it
 */
export async function openDataDirectories(dataDir: string, dataLogDir: string): Promise<DataDirectories> {
  const locks: InstanceLock[] = [];
  const release = async (): Promise<void> => {
    for (const lock of locks.splice(0)) await lock.release();
  };
  try {
    const data = await takeDirectory('dataDir', dataDir, locks);
    const sameDirectory = resolve(dataDir) === resolve(dataLogDir);
    const log = sameDirectory ? data : await takeDirectory('dataLogDir', dataLogDir, locks);
    const snapshots = await nodeStorage(data);
    return { snapshots, logs: log === data ? snapshots : await nodeStorage(log), snapshotDirectory: data, logDirectory: log, release };
  } catch (error) {
    await release();
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError('DataDir', `the data directory cannot be used: ${error.message}`);
  }
}

async function takeDirectory(key: string, directory: string, locks: InstanceLock[]): Promise<string> {
  try {
    await makeDirectory(directory);
    const real = await realpath(directory);
    const lock = await takeInstanceLock(real);
    if (lock === null) throw new UsageError('DataDirLocked', `${key}=${directory}: another server is using this directory`);
    locks.push(lock);
    return join(real, VERSION);
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError('DataDir', `${key}=${directory}: ${error.message}`);
  }
}
