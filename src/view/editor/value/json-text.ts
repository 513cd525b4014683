/**
 * JSON as text: judged, laid out and packed without being parsed into values, so that numbers of any length,
 * doubled keys and the order of members stay as they are (RFC 8259). In: text. Out: text, or where it is wrong.
 */

export type JsonFault = 'empty' | 'value' | 'string' | 'number' | 'colon' | 'comma' | 'key' | 'end' | 'trailing' | 'deep';

export interface TextProblem<Fault extends string> {
  readonly fault: Fault;
  /** Offset in UTF-16 units, and the same as line and column, both from 1. */
  readonly at: number;
  readonly line: number;
  readonly column: number;
}
export type JsonProblem = TextProblem<JsonFault>;

const DEPTH_MAX = 10_000;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

type Expected = 'value' | 'firstValue' | 'key' | 'firstKey' | 'colon' | 'next';

interface Token {
  readonly kind: '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'scalar' | 'end';
  readonly start: number;
  readonly end: number;
}

/** Why a text is no JSON, or null when it is. */
export function jsonProblem(text: string): JsonProblem | null {
  const fault = walk(text, () => undefined);
  return fault === null ? null : { ...fault, ...lineAndColumn(text, fault.at) };
}

/** The same JSON with two spaces of indent and \n; null when the text is no JSON. Tokens are copied, not rewritten. */
export function formatJson(text: string, lineBreak = '\n'): string | null {
  const out: string[] = [];
  let depth = 0;
  let before: Token['kind'] | null = null;
  const fault = walk(text, ({ kind, start, end }) => {
    const opens = kind === '{' || kind === '[';
    const closes = kind === '}' || kind === ']';
    if (closes) depth--;
    const afterOpen = before === '{' || before === '[';
    if (closes ? !afterOpen : afterOpen || before === ',') out.push(lineBreak, '  '.repeat(depth));
    if (before === ':') out.push(' ');
    out.push(text.slice(start, end));
    if (opens) depth++;
    before = kind;
  });
  return fault === null ? out.join('') : null;
}

/** The same JSON without space between tokens; null when the text is no JSON. */
export function minifyJson(text: string): string | null {
  const out: string[] = [];
  const fault = walk(text, ({ start, end }) => out.push(text.slice(start, end)));
  return fault === null ? out.join('') : null;
}

/** Goes over all tokens in order, checking the grammar with a stack of its own: deep nesting must not end the page. */
function walk(text: string, visit: (token: Token) => void): { fault: JsonFault; at: number } | null {
  const stack: ('{' | '[')[] = [];
  let expect: Expected = 'value' as Expected;
  let at = 0;
  for (;;) {
    const token = nextToken(text, at);
    const inside = stack.at(-1);
    if ('fault' in token) return { fault: (token.fault === 'value' ? misplaced('scalar', expect, inside) : null) ?? token.fault, at: token.at };
    if (token.kind === 'end') return endFault(text, token.start, stack.length, expect);
    const fault = misplaced(token.kind, expect, inside);
    if (fault !== null) return { fault, at: token.start };
    visit(token);
    at = token.end;
    switch (token.kind) {
      case '{':
      case '[':
        if (stack.length === DEPTH_MAX) return { fault: 'deep', at: token.start };
        stack.push(token.kind);
        expect = token.kind === '{' ? 'firstKey' : 'firstValue';
        break;
      case '}':
      case ']':
        stack.pop();
        expect = 'next';
        break;
      case ':':
        expect = 'value';
        break;
      case ',':
        expect = inside === '{' ? 'key' : 'value';
        break;
      default:
        expect = expect === 'key' || expect === 'firstKey' ? 'colon' : 'next';
    }
  }
}

function endFault(text: string, at: number, open: number, expect: Expected): { fault: JsonFault; at: number } | null {
  if (open === 0 && expect === 'next') return null;
  return { fault: text.trim() === '' ? 'empty' : 'end', at };
}

function misplaced(kind: Token['kind'], expect: Expected, inside: '{' | '[' | undefined): JsonFault | null {
  switch (expect) {
    case 'colon':
      return kind === ':' ? null : 'colon';
    case 'key':
    case 'firstKey':
      return kind === 'string' || (kind === '}' && expect === 'firstKey') ? null : 'key';
    case 'next':
      if (inside === undefined) return 'trailing';
      return kind === ',' || kind === (inside === '{' ? '}' : ']') ? null : 'comma';
    default:
      if (kind === ']' && expect === 'firstValue') return null;
      return kind === '{' || kind === '[' || kind === 'string' || kind === 'scalar' ? null : 'value';
  }
}

function nextToken(text: string, from: number): Token | { fault: JsonFault; at: number } {
  const start = matchEnd(SPACE, text, from);
  const char = text[start];
  if (char === undefined) return { kind: 'end', start, end: start };
  if ('{}[]:,'.includes(char)) return { kind: char as '{', start, end: start + 1 };
  const [pattern, kind, fault] =
    char === '"'
      ? ([STRING, 'string', 'string'] as const)
      : /[-\d]/.test(char)
        ? ([NUMBER, 'scalar', 'number'] as const)
        : ([WORD, 'scalar', 'value'] as const);
  const end = matchEnd(pattern, text, start);
  if (end === -1 || (kind === 'scalar' && /[\w.+-]/.test(text[end] ?? ' '))) return { fault, at: start };
  return { kind, start, end };
}

function matchEnd(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** Line and column of an offset, both from 1. */
export function lineAndColumn(text: string, at: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at).split(/\r\n?|\n/);
  return { line: before.length, column: (before.at(-1) as string).length + 1 };
}
