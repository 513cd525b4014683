/** Base64 (RFC 4648, with padding), as java.util.Base64 writes it in digest ids. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes as base64 text. */
export function toBase64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += ALPHABET[(group >> 18) & 63];
    out += ALPHABET[(group >> 12) & 63];
    out += left > 1 ? ALPHABET[(group >> 6) & 63] : '=';
    out += left > 2 ? ALPHABET[group & 63] : '=';
  }
  return out;
}
