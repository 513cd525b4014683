/** The text format of DIGEST-MD5 (RFC 2831 section 7.1): `name=value,name="quoted \"value\""`. */

const BLANK = /[ \t\r\n]/;
/** RFC 2616: what a name and an unquoted value are made of. */
const TOKEN = /[^\x00-\x20\x7f()<>@,;:\\"/[\]?={}]/;

/**
 * Reads a client's response.
 *
 * @param text one character for each byte
 * @returns null when it is malformed, or names a directive twice
 */
export function parseDirectives(text: string): ReadonlyMap<string, string> | null {
  const out = new Map<string, string>();
  let at = 0;
  const skip = (what: RegExp): void => {
    while (at < text.length && what.test(text[at] as string)) at++;
  };
  while (true) {
    skip(/[ \t\r\n,]/);
    if (at === text.length) return out;
    const nameStart = at;
    skip(TOKEN);
    const name = text.slice(nameStart, at).toLowerCase();
    skip(BLANK);
    if (name === '' || text[at] !== '=' || out.has(name)) return null;
    at++;
    skip(BLANK);
    const value = text[at] === '"' ? readQuoted(text, at) : readToken(text, at);
    if (value === null) return null;
    out.set(name, value.value);
    at = value.end;
    skip(BLANK);
    if (at < text.length && text[at] !== ',') return null;
  }
}

interface Piece {
  readonly value: string;
  readonly end: number;
}

function readToken(text: string, start: number): Piece {
  let end = start;
  while (end < text.length && TOKEN.test(text[end] as string)) end++;
  return { value: text.slice(start, end), end };
}

function readQuoted(text: string, start: number): Piece | null {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '"') return { value, end: at + 1 };
    if (char === '\\') at++;
    value += text[at] ?? '';
  }
  return null;
}
