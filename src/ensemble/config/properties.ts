/**
 * The text format of java.util.Properties, in which zoo.cfg is written: comments with # or !, keys ended by =, :
 * or white space, lines continued by a trailing backslash, escapes.
 */

import { ConfigError } from './config-error.ts';

const BLANK = /[ \t\f]/;

/**
 * Reads properties text. A key given twice has its last value, as in Java.
 *
 * @throws ConfigError when a \u escape is not followed by four hex digits
 */
export function parseProperties(text: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [key, value] = splitEntry(line);
    out.set(unescape(key, line), unescape(value, line));
  }
  return out;
}

/** Lines without comments and blank ones, continuations joined, leading blanks gone. */
function* logicalLines(text: string): Generator<string> {
  const lines = text.split(/\r\n|\n|\r/);
  for (let i = 0; i < lines.length; i++) {
    let line = trimStart(lines[i] as string);
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue;
    while (endsWithContinuation(line)) {
      line = line.slice(0, -1);
      i++;
      if (i >= lines.length) break;
      line += trimStart(lines[i] as string);
    }
    yield line;
  }
}

function trimStart(line: string): string {
  let at = 0;
  while (at < line.length && BLANK.test(line[at] as string)) at++;
  return line.slice(at);
}

/** True when the line ends with an odd number of backslashes. */
function endsWithContinuation(line: string): boolean {
  let count = 0;
  while (count < line.length && line[line.length - 1 - count] === '\\') count++;
  return count % 2 === 1;
}

/** The key ends at the first blank, = or : that no backslash guards; one = or : with blanks around it is dropped. */
function splitEntry(line: string): [string, string] {
  let end = 0;
  while (end < line.length) {
    const char = line[end] as string;
    if (char === '\\') {
      end += 2;
      continue;
    }
    if (char === '=' || char === ':' || BLANK.test(char)) break;
    end++;
  }
  const key = line.slice(0, end);
  let rest = trimStart(line.slice(end));
  if (rest.startsWith('=') || rest.startsWith(':')) rest = trimStart(rest.slice(1));
  return [key, rest];
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string, line: string): string {
  if (!text.includes('\\')) return text;
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char !== '\\') {
      out += char;
      continue;
    }
    i++;
    const next = text[i];
    if (next === undefined) break;
    if (next === 'u') {
      const digits = text.slice(i + 1, i + 5);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new ConfigError(`malformed \\u escape in the line: ${line}`);
      out += String.fromCharCode(Number.parseInt(digits, 16));
      i += 4;
    } else {
      out += ESCAPES[next] ?? next;
    }
  }
  return out;
}
