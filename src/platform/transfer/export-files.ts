/** The exports on this machine: the folder where they go unless a person says otherwise, and files anywhere. */

import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { ExportFiles } from '../../services/ports.ts';
import { fileExportInput } from './export-input.ts';
import { fileExportOutput } from './export-output.ts';
import { fileFailure, systemCode } from './file-failure.ts';

/** What an export may be called; one that is not whole ends otherwise. */
const EXPORT_NAME = /\.(jsonl?|txt)(\.gz|\.zst)?$/i;

/**
 * @param folder absolute; made with the first export
 * @param choose the system's dialog, where the host has one
 */
export function nodeExportFiles(folder: string, choose?: ExportFiles['choose']): ExportFiles {
  return {
    folder,
    isAbsolute,
    input: fileExportInput,
    output: fileExportOutput,
    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return [];
        throw fileFailure(folder, error);
      });
      const found = await Promise.all(names.filter((name) => EXPORT_NAME.test(name)).map((name) => facts(join(folder, name))));
      return found.filter((file) => file !== null);
    },
    async bytes(file) {
      try {
        return (await stat(file)).size;
      } catch (error) {
        throw fileFailure(file, error);
      }
    },
    exists: (file) => stat(file).then(() => true, () => false),
    choose: choose ?? (() => Promise.resolve({ supported: false, file: null })),
  };
}

/** Null for what is no file, or went away meanwhile. */
async function facts(file: string): Promise<{ file: string; bytes: number; atMs: number } | null> {
  const found = await stat(file).catch(() => null);
  return found?.isFile() === true ? { file, bytes: found.size, atMs: found.mtimeMs } : null;
}
