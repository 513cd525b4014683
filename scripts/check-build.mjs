/**
 * What the built entries load. In: out/ after a build. Out: one line per problem and exit code 1, or one line.
 * Must hold: the command and the server process run on plain Node without node_modules, so nothing they reach
 * imports a package, least of all `electron`; only the Electron entry and the preload may import that one.
 */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { importsOf } from './lib/imports.mjs';
import { report, rootFromArguments, scriptsOf, textOf } from './lib/sources.mjs';

/** @type {Readonly<Record<string, readonly string[]>>} entry -> packages it may import */
const entries = { 'out/main/cli.js': [], 'out/main/server.js': [], 'out/main/main.js': ['electron'] };

/** @param {string} root @param {string} entry @param {readonly string[]} packages */
function problemsOf(root, entry, packages) {
  /** @type {string[]} */
  const problems = [];
  const reached = new Set([entry]);
  for (const file of reached) {
    if (!existsSync(join(root, file))) {
      problems.push(`${file}: missing`);
      continue;
    }
    for (const script of scriptsOf(file, textOf(root, file))) {
      for (const { specifier } of importsOf(script).imports) {
        if (specifier.startsWith('.')) reached.add(posix.join(posix.dirname(file), specifier));
        else if (!specifier.startsWith('node:') && !packages.includes(specifier)) {
          problems.push(`${entry}: reaches ${file}, which imports ${specifier}`);
        }
      }
    }
  }
  return problems;
}

const root = rootFromArguments();
const missing = ['out/preload/preload.cjs', 'out/renderer/index.html'].filter((file) => !existsSync(join(root, file)));
report(
  'build',
  [...missing.map((file) => `${file}: missing`), ...Object.entries(entries).flatMap(([entry, packages]) => problemsOf(root, entry, packages))],
  `${Object.keys(entries).length} entries load nothing from node_modules`,
);
