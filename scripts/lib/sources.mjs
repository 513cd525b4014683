/**
 * The sources on disk. In: a repository root. Out: paths relative to it with forward slashes, and parsed scripts.
 * Must hold: a `.vue` file yields each of its script blocks, with line numbers of the whole file.
 */
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parse } from 'vue/compiler-sfc';

/**
 * @typedef {object} Script
 * @property {ts.SourceFile} ast
 * @property {number} firstLine  line of the whole file on which the script's text begins, from 1
 */

/**
 * Every file below `folder`, sorted.
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
export function filesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    })
    .sort();
}

/** @param {string} file */
export const isSource = (file) => /\.(ts|mts|cts|tsx|js|mjs|cjs|jsx|vue)$/.test(file);

/**
 * @param {string} root
 * @param {string} file
 */
export const textOf = (root, file) => readFileSync(join(root, file), 'utf8');

/**
 * The scripts of a source file: one, or those of a `.vue` file.
 * @param {string} file
 * @param {string} text
 * @returns {Script[]}
 */
export function scriptsOf(file, text) {
  if (!file.endsWith('.vue')) return [{ ast: astOf(file, text), firstLine: 1 }];
  const { descriptor } = parse(text, { filename: file, sourceMap: false });
  return [descriptor.script, descriptor.scriptSetup].flatMap((block) =>
    block ? [{ ast: astOf(`${file}.ts`, block.content), firstLine: block.loc.start.line }] : [],
  );
}

/** @param {string} file @param {string} text */
const astOf = (file, text) => ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

/**
 * @param {Script} script
 * @param {ts.Node} node
 * @returns {number} line of the whole file, from 1
 */
export function lineOf(script, node) {
  return script.ast.getLineAndCharacterOfPosition(node.getStart(script.ast)).line + script.firstLine;
}

/**
 * Calls `visit` for every node below `node`, itself included.
 * @param {ts.Node} node
 * @param {(node: ts.Node) => void} visit
 */
export function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/**
 * `--root DIR` or the repository this script is part of.
 * @returns {string}
 */
export function rootFromArguments() {
  const at = process.argv.indexOf('--root');
  return (at >= 0 ? process.argv[at + 1] : undefined) ?? join(import.meta.dirname, '..', '..');
}

/**
 * Prints problems and ends the process with 1, or says that all is well.
 * @param {string} check
 * @param {readonly string[]} problems
 * @param {string} wellSaid
 */
export function report(check, problems, wellSaid) {
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) console.log(`${check}: ${wellSaid}`);
  else console.error(`${check}: ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
