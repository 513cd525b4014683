/** How the guard of local servers is started: the `zooscope` command with a word that is not for people. */

import type { GuardCommand } from '../../platform/local-ensemble/guard.ts';

/** Behind it is the guard's own program (platform/local-ensemble/guard.ts). */
export const GUARD_WORD = 'ensemble-guard';

/**
 * The command.
 *
 * @param cliEntry the built `zooscope` command
 * @param env what makes this program a plain Node, where it is Electron
 */
export function guardOf(cliEntry: string, env: Readonly<Record<string, string>> = {}): GuardCommand {
  return { command: process.execPath, args: [cliEntry, GUARD_WORD], env };
}
