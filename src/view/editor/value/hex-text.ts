/** Bytes as hex digits and as the characters beside them; and hex as people paste it. */

export const ROW_BYTES = 16;

/** `00`..`ff`, made once: rows are drawn often. */
const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Two digits of one byte. */
export const hexPair = (byte: number): string => PAIRS[byte] as string;

/** The printable ASCII character, or a middle dot. */
export const asciiOf = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·');

/** An offset as hex, eight digits. */
export const formatOffset = (offset: number): string => offset.toString(16).padStart(8, '0');

/** Hex pairs with a space between, at most `bytesMax` of them. */
export function hexDump(bytes: Uint8Array, bytesMax = bytes.length): string {
  const out: string[] = [];
  for (const byte of bytes.subarray(0, bytesMax)) out.push(hexPair(byte));
  return out.join(' ');
}

/**
 * Bytes from pasted hex: pairs with or without spaces, commas, colons, line breaks, `0x` or `\x` before each.
 *
 * @returns null when the text is not hex
 */
export function parseHex(text: string): Uint8Array | null {
  const digits = text.replace(/0x|\\x/gi, ' ').replace(/[\s,:;]+/g, ' ').trim();
  if (digits === '') return null;
  const packed = digits.split(' ').map((part) => (part.length === 1 ? `0${part}` : part));
  if (!packed.every((part) => /^([0-9a-f]{2})+$/i.test(part))) return null;
  const all = packed.join('');
  const out = new Uint8Array(all.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(all.slice(i * 2, i * 2 + 2), 16);
  return out;
}

/** Bytes as lines of 16, each with its offset and characters; cut after `bytesMax`. For comparing, not for editing. */
export function hexLines(bytes: Uint8Array, bytesMax: number): string {
  const out: string[] = [];
  const end = Math.min(bytes.length, bytesMax);
  for (let at = 0; at < end; at += ROW_BYTES) {
    const row = bytes.subarray(at, Math.min(at + ROW_BYTES, end));
    out.push(`${formatOffset(at)}  ${hexDump(row).padEnd(ROW_BYTES * 3)} ${[...row].map(asciiOf).join('')}`);
  }
  return out.join('\n');
}
