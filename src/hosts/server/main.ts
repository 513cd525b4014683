/** The entry of one embedded server process: `node out/main/server.js ... <zoo.cfg>`. */

import { serverMain } from './server-main.ts';

// What is still open (a snapshot being written, a lingering socket) must not keep a stopped server alive.
process.exit(await serverMain(process.argv.slice(2)));
