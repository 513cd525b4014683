/**
 * Whether a text is a name that may stand in an ACL of the x509 scheme: what Java's X500Principal(String) takes, with
 * its peculiarities (sun.security.x509: X500Name.parseDN, RDN, AVA; measured on Java 17). Nothing but the answer is
 * needed: ids are compared as texts.
 */

import { derElement } from '../../../../base/der.ts';
import { fromHex } from '../../../../base/bytes.ts';

const KEYWORDS: ReadonlySet<string> = new Set([
  'CN', 'C', 'L', 'S', 'ST', 'O', 'OU', 'T', 'IP', 'STREET', 'DC', 'DNQUALIFIER', 'DNQ', 'SURNAME', 'GIVENNAME',
  'INITIALS', 'GENERATION', 'EMAIL', 'EMAILADDRESS', 'UID', 'SERIALNUMBER',
]);
const OID = /^(?:[01]\.(?:0*[0-3]?\d)|2\.\d+)(?:\.\d+)*$/;
/** What may stand behind a backslash, besides two hex digits. */
const MAY_BE_ESCAPED = ',=\n+<>#;\\" ';
/** The same within quotes. */
const MAY_BE_ESCAPED_IN_QUOTES = ',=\n+<>#;\\"';
const MUST_BE_ESCAPED = ',+<>;"';
const ENDS = ',+;';
const HEX = /^[0-9a-fA-F]$/;

/** True when Java reads the text as a distinguished name. */
export function isDistinguishedName(text: string): boolean {
  if (text === '') return true;
  return split(text, (char) => char === ',' || char === ';', isEscapedSeparator).every(isRelativeName);
}

function isRelativeName(text: string): boolean {
  return split(text, (char) => char === '+', (all, at) => at === 0 || all[at - 1] === '\\').every(isAttribute);
}

/** Parts between separators that are neither escaped nor between quotes. */
function split(
  text: string, separates: (char: string) => boolean, escaped: (text: string, at: number, searched: number) => boolean,
): string[] {
  const out: string[] = [];
  let start = 0;
  let searched = 0;
  let quotes = 0;
  for (let at = 0; at < text.length; at++) {
    if (!separates(text.charAt(at))) continue;
    quotes += countQuotes(text, searched, at);
    if (quotes !== 1 && !escaped(text, at, searched)) {
      out.push(text.slice(start, at));
      start = at + 1;
      quotes = 0;
    }
    searched = at + 1;
  }
  return [...out, text.slice(start)];
}

/** A quote behind a backslash does not count, whatever stands before the backslash. */
function countQuotes(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    if (text[at] === '"' && (at === from || text[at - 1] !== '\\')) count++;
  }
  return count;
}

/** Behind one backslash; behind several when all of them since the last separator are an odd number. */
function isEscapedSeparator(text: string, at: number, searched: number): boolean {
  if (at < 1 || text[at - 1] !== '\\') return false;
  if (at === 1 || text[at - 2] !== '\\') return true;
  return [...text.slice(searched, at)].filter((char) => char === '\\').length % 2 === 1;
}

function isAttribute(text: string): boolean {
  const equals = text.indexOf('=');
  if (equals < 0 || !isAttributeType(text.slice(0, equals))) return false;
  const value = text.slice(equals + 1).replace(/^[ \n]+/, '');
  if (value.startsWith('#')) return isHexValue(value.slice(1));
  return value.startsWith('"') ? isQuoted(value) : isPlain(value);
}

function isAttributeType(text: string): boolean {
  const word = text.toUpperCase().trim();
  return KEYWORDS.has(word) || OID.test(word.startsWith('OID.') ? word.slice(4) : word);
}

function isHexValue(text: string): boolean {
  const [, digits = '', rest = ''] = /^([0-9a-fA-F]*)([ \n]*)/.exec(text) ?? [];
  const next = text.charAt(digits.length + rest.length);
  if (digits === '' || digits.length % 2 === 1 || (next !== '' && !ENDS.includes(next))) return false;
  const bytes = fromHex(digits.toLowerCase());
  return derElement(bytes)?.bytes.length === bytes.length;
}

/** The length of an escape sequence at a backslash; 0 when it is none. */
function escapeLength(text: string, at: number, allowed: string): number {
  const next = text.charAt(at + 1);
  if (next === '') return 0;
  if (HEX.test(next)) return HEX.test(text.charAt(at + 2)) ? 3 : 0;
  return allowed.includes(next) ? 2 : 0;
}

function isQuoted(text: string): boolean {
  let at = 1;
  while (at < text.length && text[at] !== '"') {
    const length = text[at] === '\\' ? escapeLength(text, at, MAY_BE_ESCAPED_IN_QUOTES) : 1;
    if (length === 0) return false;
    at += length;
  }
  return at < text.length && /^[ \n]*$/.test(text.slice(at + 1));
}

/** Ends at a separator: what stands behind one that was not taken as such is not looked at. */
function isPlain(text: string): boolean {
  let at = 0;
  while (at < text.length && (at === 0 || !ENDS.includes(text.charAt(at)))) {
    const char = text.charAt(at);
    const length = char === '\\' ? escapeLength(text, at, MAY_BE_ESCAPED) : 1;
    if (length === 0 || (char !== '\\' && MUST_BE_ESCAPED.includes(char))) return false;
    at += length;
  }
  return true;
}
