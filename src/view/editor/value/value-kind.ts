/**
 * What a node's bytes are, told from the bytes alone. In: data or null. Out: a kind, and for binary data a hint.
 * Must hold: what is called text here is valid UTF-8; the kind decides only how a value is shown first, never what is saved.
 */

import { jsonProblem } from './json-text.ts';
import { readText, type TextForm } from './text-form.ts';

export type TextKind = 'json' | 'xml' | 'yaml' | 'properties' | 'text';
export type ValueKind = 'null' | 'empty' | TextKind | 'binary';

/** What the first bytes of binary data say about it. */
export const BINARY_HINTS = ['gzip', 'zlib', 'zstd', 'lz4', 'snappy', 'java', 'protobuf', 'hbase', 'thrift', 'counter'] as const;
export type BinaryHint = (typeof BINARY_HINTS)[number];

export interface Detected {
  readonly kind: ValueKind;
  readonly hint: BinaryHint | null;
  /** Set when the bytes are valid UTF-8, whatever the kind. */
  readonly form: TextForm | null;
}

/** Detection looks no further than this into a text, UTF-16 units; JSON is judged whole up to the second figure. */
const LOOK_UNITS = 4096;
const JSON_UNITS_MAX = 2_000_000;

export function detect(data: Uint8Array | null): Detected {
  if (data === null) return { kind: 'null', hint: null, form: null };
  if (data.length === 0) return { kind: 'empty', hint: null, form: null };
  const form = readText(data);
  if (form === null || hasControls(form.text)) return { kind: 'binary', hint: binaryHint(data), form };
  return { kind: textKind(form.text), hint: null, form };
}

/** The kind of a text, guessed from how it looks. */
export function textKind(text: string): TextKind {
  const head = text.slice(0, LOOK_UNITS).trimStart();
  if (/^[[{]/.test(head) && looksLikeJson(text)) return 'json';
  if (/^<(\?xml|!DOCTYPE|!--|[A-Za-z_][\w.:-]*[\s/>])/.test(head)) return 'xml';
  const lines = head.split(/\r\n?|\n/).filter((line) => line.trim() !== '');
  // The look may have cut the last line short.
  if (text.length > LOOK_UNITS) lines.pop();
  if (isProperties(lines)) return 'properties';
  return isYaml(lines) ? 'yaml' : 'text';
}

function looksLikeJson(text: string): boolean {
  if (text.length > JSON_UNITS_MAX) return /^\s*(\{\s*("|\})|\[)/.test(text.slice(0, LOOK_UNITS));
  return jsonProblem(text) === null;
}

/** Every line is `key=value`, a comment, or goes on from a backslash. */
function isProperties(lines: readonly string[]): boolean {
  let pairs = 0;
  let goesOn = false;
  for (const line of lines) {
    const isPair = /^\s*[\w.\-/$@]+(\[[^\]]*\])?\s*=/.test(line);
    if (isPair) pairs++;
    else if (!goesOn && !/^\s*[#!]/.test(line)) return false;
    goesOn = line.endsWith('\\');
  }
  return pairs > 0;
}

/** A document mark, or at least two lines that are `key: value`, list items or comments, and nothing else at the margin. */
function isYaml(lines: readonly string[]): boolean {
  if (lines[0] !== undefined && /^---(\s|$)/.test(lines[0])) return true;
  if (lines.length < 2) return false;
  let keys = 0;
  for (const line of lines) {
    if (/^\s*(- )?["']?[\w.\-/ ]+["']?:(\s|$)/.test(line)) keys++;
    else if (!/^\s*(#|- |-$)/.test(line) && !/^\s{2,}\S/.test(line)) return false;
  }
  return keys > 0;
}

/** Control characters that text does not hold: all of C0 but tab, line feed, form feed, carriage return and escape; and DEL. */
function hasControls(text: string): boolean {
  return /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/.test(text);
}

const MAGICS: readonly (readonly [BinaryHint, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['lz4', [0x4c, 0x5a, 0x34, 0x42, 0x6c, 0x6f, 0x63, 0x6b]],
  ['snappy', [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]],
  ['snappy', [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]],
  ['java', [0xac, 0xed, 0x00, 0x05]],
  ['protobuf', [0x50, 0x42, 0x55, 0x46]],
  ['thrift', [0x80, 0x01, 0x00]],
];

/** What the first bytes tell, or null. HBase puts FF, a length and its own name before `PBUF`. */
export function binaryHint(bytes: Uint8Array): BinaryHint | null {
  for (const [hint, magic] of MAGICS) if (startsWith(bytes, magic, 0)) return hint;
  if (bytes[0] === 0x78 && bytes.length > 2 && ((0x78 << 8) | (bytes[1] as number)) % 31 === 0) return 'zlib';
  if (bytes[0] === 0xff && bytes.length > 5) {
    const skip = 5 + (new DataView(bytes.buffer, bytes.byteOffset).getUint32(1) >>> 0);
    if (startsWith(bytes, [0x50, 0x42, 0x55, 0x46], skip)) return 'hbase';
  }
  return bytes.length === 4 || bytes.length === 8 ? 'counter' : null;
}

function startsWith(bytes: Uint8Array, magic: readonly number[], at: number): boolean {
  return bytes.length >= at + magic.length && magic.every((byte, index) => bytes[at + index] === byte);
}

/** Four or eight bytes read as one big-endian number, as Curator's counters are kept; null for other lengths. */
export function asNumber(bytes: Uint8Array): bigint | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return BigInt(view.getInt32(0));
  return bytes.length === 8 ? view.getBigInt64(0) : null;
}
