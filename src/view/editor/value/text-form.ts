/**
 * Bytes as text and back, without ever changing a byte that was not edited.
 *
 * In: a node's bytes. Out: the text an editor can hold, with what the editor would drop (the byte order mark) kept
 * beside it. Must hold: `fromText(form.text, form.bom)` gives the bytes that `readText` was given, to the byte.
 */

export type LineEnding = 'none' | 'lf' | 'crlf' | 'cr' | 'mixed';

export interface TextForm {
  /** Without the byte order mark; line endings as they stand. */
  readonly text: string;
  /** The bytes began with EF BB BF. */
  readonly bom: boolean;
  readonly lineEnding: LineEnding;
}

const MARK = '\ufeff';
const LF = 10;
const CR = 13;
/** fatal: malformed input is refused, not replaced. ignoreBOM: the mark stays in the text, to be seen and kept. */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Reads bytes as UTF-8.
 *
 * @returns null when they are not valid UTF-8: such bytes are never shown as text, since saving would spoil them
 */
export function readText(bytes: Uint8Array): TextForm | null {
  let whole: string;
  try {
    whole = strict.decode(bytes);
  } catch {
    return null;
  }
  const bom = whole.startsWith(MARK);
  const text = bom ? whole.slice(1) : whole;
  return { text, bom, lineEnding: lineEndingOf(text) };
}

/** The bytes of a text, with the byte order mark where the value had one. */
export function fromText(text: string, bom: boolean): Uint8Array {
  return encoder.encode(bom ? MARK + text : text);
}

/** How the lines of a text end; `mixed` when not all end alike. */
export function lineEndingOf(text: string): LineEnding {
  let seen: LineEnding = 'none';
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== LF && unit !== CR) continue;
    const crlf = unit === CR && text.charCodeAt(at + 1) === LF;
    const ending: LineEnding = crlf ? 'crlf' : unit === CR ? 'cr' : 'lf';
    if (seen !== 'none' && seen !== ending) return 'mixed';
    seen = ending;
    if (crlf) at++;
  }
  return seen;
}

/** Whether an editor that keeps one kind of line ending for a whole text, \n or \r\n, can give the text back unchanged. */
export function editableAsText(ending: LineEnding): boolean {
  return ending !== 'mixed' && ending !== 'cr';
}

/** The same text with every line ending in `ending`. */
export function withLineEnding(text: string, ending: 'lf' | 'crlf'): string {
  const lf = text.replace(/\r\n?/g, '\n');
  return ending === 'lf' ? lf : lf.replace(/\n/g, '\r\n');
}

/** The length of the longest line, in UTF-16 units, and the number of lines. */
export function lineMeasures(text: string): { readonly longest: number; readonly lines: number } {
  let longest = 0;
  let lines = 1;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit !== LF && unit !== CR) continue;
    longest = Math.max(longest, at - start);
    if (unit === CR && text.charCodeAt(at + 1) === LF) at++;
    start = at + 1;
    lines++;
  }
  return { longest: Math.max(longest, text.length - start), lines };
}
