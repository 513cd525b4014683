/**
 * Holds the sources to the allow-list in layers.mjs. In: `--root DIR` (this repository when absent).
 * Out: one line per problem and exit code 1, or one line that all is well.
 * Must hold: a file no row covers, an import no row lists, a cycle of any length (types included) and an import
 * that cannot be followed all fail.
 */
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { cyclesIn } from './lib/cycles.mjs';
import { importsOf } from './lib/imports.mjs';
import { filesBelow, isSource, report, rootFromArguments, scriptsOf, textOf } from './lib/sources.mjs';
import { layerOf, layers, zoneOf, zones } from './layers.mjs';

export { zones } from './layers.mjs';

/** @typedef {import('./lib/imports.mjs').Import} Import */
/** @typedef {import('./layers.mjs').Zone} Zone */

/**
 * @param {string} root
 * @returns {{ problems: string[], files: number, edges: number }}
 */
export function checkLayers(root) {
  /** @type {string[]} */
  const problems = [];
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  const files = filesBelow(root, 'src').filter(isSource);
  if (files.length === 0) problems.push(`src/: no source file below ${root}`);
  for (const file of files) {
    const zone = zoneOf(file);
    if (!zone) problems.push(`${file}: no row of scripts/layers.mjs covers this file`);
    if (!/\.(ts|vue)$/.test(file)) problems.push(`${file}: sources are .ts or .vue`);
    graph.set(file, checkFile(root, file, zone, problems));
  }
  for (const cycle of cyclesIn(graph)) problems.push(`import cycle: ${cycle.join(' -> ')}`);
  problems.push(...checkReferences(root));
  const edges = [...graph.values()].reduce((sum, targets) => sum + targets.length, 0);
  return { problems, files: files.length, edges };
}

/**
 * @param {string} root
 * @param {string} file
 * @param {Zone | undefined} zone
 * @param {string[]} problems  appended to
 * @returns {string[]} the files it imports
 */
function checkFile(root, file, zone, problems) {
  const text = textOf(root, file);
  /** @type {Set<string>} */
  const targets = new Set();
  if (file.endsWith('.vue') && /<script[^>]*\ssrc=/.test(text)) problems.push(`${file}: <script src> hides an import`);
  for (const script of scriptsOf(file, text)) {
    const { imports, untraceable } = importsOf(script);
    for (const { line, what } of untraceable) problems.push(`${file}:${line}: ${what}`);
    for (const found of imports) {
      const where = `${file}:${found.line}`;
      const target = found.specifier.startsWith('.') ? resolve(file, found.specifier) : undefined;
      if (target && existsSync(join(root, target))) targets.add(target);
      const fault = zone ? faultOf(root, zone, found, target) : undefined;
      if (fault) problems.push(`${where}: ${fault}`);
    }
  }
  return [...targets];
}

/** @param {string} file @param {string} specifier */
const resolve = (file, specifier) => posix.join(posix.dirname(file), specifier.replace(/\?.*$/, ''));

/**
 * What is wrong with an import, or undefined.
 * @param {string} root
 * @param {Zone} zone
 * @param {Import} found
 * @param {string | undefined} target  set when the import is relative
 * @returns {string | undefined}
 */
function faultOf(root, zone, found, target) {
  const { specifier, kind } = found;
  if (kind === 'lazy' && !zone.lazy) return `${zone.name} may not use import('${specifier}')`;
  if (target === undefined) return packageFault(zone, specifier);
  if (!existsSync(join(root, target))) return `'${specifier}' is no file (imports carry their .ts extension)`;
  const to = zoneOf(target);
  if (!to) return `${zone.name} may not import ${target}, which no row covers`;
  if (to === zone) return undefined;
  const edges = zone.imports.filter((edge) => edge.to === to.name);
  if (edges.length === 0) return `${zone.name} may not import ${to.name} ('${specifier}')`;
  const fitting = edges.filter((edge) => edge.files.length === 0 || edge.files.includes(target));
  if (fitting.length === 0) {
    return `${zone.name} may import of ${to.name} only ${edges.flatMap((edge) => edge.files).join(', ')}`;
  }
  if (kind !== 'types' && fitting.every((edge) => edge.types)) {
    return `${zone.name} may import only types of ${to.name}: use 'import type' ('${specifier}')`;
  }
  return undefined;
}

/** @param {Zone} zone @param {string} specifier */
function packageFault(zone, specifier) {
  if (specifier.startsWith('node:')) return zone.node ? undefined : `${zone.name} may not import ${specifier}`;
  if (isBuiltin(specifier)) return `'${specifier}' is Node's: write node:${specifier}, where it is allowed`;
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return zone.packages.includes(name) ? undefined : `${zone.name} may not import the package ${name}`;
}

/**
 * The references of each layer's tsconfig.json are the layers its rows list, no more and no fewer.
 * @param {string} root
 * @returns {string[]}
 */
function checkReferences(root) {
  return layers.flatMap((layer) => {
    const file = `src/${layer}/tsconfig.json`;
    if (!existsSync(join(root, file))) return [];
    /** @type {{ references?: { path: string }[] }} */
    const config = ts.parseConfigFileTextToJson(file, textOf(root, file)).config;
    const listed = (config.references ?? []).map(({ path }) => path.replace(/^\.\.\//, '')).sort();
    const expected = layersBelow(layer).sort();
    return listed.join() === expected.join()
      ? []
      : [`${file}: references ${listed.join(', ') || 'nothing'}, the table says ${expected.join(', ') || 'nothing'}`];
  });
}

/** @param {string} layer */
function layersBelow(layer) {
  const edges = zones.filter((zone) => layerOf(zone.name) === layer).flatMap((zone) => zone.imports);
  return [...new Set(edges.map((edge) => layerOf(edge.to)))].filter((other) => other !== layer);
}

if (process.argv[1] === import.meta.filename) {
  const { problems, files, edges } = checkLayers(rootFromArguments());
  report('layers', problems, `${files} files, ${edges} imports, no cycle`);
}
