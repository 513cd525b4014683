/**
 * Keeps the table of layers in ARCHITECTURE.md equal to layers.mjs. In: `--root DIR`, `--check`.
 * Out: the text between the two markers rewritten; with `--check`, exit code 1 when it would change.
 * Must hold: nothing outside the markers is touched.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootFromArguments, report, textOf } from './lib/sources.mjs';
import { zones } from './layers.mjs';

const DOCUMENT = 'ARCHITECTURE.md';
const BEGIN = '<!-- layers:begin -->';
const END = '<!-- layers:end -->';

/** The table as markdown. */
export function layersAsMarkdown() {
  const rows = zones.map((zone) => {
    const packages = [...(zone.node ? ['node:*'] : []), ...zone.packages].map((name) => `\`${name}\``);
    const cells = [`\`${zone.at}\``, zone.imports.map(edgeText).join(', '), packages.join(', '), zone.pure ? 'yes' : ''];
    return `| ${cells.map((cell) => cell || '-').join(' | ')} |`;
  });
  return [
    'Written by `npm run layers-doc` from `scripts/layers.mjs`. What is not listed is forbidden.',
    '',
    '| files | may import | packages | pure |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** @param {import('./layers.mjs').Edge} edge */
function edgeText(edge) {
  const notes = [...edge.files.map((file) => `\`${file.slice(file.lastIndexOf('/') + 1)}\` only`), ...(edge.types ? ['types'] : [])];
  return notes.length > 0 ? `${edge.to} (${notes.join(', ')})` : edge.to;
}

/**
 * @param {string} text  the document
 * @returns {string | undefined} the document with today's table, or undefined when the markers are missing
 */
function withTable(text) {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) return undefined;
  return `${text.slice(0, begin + BEGIN.length)}\n${layersAsMarkdown()}\n${text.slice(end)}`;
}

/** @param {string} root @param {boolean} checkOnly @returns {string[]} */
export function updateDocument(root, checkOnly) {
  if (!existsSync(join(root, DOCUMENT))) return [`${DOCUMENT}: missing`];
  const text = textOf(root, DOCUMENT);
  const wanted = withTable(text);
  if (wanted === undefined) return [`${DOCUMENT}: the markers ${BEGIN} and ${END} are missing`];
  if (wanted === text) return [];
  if (checkOnly) return [`${DOCUMENT}: the table of layers is out of date: npm run layers-doc`];
  writeFileSync(join(root, DOCUMENT), wanted);
  return [];
}

if (process.argv[1] === import.meta.filename) {
  report('layers-doc', updateDocument(rootFromArguments(), process.argv.includes('--check')), `${DOCUMENT} is up to date`);
}
