/** Notices that files with keys and certificates are replaced (client.certReload; FileChangeWatcher). */

import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Whoever replaces a key replaces its certificate in the next moment. */
const QUIET_MS = 200;

/**
 * Watches files through their directories, so that a file which is put in the place of another, or a link that is
 * turned to another directory, is noticed as well.
 *
 * @param onChange called after a change, once things are quiet again; never twice at the same time
 * @returns stops watching
 */
export function watchStores(files: readonly string[], onChange: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let working = Promise.resolve();
  let known = '';
  const look = async (): Promise<void> => {
    const now = await signature(files);
    if (stopped || now === known) return;
    known = now;
    await onChange();
  };
  const stir = (): void => {
    if (stopped) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      working = working.then(look);
    }, QUIET_MS);
  };
  working = signature(files).then((first) => {
    known = first;
  });
  const watchers = [...new Set(files.map((file) => dirname(resolve(file))))].map((directory): FSWatcher =>
    watch(directory, { persistent: false }, stir).on('error', () => undefined),
  );
  return () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

/** What changes with a file; a missing one counts as well. */
async function signature(files: readonly string[]): Promise<string> {
  const parts = await Promise.all(files.map((file) => stat(file).then(({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`, () => 'none')));
  return parts.join('|');
}
