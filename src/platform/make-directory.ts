/** Makes a directory with all that leads to it. */

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * As `mkdir` with `recursive` does, but ends where the system says that there is no such thing although there is
 * what should hold it, as below /proc: there Node's own tries for ever.
 *
 * @param path absolute
 * @param mode of each directory that is made
 * @throws the system's error
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(path);
    // Windows says EPERM of a drive, and a file system that cannot be written says EROFS, also where the directory is there.
    if (code !== 'ENOENT' && (await isDirectory(path))) return;
    if (code !== 'ENOENT' || parent === path || (await isDirectory(parent))) throw error;
    await makeDirectory(parent, mode);
    await makeDirectory(path, mode);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
