/** A folder of append logs. */

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../model/errors.ts';
import type { LogFolder } from '../../services/ports.ts';
import { fileAppendLog } from './append-log.ts';
import { fileFailure, systemCode } from './file-failure.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9.-]*$/;

/** The logs of a folder; it is made with the first one. @param folder absolute */
export function nodeLogFolder(folder: string): LogFolder {
  const fileOf = (name: string): string => {
    if (!NAME.test(name)) throw new UsageError('FileFailed', `${name}: no name for a log`);
    return join(folder, name);
  };
  return {
    log: (name) => fileAppendLog(fileOf(name)),
    async names() {
      try {
        return (await readdir(folder)).filter((name) => NAME.test(name)).sort();
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return [];
        throw fileFailure(folder, error);
      }
    },
    async remove(name) {
      const file = fileOf(name);
      await rm(file, { force: true }).catch((error: unknown) => {
        throw fileFailure(file, error);
      });
    },
  };
}
