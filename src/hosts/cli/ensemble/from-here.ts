/** The launcher in this process: its files, its surroundings, its text routines. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installNodeText } from '../../../platform/node-text.ts';
import type { AppFiles } from '../../app-files.ts';
import { apacheEngine, embeddedEngine } from '../../local-ensemble/engines.ts';
import { guardOf } from '../../local-ensemble/guard-command.ts';
import { runEnsemble, type RunEnsembleOptions } from './run-ensemble.ts';

export interface FromHereOptions extends Pick<RunEnsembleOptions, 'command' | 'stdout' | 'stderr' | 'signal'> {
  readonly files: AppFiles;
  readonly dataDirectory: string;
}

/** Runs it to its end. @returns the exit code */
export function ensembleFromHere(options: FromHereOptions): Promise<number> {
  const { command, files, dataDirectory } = options;
  installNodeText();
  const { env, platform, execPath } = process;
  return runEnsemble({
    ...options,
    usualDirectory: join(dataDirectory, 'ensembles'),
    findEngine: () => (command.engine === 'apache'
      ? apacheEngine({ env, platform }, command.zookeeper)
      : Promise.resolve(embeddedEngine(execPath, files.serverEntry))),
    guard: guardOf(files.cliEntry),
    readSample: () => readFile(join(files.resources, 'sample-tree.json'), 'utf8'),
  });
}
