/** One run of the command line: reads it, does it, gives the exit code. */

import { homedir } from 'node:os';
import { UsageError } from '../../model/errors.ts';
import { dataDirectory } from '../../platform/data-directory.ts';
import { appFiles } from '../app-files.ts';
import { logLevelOf, streamLogger } from '../stream-logger.ts';
import { readCommandLine } from './command-line.ts';
import { thisMachine } from './machine.ts';
import { runOpen } from './open.ts';
import { runServe } from './serve.ts';

const EXIT_FAILED = 1;

/** @param argv without node and the script @returns the exit code, when everything has ended */
export async function runCli(argv: readonly string[]): Promise<number> {
  const files = appFiles(import.meta.dirname);
  const command = readCommandLine(argv, files.version, process.env);
  const stdout = (line: string): void => void process.stdout.write(line);
  const stderr = (line: string): void => void process.stderr.write(line);
  if (command.kind === 'end') {
    stdout(command.out);
    stderr(command.err);
    return command.exitCode;
  }
  if (command.kind === 'server') {
    // Its own signals, its own log: from here on this is that program.
    const { serverMain } = await import('../server/server-main.ts');
    return serverMain(command.argv);
  }
  if (command.kind === 'ensemble-guard') {
    const { guardMain } = await import('../../platform/local-ensemble/guard-main.ts');
    return guardMain(command.argv);
  }
  const { env, platform } = process;
  const home = dataDirectory({ env, platform, home: homedir() });
  const logger = streamLogger(stderr, logLevelOf(env['ZOOSCOPE_LOG']));
  try {
    if (command.kind === 'transfer') {
      const { transferFromHere } = await import('./transfer/from-here.ts');
      return await transferFromHere({ command, dataDirectory: home, logger, stdout, stderr });
    }
    if (command.kind === 'ensemble') {
      const { ensembleFromHere } = await import('./ensemble/from-here.ts');
      return await ensembleFromHere({ command, files, dataDirectory: home, stdout, stderr, signal: endSignal() });
    }
    const parts = { files, dataDirectory: home, logger, stdout, stderr, signal: endSignal() };
    return command.kind === 'open' ? await runOpen({ ...parts, machine: thisMachine() }) : await runServe({ ...parts, ...command });
  } catch (error) {
    if (!(error instanceof UsageError) && !isSystemError(error)) throw error;
    stderr(`zooscope: ${error.message}\n`);
    return EXIT_FAILED;
  }
}

/** Comes with the first signal to end; the second one ends the process at once. */
function endSignal(): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (abort.signal.aborted) process.exit(EXIT_FAILED);
      abort.abort();
    });
  }
  return abort.signal;
}

/** A full disk, a directory that may not be written: no bug, and its message is one line. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
