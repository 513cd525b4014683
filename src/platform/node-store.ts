/**
 * JSON documents as files.
 * Must hold: after a crash at any moment there is the old document or the new one; saves of one store come one
 * after the other; nobody else on the machine can read them.
 */

import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store, Stored } from '../services/ports.ts';
import { makeDirectory } from './make-directory.ts';

const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
const NAMES_TRIED_MAX = 10_000;
/** On Windows a scanner may hold a file open for a moment. */
const RENAME_TRIES = 6;
const RENAME_PAUSE_MS = 25;

/**
 * A store in one file, made with the first save.
 *
 * @param file absolute; its directory is made when it is missing
 */
export function nodeStore(file: string): Store {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    load: () => inTurn(() => load(file)),
    save: (value) => inTurn(() => replaceFile(file, `${JSON.stringify(value, null, 2)}\n`)),
    setAside: () => inTurn(() => setAside(file)),
  };
}

async function load(file: string): Promise<Stored> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'none' };
    return { kind: 'damaged', reason: error instanceof Error ? error.message : String(error) };
  }
  try {
    return { kind: 'document', value: JSON.parse(text) as unknown };
  } catch (error) {
    return { kind: 'damaged', reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Puts a file in the place of another as a whole, readable by its owner only.
 *
 * @throws the system's error (ENOSPC, EACCES, ...); the old file is then as it was
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const directory = dirname(file);
  await makeDirectory(directory, OWNER_ONLY_DIRECTORY);
  const fresh = `${file}.new-${process.pid}`;
  try {
    const handle = await open(fresh, 'w', OWNER_ONLY);
    try {
      await handle.writeFile(text, 'utf8');
      // The bytes before the name: else a crash may leave the new name with nothing behind it.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renamePatiently(fresh, file);
  } catch (error) {
    // What went wrong first is what matters.
    await rm(fresh, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(directory);
}

async function renamePatiently(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (tries >= RENAME_TRIES || !['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error))) throw error;
      await delay(RENAME_PAUSE_MS * tries);
    }
  }
}

/** Makes a rename last. Windows cannot open directories, and needs no such thing. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Moves the file to the first free name `<file>-<n>.bad`. */
async function setAside(file: string): Promise<string> {
  for (let n = 1; n <= NAMES_TRIED_MAX; n++) {
    const place = `${file}-${n}.bad`;
    try {
      // Taking the name first: rename would replace what is already there.
      const handle = await open(place, 'wx', OWNER_ONLY);
      await handle.close();
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      throw error;
    }
    try {
      await renamePatiently(file, place);
    } catch (error) {
      await rm(place, { force: true });
      throw error;
    }
    return place;
  }
  throw new RangeError(`${file}: ${NAMES_TRIED_MAX} damaged files are kept already`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
