/** The entry of the `zooscope` command. */

import { runCli } from './run.ts';

process.exitCode = await runCli(process.argv.slice(2));
// Nothing that was left open may keep a command that has ended.
process.exit();
