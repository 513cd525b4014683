/**
 * The simulator of the ensemble as one plain program, so that many seeds run fast and on every core.
 * In: a folder to write to, and changes to the sources for planted faults. Out: the program's path.
 * Must hold: a change that no longer fits its source fails the build, so that no planted fault is quietly gone.
 */
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..', '..');
const ENTRY = 'test/sim/quorum/ensemble/main.ts';

/**
 * One place in a source file that is written differently.
 * @typedef {{ readonly file: string, readonly find: string, readonly replace: string }} Change
 */

/**
 * Sizes that no simulated ensemble comes up to, made small: a snapshot is written in many pieces while the tree changes,
 * and a leader's memory does not reach back far.
 * @type {readonly Change[]}
 */
const SMALL = [
  { file: 'src/ensemble/log/snapshot-writer.ts', find: 'const CHUNK_BYTES = 64 * 1024;', replace: 'const CHUNK_BYTES = 150;' },
  { file: 'src/ensemble/replication/leader/committed-log.ts', find: 'export const COMMIT_LOG_COUNT = 500;', replace: 'export const COMMIT_LOG_COUNT = 25;' },
];

/**
 * @param {string} outDir
 * @param {readonly Change[]} [planted]
 * @returns {Promise<string>} the program
 */
export async function buildSimulator(outDir, planted = []) {
  const changes = [...SMALL, ...planted];
  const done = new Set();
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [{ name: 'planted', enforce: 'pre', transform: (code, id) => changed(code, id, changes, done) }],
    build: {
      ssr: join(root, ENTRY), outDir, emptyOutDir: false, target: 'node20', minify: false,
      rollupOptions: { output: { entryFileNames: 'sim.mjs', codeSplitting: false } },
    },
  });
  for (const change of changes) if (!done.has(change)) throw new Error(`${change.file} is not part of the simulator`);
  return join(outDir, 'sim.mjs');
}

/** @param {string} code @param {string} id @param {readonly Change[]} changes @param {Set<Change>} done */
function changed(code, id, changes, done) {
  let text = code;
  for (const change of changes) {
    if (!id.endsWith(`/${change.file}`)) continue;
    const parts = text.split(change.find);
    if (parts.length !== 2) throw new Error(`${change.file} has ${parts.length - 1} times: ${change.find}`);
    text = parts.join(change.replace);
    done.add(change);
  }
  return text === code ? null : text;
}
