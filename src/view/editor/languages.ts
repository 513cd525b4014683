/**
 * Languages of our own for the editor: colours and brackets, no more. Monaco's JSON service is left out on purpose: it
 * brings a second worker and every feature of the editor with it, and what it checks is checked here already
 * (value/json-text.ts). Its `ini` takes digits inside the keys of Java properties for numbers.
 */

import type { Monaco } from './monaco-type.ts';

export function registerJson(monaco: Monaco): void {
  monaco.languages.register({ id: 'json' });
  monaco.languages.setLanguageConfiguration('json', {
    brackets: [
      ['{', '}'],
      ['[', ']'],
    ],
    wordPattern: /-?\d[\d.eE+-]*|[^\s"{}[\],:]+/,
    indentationRules: { increaseIndentPattern: /[{[][^}\]"']*$/, decreaseIndentPattern: /^\s*[}\]]/ },
  });
  monaco.languages.setMonarchTokensProvider('json', {
    defaultToken: '',
    tokenizer: {
      root: [
        [/"(?:[^"\\]|\\.)*"(?=\s*:)/, 'string.key'],
        [/"(?:[^"\\]|\\.)*"/, 'string.value'],
        [/"[^"]*$/, 'string.invalid'],
        [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, 'number'],
        [/\b(?:true|false|null)\b/, 'keyword'],
        [/[{}[\],:]/, 'delimiter'],
      ],
    },
  });
}

/** Java's properties files: a key ends at the first `=`, `:` or space; `#` and `!` begin comments. */
export function registerProperties(monaco: Monaco): void {
  monaco.languages.register({ id: 'properties' });
  monaco.languages.setLanguageConfiguration('properties', { comments: { lineComment: '#' } });
  monaco.languages.setMonarchTokensProvider('properties', {
    defaultToken: '',
    tokenizer: {
      root: [
        [/^\s*[#!].*$/, 'comment'],
        [/^(\s*)((?:[^\\=:\s]|\\.)+)(\s*[=:]?\s*)/, ['', 'key', 'delimiter']],
        [/\$\{[^}]*\}/, 'keyword'],
        [/\\(?:u[0-9a-fA-F]{4}|.|$)/, 'number'],
        [/[^\\$]+|\$/, 'string.value'],
      ],
    },
  });
}
