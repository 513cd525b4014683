/** The command line of a server: `[-D name=value]... [--exit-with-parent] <zoo.cfg>`. */

import { UsageError } from '../../model/errors.ts';

export interface ServerCommandLine {
  readonly configFile: string;
  /** What Apache's server takes as Java system properties. */
  readonly defines: ReadonlyMap<string, string>;
  /** Stop when standard input or the IPC channel to the parent closes. */
  readonly exitWithParent: boolean;
}

export const USAGE = 'usage: server [-D name=value]... [--exit-with-parent] <zoo.cfg>';

/**
 * Reads the arguments.
 *
 * @returns null when help is asked for
 * @throws UsageError one line about what is wrong
 */
export function readServerCommandLine(argv: readonly string[]): ServerCommandLine | null {
  const defines = new Map<string, string>();
  const files: string[] = [];
  let exitWithParent = false;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    if (argument === '--help' || argument === '-h') return null;
    if (argument === '--exit-with-parent') {
      exitWithParent = true;
    } else if (argument === '-D') {
      i++;
      define(defines, argv[i] ?? '');
    } else if (argument.startsWith('-D')) {
      define(defines, argument.slice(2));
    } else if (argument.startsWith('-') && argument !== '-') {
      throw new UsageError('BadOption', `unknown option ${argument}; ${USAGE}`);
    } else {
      files.push(argument);
    }
  }
  const [configFile, ...more] = files;
  if (configFile === undefined) throw new UsageError('BadOption', `no configuration file given; ${USAGE}`);
  if (more.length > 0) throw new UsageError('BadOption', `one configuration file is needed, not ${files.length}; ${USAGE}`);
  return { configFile, defines, exitWithParent };
}

/** As java does: without a value it is empty. */
function define(defines: Map<string, string>, text: string): void {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  if (name === '') throw new UsageError('BadOption', `-D needs name=value; ${USAGE}`);
  defines.set(name, at < 0 ? '' : text.slice(at + 1));
}
