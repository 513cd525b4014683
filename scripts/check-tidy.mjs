/**
 * Small rules of the sources that no type checker knows. In: `--root DIR` (this repository when absent).
 * Out: one line per problem and exit code 1, or one line that all is well.
 * Must hold: an exception names a file or function that still needs it; one that no longer does fails too.
 */
import ts from 'typescript';
import { filesBelow, isSource, lineOf, report, rootFromArguments, scriptsOf, textOf, walk } from './lib/sources.mjs';
import { zoneOf } from './layers.mjs';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

/**
 * Files and functions that may be longer, each with its reason. Keep this short.
 * @type {readonly { file: string, function?: string, why: string }[]}
 */
export const exceptions = [];

/**
 * @typedef {object} Finding
 * @property {string} file
 * @property {number} line
 * @property {string} what
 * @property {string | undefined} exception  key under which an exception may be listed
 */

/** @param {string} root */
export function checkTidy(root) {
  const files = filesBelow(root, 'src').filter(isSource);
  const findings = files.flatMap((file) => findingsIn(file, textOf(root, file)));
  const excepted = new Map(exceptions.map((entry) => [keyOf(entry.file, entry.function), entry]));
  const used = new Set();
  const problems = findings.flatMap(({ file, line, what, exception }) => {
    if (exception === undefined || !excepted.has(exception)) return [`${file}:${line}: ${what}`];
    used.add(exception);
    return [];
  });
  for (const key of excepted.keys()) {
    if (files.length > 0 && !used.has(key)) problems.push(`${key}: this exception is no longer needed`);
  }
  if (files.length === 0) problems.push(`src/: no source file below ${root}`);
  return { problems, files: files.length };
}

/** @param {string} file @param {string | undefined} name */
const keyOf = (file, name) => (name === undefined ? file : `${file}#${name}`);

/**
 * @param {string} file
 * @param {string} text
 * @returns {Finding[]}
 */
function findingsIn(file, text) {
  /** @type {Finding[]} */
  const findings = [];
  /** @param {number} line @param {string} what @param {string} [exception] */
  const add = (line, what, exception) => findings.push({ file, line, what, exception });

  const lines = text.split('\n');
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (count > FILE_LINES_MAX) add(1, `${count} lines, at most ${FILE_LINES_MAX}`, file);
  lines.forEach((line, index) => {
    const left = /\b(TODO|FIXME|XXX)\b/.exec(line);
    if (left) add(index + 1, `${left[0]} left`);
  });
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (!isTidyName(name)) add(1, 'file names are kebab-case.ts, Vue components PascalCase.vue');
  for (const script of scriptsOf(file, text)) {
    walk(script.ast, (node) => {
      const what = syntaxFault(file, node);
      if (what) add(lineOf(script, node), what);
      const length = ts.isFunctionLike(node) && 'body' in node && node.body ? linesOf(script, node) : 0;
      if (length <= FUNCTION_LINES_MAX) return;
      const called = nameOf(node);
      add(lineOf(script, node), `function ${called} has ${length} lines, at most ${FUNCTION_LINES_MAX}`, keyOf(file, called));
    });
  }
  return findings;
}

/** @param {string} name */
const isTidyName = (name) =>
  name.endsWith('.vue') ? /^([A-Z][a-z0-9]*)+\.vue$/.test(name) : /^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(name);

/**
 * @param {string} file
 * @param {ts.Node} node
 * @returns {string | undefined}
 */
function syntaxFault(file, node) {
  if (ts.isEnumDeclaration(node)) return 'enum: use an `as const` object';
  if (ts.isExportAssignment(node) && !file.endsWith('.vue')) return 'default export: export a name';
  if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) {
    return 'default export: export a name';
  }
  if (ts.isExportSpecifier(node) && node.name.text === 'default') return 'default export: export a name';
  return zoneOf(file)?.pure ? impurity(node) : undefined;
}

/** @param {ts.Node} node */
function impurity(node) {
  if (!ts.isIdentifier(node)) return undefined;
  const { parent, text } = node;
  const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
  if (isMember && text === 'random' && parent.expression.getText() === 'Math') return 'Math.random: take a Random';
  const isName = isMember || ((ts.isPropertyAssignment(parent) || ts.isTypeElement(parent) || ts.isClassElement(parent)) && parent.name === node);
  return text === 'Date' && !isName ? 'Date: take a Clock' : undefined;
}

/**
 * @param {import('./lib/sources.mjs').Script} script
 * @param {ts.Node} node
 */
function linesOf(script, node) {
  return script.ast.getLineAndCharacterOfPosition(node.end).line + script.firstLine - lineOf(script, node) + 1;
}

/**
 * The name a reader would give a function: its own, or that of what it is assigned to or passed to.
 * @param {ts.Node} node
 * @returns {string}
 */
function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if ('name' in node && node.name) return /** @type {ts.Node} */ (node.name).getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) {
    return parent.name.getText();
  }
  return ts.isCallExpression(parent) ? `in ${parent.expression.getText()}()` : '(anonymous)';
}

if (process.argv[1] === import.meta.filename) {
  const { problems, files } = checkTidy(rootFromArguments());
  report('tidy', problems, `${files} files`);
}
