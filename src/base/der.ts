/** DER, as X.509 certificates are written in: elements of a tag, a length and contents (X.690). Reading only. */

export interface DerElement {
  readonly tag: number;
  /** The whole element, its tag and length included. */
  readonly bytes: Uint8Array;
  readonly contents: Uint8Array;
}

export const DerTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  /** The first context-specific element that holds others. */
  context0: 0xa0,
} as const;

const MULTI_BYTE_TAG = 0x1f;
const LONG_LENGTH = 0x80;
const LENGTH_BYTES_MAX = 4;

/** The element that begins at `at`; null when there is no whole one. Tags above 30 and indefinite lengths are none. */
export function derElement(bytes: Uint8Array, at = 0): DerElement | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & MULTI_BYTE_TAG) === MULTI_BYTE_TAG) return null;
  let start = at + 2;
  let length = first;
  if (first >= LONG_LENGTH) {
    const count = first - LONG_LENGTH;
    if (count === 0 || count > LENGTH_BYTES_MAX || start + count > bytes.length) return null;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start++] as number);
  }
  if (start + length > bytes.length) return null;
  return { tag, bytes: bytes.subarray(at, start + length), contents: bytes.subarray(start, start + length) };
}

/** The elements within an element, or any row of them; null when something else stands between or behind them. */
export function derElements(contents: Uint8Array): readonly DerElement[] | null {
  const out: DerElement[] = [];
  let at = 0;
  while (at < contents.length) {
    const element = derElement(contents, at);
    if (element === null) return null;
    out.push(element);
    at += element.bytes.length;
  }
  return out;
}

/** The contents of an object identifier as numbers with dots; null when they are cut off. */
export function derOid(contents: Uint8Array): string | null {
  const parts: bigint[] = [];
  let value = 0n;
  for (const [at, byte] of contents.entries()) {
    value = (value << 7n) | BigInt(byte & 0x7f);
    if ((byte & 0x80) !== 0) {
      if (at === contents.length - 1) return null;
      continue;
    }
    parts.push(value);
    value = 0n;
  }
  const [first, ...rest] = parts;
  if (first === undefined) return null;
  // The first number holds two: 40 times the one, which is at most 2, plus the other.
  const head = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [head, first - head * 40n, ...rest].join('.');
}
