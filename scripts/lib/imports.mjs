/**
 * What a script imports. In: a parsed script. Out: its imports with kind and line, and ways of importing that
 * a tool cannot follow. Must hold: `import { type X }` counts as a value import, since it still loads the module.
 */
import ts from 'typescript';
import { lineOf, walk } from './sources.mjs';

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {'value' | 'types' | 'lazy' | 'url'} kind
 * @property {number} line
 */

/**
 * @param {import('./sources.mjs').Script} script
 * @returns {{ imports: Import[], untraceable: { line: number, what: string }[] }}
 */
export function importsOf(script) {
  /** @type {Import[]} */
  const imports = [];
  /** @type {{ line: number, what: string }[]} */
  const untraceable = [];
  const references = [...script.ast.referencedFiles, ...script.ast.typeReferenceDirectives, ...script.ast.libReferenceDirectives];
  for (const reference of references) {
    untraceable.push({ line: script.firstLine, what: `/// <reference> to ${reference.fileName}: use an import` });
  }
  walk(script.ast, (node) => {
    const found = importAt(node);
    if (!found) return;
    const line = lineOf(script, node);
    if ('what' in found) untraceable.push({ line, what: found.what });
    else imports.push({ ...found, line });
  });
  return { imports, untraceable };
}

/**
 * @param {ts.Node} node
 * @returns {{ specifier: string, kind: Import['kind'] } | { what: string } | undefined}
 */
function importAt(node) {
  if (ts.isImportDeclaration(node)) return literal(node.moduleSpecifier, isTypesOnly(node) ? 'types' : 'value');
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    return literal(node.moduleSpecifier, node.isTypeOnly ? 'types' : 'value');
  }
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal, 'types') : { what: 'import type of no literal' };
  }
  if (ts.isImportEqualsDeclaration(node)) return { what: 'import = : use an import declaration' };
  if (ts.isMetaProperty(node)) return globAt(node);
  if (ts.isCallExpression(node)) return callAt(node);
  if (ts.isNewExpression(node)) return urlAt(node);
  return undefined;
}

/** @param {ts.ImportDeclaration} node */
const isTypesOnly = (node) => node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

/** @param {ts.Node} node @param {Import['kind']} kind */
const literal = (node, kind) =>
  ts.isStringLiteralLike(node) ? { specifier: node.text, kind } : { what: 'import of something that is no literal' };

/** @param {ts.CallExpression} node */
function callAt(node) {
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const argument = node.arguments[0];
    return argument ? literal(argument, 'lazy') : undefined;
  }
  if (ts.isIdentifier(node.expression) && /^(require|createRequire)$/.test(node.expression.text)) {
    return { what: `${node.expression.text}(): use an import` };
  }
  return undefined;
}

/** `import.meta.glob(...)` reads files no reader of the imports sees. @param {ts.MetaProperty} node */
function globAt(node) {
  const access = node.parent;
  const isGlob = ts.isPropertyAccessExpression(access) && access.name.text === 'glob';
  return isGlob ? { what: 'import.meta.glob: name the files' } : undefined;
}

/** `new URL('./worker.ts', import.meta.url)` is an edge too. @param {ts.NewExpression} node */
function urlAt(node) {
  const first = node.arguments?.[0];
  const second = node.arguments?.[1];
  if (!first || !second || !ts.isIdentifier(node.expression) || node.expression.text !== 'URL') return undefined;
  if (!ts.isStringLiteralLike(first) || second.getText() !== 'import.meta.url') return undefined;
  return /^\.{1,2}\/.*\.(ts|vue)$/.test(first.text) ? literal(first, 'url') : undefined;
}
