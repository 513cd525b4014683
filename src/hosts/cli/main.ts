/** The entry of the `zooscope` command. */

import { runCli } from './run.ts';

// Whoever reads what we print may go away before we do.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2));
// Nothing that was left open may keep a command that has ended; but what it printed has to be out.
process.stdout.write('', () => process.exit());
