/**
 * UTF-8 in and out, as Java does it: what is not UTF-8 is read as U+FFFD, never refused.
 *
 * The pure code here serves everywhere; a host may hand in the platform's own routines, which are
 * faster on long text and must give the same results.
 */

export interface TextRoutines {
  /** Decodes bytes[start, end). */
  decode(bytes: Uint8Array, start: number, end: number): string;
  encode(text: string): Uint8Array;
}

const REPLACEMENT = 0xfffd;
/** Below this length a plain loop beats a call into the platform. */
const SHORT_BYTES = 48;

let platform: TextRoutines | null = null;

/** Hands in the platform's routines for long text. */
export function useTextRoutines(routines: TextRoutines | null): void {
  platform = routines;
}

/** Decodes bytes[start, end) as UTF-8; malformed sequences become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start <= SHORT_BYTES) {
    const ascii = decodeShortAscii(bytes, start, end);
    if (ascii !== null) return ascii;
  }
  return platform === null ? decodeSlow(bytes, start, end) : platform.decode(bytes, start, end);
}

/** Encodes text as UTF-8; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  if (platform !== null && text.length > SHORT_BYTES) return platform.encode(text);
  return encodeSlow(text);
}

function decodeShortAscii(bytes: Uint8Array, start: number, end: number): string | null {
  let out = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return null;
    out += String.fromCharCode(byte);
  }
  return out;
}

function decodeSlow(bytes: Uint8Array, start: number, end: number): string {
  let out = '';
  let i = start;
  while (i < end) {
    const lead = bytes[i] as number;
    if (lead < 0x80) {
      out += String.fromCharCode(lead);
      i++;
      continue;
    }
    const [point, length] = decodePoint(bytes, i, end);
    out += String.fromCodePoint(point);
    i += length;
  }
  return out;
}

/** One sequence of two to four bytes: its code point and length, or U+FFFD and the length of its valid prefix. */
function decodePoint(bytes: Uint8Array, at: number, end: number): [number, number] {
  const lead = bytes[at] as number;
  let need: number;
  let point: number;
  let low = 0x80;
  let high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    need = 1;
    point = lead & 0x1f;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    need = 2;
    point = lead & 0x0f;
    if (lead === 0xe0) low = 0xa0;
    if (lead === 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    need = 3;
    point = lead & 0x07;
    if (lead === 0xf0) low = 0x90;
    if (lead === 0xf4) high = 0x8f;
  } else {
    return [REPLACEMENT, 1];
  }
  for (let n = 1; n <= need; n++) {
    const byte = at + n < end ? (bytes[at + n] as number) : -1;
    if (byte < low || byte > high) return [REPLACEMENT, n];
    low = 0x80;
    high = 0xbf;
    point = (point << 6) | (byte & 0x3f);
  }
  return [point, need + 1];
}

function encodeSlow(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      out[at++] = point;
      continue;
    }
    if (point >= 0xd800 && point <= 0xdfff) {
      const next = point <= 0xdbff && i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (next >= 0xdc00 && next <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
        i++;
      } else {
        point = REPLACEMENT;
      }
    }
    if (point < 0x800) {
      out[at++] = 0xc0 | (point >> 6);
    } else {
      if (point < 0x10000) {
        out[at++] = 0xe0 | (point >> 12);
      } else {
        out[at++] = 0xf0 | (point >> 18);
        out[at++] = 0x80 | ((point >> 12) & 0x3f);
      }
      out[at++] = 0x80 | ((point >> 6) & 0x3f);
    }
    out[at++] = 0x80 | (point & 0x3f);
  }
  return out.slice(0, at);
}
